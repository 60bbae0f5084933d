namespace Guest.Ssh;

/// <summary>A command line <c>scp -t …</c> or <c>scp -f …</c>, as clients of the old protocol give it.</summary>
/// <param name="Sink">Whether files come to the guest (<c>-t</c>), otherwise they are fetched.</param>
/// <param name="Recursive">Whether folders may come too (<c>-r</c>).</param>
/// <param name="IntoFolder">Whether the target must be a folder (<c>-d</c>).</param>
/// <param name="Path">The target or source.</param>
internal sealed record ScpCommand(bool Sink, bool Recursive, bool IntoFolder, string Path)
{
    /// <summary>Reads a command line; null when it is another command.</summary>
    public static ScpCommand? Parse(string command)
    {
        var words = CommandLine.Words(command);
        if (words.Count < 2 || !(words[0] == "scp" || words[0].EndsWith("/scp", StringComparison.Ordinal)))
        {
            return null;
        }

        var options = words.Skip(1).TakeWhile(w => w.Length > 1 && w[0] == '-' && w != "--").ToList();
        var letters = string.Concat(options.Select(o => o[1..]));
        var rest = words.Skip(1 + options.Count).Where(w => w != "--").ToList();
        var sink = letters.Contains('t', StringComparison.Ordinal);
        return rest.Count == 1 && sink != letters.Contains('f', StringComparison.Ordinal)
            ? new ScpCommand(sink, letters.Contains('r', StringComparison.Ordinal), letters.Contains('d', StringComparison.Ordinal), rest[0])
            : null;
    }
}
