using System.Security.Cryptography;
using Records.Model;

namespace Records.Sealing;

/// <summary>Names for the unattended files in a record, which is flat: <c>http/user-data</c> is <c>input.user-data</c> there.</summary>
internal static class UnattendedFiles
{
    private const int MaxName = 100;

    /// <summary>The files with what <c>run.json</c> says of them, in the order of their paths.</summary>
    public static IReadOnlyList<(UnattendedFile Facts, byte[] Content)> Of(IReadOnlyList<UnattendedContent> files)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var named = new List<(UnattendedFile, byte[])>();
        foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            // The first folder is that of the workspace (http, iso), which says nothing.
            var name = Plain(file.Path[(file.Path.IndexOf('/', StringComparison.Ordinal) + 1)..]);
            var unique = name;
            for (var i = 2; !taken.Add(unique); i++)
            {
                unique = FormattableString.Invariant($"{name}.{i}");
            }

            var sha256 = Convert.ToHexStringLower(SHA256.HashData(file.Content));
            named.Add((new(RecordFiles.InputPrefix + unique, file.Path, sha256, file.ServedSha256, file.Difference), file.Content));
        }

        return named;
    }

    private static string Plain(string path)
    {
        var name = string.Concat(path.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-'));
        return name.Length > MaxName ? name[^MaxName..] : name;
    }
}
