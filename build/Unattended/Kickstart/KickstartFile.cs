using Foundation;

namespace Unattended.Kickstart;

/// <summary>A section: its first line and what stands between it and <c>%end</c>.</summary>
internal sealed record KickstartSection(KickstartCommand Header, IReadOnlyList<string> Lines);

/// <summary>
/// A kickstart file taken apart into commands and sections, by the rules of pykickstart: what it accepts is accepted,
/// and what it refuses is a finding with the line and its words.
/// </summary>
internal sealed class KickstartFile
{
    private readonly List<KickstartCommand> commands = [];
    private readonly List<KickstartSection> sections = [];

    private KickstartFile()
    {
    }

    internal IReadOnlyList<KickstartCommand> Commands => commands;

    internal IReadOnlyList<KickstartSection> Sections => sections;

    /// <summary>Whether other files are included, whose content is not known here.</summary>
    internal bool Includes { get; private set; }

    /// <summary>The last command of a name, which is the one that counts; null when there is none.</summary>
    internal KickstartCommand? Command(params string[] names) => commands.LastOrDefault(c => names.Contains(c.Name));

    internal static KickstartFile Parse(string text, int major, FindingList findings)
    {
        var file = new KickstartFile();
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length && !findings.IsFull; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (!KickstartCommand.TrySplit(line, out var words))
            {
                findings.Error("kickstart-quote", i + 1, "No closing quotation: Anaconda refuses the whole file (a command cannot be continued on the next line either)");
            }
            else if (words.Count > 0 && words[0].StartsWith('%'))
            {
                i = file.ReadSection(words, lines, i, major, findings);
            }
            else if (words.Count > 0)
            {
                file.ReadCommand(words, i + 1, major, findings);
            }
        }

        return file;
    }

    private void ReadCommand(List<string> words, int line, int major, FindingList findings)
    {
        var name = words[0];
        if (KickstartSyntax.RemovedCommands.TryGetValue(name, out var removed) && major >= removed.Major)
        {
            findings.Error("kickstart-removed-command", line, $"the {name} command has been removed in RHEL {removed.Major}: {removed.Instead}");
        }
        else if (KickstartSyntax.Commands.TryGetValue(name, out var syntax))
        {
            if (KickstartCommand.Parse(words, line, syntax, major, findings) is { } command)
            {
                commands.Add(command);
            }
        }
        else if (removed.Instead is null)
        {
            var near = NearMiss.Find(name, KickstartSyntax.Commands.Keys) is [var first, ..] ? first : null;
            findings.Error("kickstart-unknown-command", line, $"Unknown command: {name}{(near is null ? "" : $" (did you mean {near}?)")}");
        }
    }

    /// <summary>Reads a section and returns the index of its last line.</summary>
    private int ReadSection(List<string> words, string[] lines, int start, int major, FindingList findings)
    {
        var name = words[0];
        if (name is "%include" or "%ksappend")
        {
            Includes = true;
            findings.Warn("kickstart-include", start + 1, $"{name}: what it includes is not checked");
            return start;
        }

        if (name == "%end")
        {
            findings.Error("kickstart-section", start + 1, "%end without a section");
            return start;
        }

        if (!KickstartSyntax.Sections.TryGetValue(name, out var syntax))
        {
            findings.Error("kickstart-unknown-section", start + 1, $"Unknown kickstart section: {name}");
            return start;
        }

        if (KickstartSyntax.RemovedCommands.TryGetValue(name, out var removed) && major >= removed.Major)
        {
            findings.Error("kickstart-removed-section", start + 1, $"the {name} section has been removed in RHEL {removed.Major}: {removed.Instead}");
        }

        var header = KickstartCommand.Parse(words, start + 1, syntax, major, findings);
        var body = new List<string>();
        for (var i = start + 1; i < lines.Length; i++)
        {
            // A script may have a line that starts with a percent sign; only a section's own name ends it.
            var first = lines[i].AsSpan().Trim();
            var end = first.IndexOfAny(' ', '\t');
            var word = (end < 0 ? first : first[..end]).ToString();
            if (word == "%end")
            {
                if (header is not null)
                {
                    sections.Add(new KickstartSection(header, body));
                }

                return i;
            }

            if (word is "%include")
            {
                Includes = true;
            }
            else if (word.StartsWith('%') && KickstartSyntax.Sections.ContainsKey(word))
            {
                findings.Error("kickstart-section", start + 1, $"Section {name} does not end with %end. (line {i + 1} already starts {word})");
                return i - 1;
            }

            body.Add(lines[i]);
        }

        findings.Error("kickstart-section", start + 1, $"Section {name} does not end with %end.");
        return lines.Length;
    }
}
