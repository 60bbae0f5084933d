using System.Text;

namespace Unattended.Preseed;

/// <summary>
/// Reads the lines of a preconfiguration file as the installer's own <c>debconf-set-selections</c> does (package preseed):
/// a comment begins in the first column; a backslash at the end of a line joins the next one with one space; what follows
/// the third field is the value with all its white space.
/// </summary>
internal static class PreseedSyntax
{
    internal static List<PreseedEntry> Parse(string text, FindingList findings)
    {
        var entries = new List<PreseedEntry>();
        var joined = new StringBuilder();
        var start = 0;
        var lines = text.Replace("\r", "", StringComparison.Ordinal).Split('\n');
        for (var i = 0; i < lines.Length && !findings.IsFull; i++)
        {
            // A comment or an empty line is dropped even between the parts of a continued one.
            var line = lines[i];
            if (line.StartsWith('#') || string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            line = line.TrimStart();
            start = joined.Length == 0 ? i + 1 : start;
            if (line.EndsWith('\\'))
            {
                joined.Append(joined.Length == 0 ? "" : " ").Append(line[..^1].TrimEnd());
                continue;
            }

            if (joined.Length > 0)
            {
                line = joined.Append(' ').Append(line).ToString();
                joined.Clear();
            }

            if (Entry(line, start, findings) is { } entry)
            {
                entries.Add(entry);
            }
        }

        if (joined.Length > 0)
        {
            findings.Error("preseed-continuation", start, "the line goes on with a backslash, and the file ends: the installer drops the whole of it");
        }

        return entries;
    }

    private static PreseedEntry? Entry(string line, int number, FindingList findings)
    {
        if (line.StartsWith('#'))
        {
            findings.Error("preseed-comment", number, "a comment begins in the first column; this line is taken for an answer, and the installer stops with \"Failed to process the preconfiguration file\"");
            return null;
        }

        var owner = Field(ref line);
        var question = Field(ref line);
        var type = line.Length == 0 ? null : Field(ref line) ?? line;
        if (owner is null || question is null || type is null)
        {
            findings.Error("preseed-syntax", number, "a line is \"owner question type value\": the installer stops with \"Failed to process the preconfiguration file\"");
            return null;
        }

        return new PreseedEntry(owner, question, type, ReferenceEquals(type, line) ? "" : line, number);
    }

    /// <summary>Takes the first field off a line; null when no white space ends it.</summary>
    private static string? Field(ref string line)
    {
        var end = line.AsSpan().IndexOfAny(" \t\v\f");
        if (end < 0)
        {
            return null;
        }

        var field = line[..end];
        line = line[end..].TrimStart();
        return field;
    }
}
