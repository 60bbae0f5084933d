using Unattended;

namespace Templates;

/// <summary>Something about a template that its author should know before a VM exists.</summary>
/// <param name="Severity">Whether a build can succeed with it.</param>
/// <param name="Code">A stable name, such as <c>boot-url-unknown</c>.</param>
/// <param name="File">The file, relative to <c>infra/packer</c>, with forward slashes.</param>
/// <param name="Line">The line, from 1; 0 when it concerns the whole file.</param>
/// <param name="Message">What is wrong, as a sentence without a full stop.</param>
/// <param name="Remedy">What to change, as a sentence without a full stop, or empty when the message says it.</param>
public sealed record TemplateFinding(FindingSeverity Severity, string Code, string File, int Line, string Message, string Remedy = "")
{
    /// <summary>Whether a build cannot succeed with it.</summary>
    public bool IsError => Severity == FindingSeverity.Error;

    /// <summary>The finding on one line: <c>templates/x/template.json:3: message. Remedy.</c></summary>
    public override string ToString()
    {
        var place = Line == 0 ? File : $"{File}:{Line}";
        return Remedy.Length == 0 ? $"{place}: {Message}" : $"{place}: {Message}. {Remedy}";
    }
}
