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

    /// <summary>
    /// The lines of <c>%post</c> that are about the installed system: with <c>--nochroot</c> only those that name the place
    /// where it is mounted.
    /// </summary>
    internal IEnumerable<string> PostLines => sections.Where(s => s.Header.Name == "%post").SelectMany(s => s.Header.Has("--nochroot")
        ? s.Lines.Where(l => l.Contains("/mnt/sys", StringComparison.Ordinal) || l.Contains("chroot", StringComparison.Ordinal) || l.Contains("ANA_INSTALL_PATH", StringComparison.Ordinal))
        : s.Lines);

    internal static KickstartFile Parse(string text, KickstartRelease release, FindingList findings)
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
                i = file.ReadSection(words, lines, i, release, findings);
            }
            else if (words.Count > 0)
            {
                file.ReadCommand(words, i + 1, release, findings);
            }
        }

        return file;
    }

    private void ReadCommand(List<string> words, int line, KickstartRelease release, FindingList findings)
    {
        var name = words[0];
        if (KickstartSyntax.Find(name) is not { } syntax || syntax.Name[0] == '%')
        {
            var near = KickstartSyntax.Near(name);
            findings.Error("kickstart-unknown-command", line, $"Unknown command: {name}{(near is null ? "" : $" (did you mean {near}?)")}");
        }
        else if (Admits(syntax, line, release, findings)
            && !release.Indices.All(r => syntax.Statuses[r] == KickstartStatus.Deprecated)
            && KickstartCommand.Parse(words, line, syntax, release, findings) is { } command)
        {
            commands.Add(command);
        }
    }

    /// <summary>Whether a release accepts a command or section at all; the finding says what is the matter otherwise.</summary>
    private static bool Admits(CommandSyntax syntax, int line, KickstartRelease release, FindingList findings)
    {
        var refusing = release.Indices.Where(r => syntax.Statuses[r] < KickstartStatus.Deprecated).ToList();
        var section = syntax.Name[0] == '%';
        var what = section ? "section" : "command";
        if (refusing.Count == 0)
        {
            if (syntax.Statuses[release.Indices[^1]] == KickstartStatus.Deprecated)
            {
                findings.Warn("kickstart-deprecated", line, $"the {syntax.Name} {what} has been deprecated and no longer has any effect in {release.Name}: {KickstartSyntax.Remedy(syntax.Name)}");
            }

            return true;
        }

        var where = string.Join(", ", refusing.Select(KickstartRelease.NameOf));
        var removed = refusing.TrueForAll(r => syntax.Statuses[r] == KickstartStatus.Removed);
        var message = removed
            ? $"the {syntax.Name} {what} has been removed in {where}: {KickstartSyntax.Remedy(syntax.Name)}"
            : $"Unknown {what}: {syntax.Name} ({where} does not know it)";
        if (refusing.Count < release.Indices.Count)
        {
            findings.Warn("kickstart-release", line, message);
            return true;
        }

        findings.Error(
            (removed, section) switch
            {
                (true, false) => "kickstart-removed-command",
                (true, true) => "kickstart-removed-section",
                (false, false) => "kickstart-unknown-command",
                (false, true) => "kickstart-unknown-section",
            },
            line,
            message);
        return false;
    }

    /// <summary>Reads a section and returns the index of its last line.</summary>
    private int ReadSection(List<string> words, string[] lines, int start, KickstartRelease release, FindingList findings)
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

        if (name[0] != '%' || KickstartSyntax.Find(name) is not { } syntax)
        {
            findings.Error("kickstart-unknown-section", start + 1, $"Unknown kickstart section: {name}");
            return start;
        }

        // A section that is refused is read all the same, so that its lines are not taken for commands.
        Admits(syntax, start + 1, release, findings);
        var header = KickstartCommand.Parse(words, start + 1, syntax, release, findings);
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
            else if (word.StartsWith('%') && KickstartSyntax.Find(word) is not null)
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
