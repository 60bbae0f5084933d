namespace Packer.Running;

/// <summary>
/// Shows what Packer says while it runs. Everything is masked. The calls come one after another from a thread of
/// their own; one that is slow does not slow Packer down.
/// </summary>
public interface IPackerOutput
{
    /// <summary>Packer went on to a next step.</summary>
    /// <param name="name">The step in Packer's words, such as <c>Creating VM</c>.</param>
    /// <param name="elapsed">The time since Packer was started.</param>
    void OnStep(string name, TimeSpan elapsed);

    /// <summary>Packer said a line, steps included.</summary>
    void OnLine(string line);

    /// <summary>Lines were left out because they came faster than they could be shown; they are in the log.</summary>
    void OnSkipped(int lines);
}
