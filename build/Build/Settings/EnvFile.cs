using Foundation;

namespace Build.Settings;

/// <summary>
/// Reads <c>infra/env/proxmox.env</c>: lines of <c>NAME=value</c>, <c>#</c> comments, values optionally in single or
/// double quotes, <c>export</c> in front tolerated, so that a shell can source the same file.
/// </summary>
internal static class EnvFile
{
    /// <summary>The file's variables; none when there is no such file.</summary>
    /// <exception cref="FailureException">Usage: a line that is none of these, with its number; or the file cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        try
        {
            return File.Exists(path) ? Parse(path, File.ReadLines(path)) : new Dictionary<string, string>();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(
                FailureKind.Usage, $"{path} cannot be read", error.Message,
                "Run as the user who ran Init, make the file readable for yourself alone, or delete it and run --target=Init", cause: error);
        }
    }

    private static Dictionary<string, string> Parse(string path, IEnumerable<string> lines)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            if (text.StartsWith("export ", StringComparison.Ordinal))
            {
                text = text[7..].TrimStart();
            }

            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals > 0 ? text[..equals].TrimEnd() : "";
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                // The line itself is not shown: it may hold a secret.
                throw new FailureException(
                    FailureKind.Usage, $"{path} cannot be read", $"line {number} is not of the form NAME=value", "Correct the line, or delete the file and run --target=Init");
            }

            values[name] = Unquote(text[(equals + 1)..].Trim());
        }

        return values;
    }

    private static string Unquote(string value) =>
        value.Length >= 2 && value[0] == value[^1] && value[0] is '"' or '\'' ? value[1..^1] : value;
}
