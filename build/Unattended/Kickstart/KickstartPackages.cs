namespace Unattended.Kickstart;

/// <summary>What <c>%packages</c> sections select.</summary>
internal sealed class KickstartPackages
{
    private readonly Dictionary<string, int> lines = [];

    private KickstartPackages(IReadOnlyList<string> selected, IReadOnlySet<string> excluded, bool ignoreMissing, int line) =>
        (Selected, Excluded, IgnoreMissing, Line) = (selected, excluded, ignoreMissing, line);

    /// <summary>The names that are selected, groups with <c>@</c>.</summary>
    internal IReadOnlyList<string> Selected { get; }

    /// <summary>The names that are excluded, without the minus sign.</summary>
    internal IReadOnlySet<string> Excluded { get; }

    internal bool IgnoreMissing { get; }

    /// <summary>The first section's line, 0 when there is none.</summary>
    internal int Line { get; }

    /// <summary>The line on which a name was last selected.</summary>
    internal int LineOf(string name) => lines.GetValueOrDefault(name, Line);

    internal static KickstartPackages Read(KickstartFile file)
    {
        var selected = new List<string>();
        var excluded = new HashSet<string>();
        var places = new Dictionary<string, int>();
        var sections = file.Sections.Where(s => s.Header.Name == "%packages").ToList();
        foreach (var section in sections)
        {
            for (var i = 0; i < section.Lines.Count; i++)
            {
                var line = section.Lines[i];
                var comment = line.IndexOf('#', StringComparison.Ordinal);
                var name = (comment < 0 ? line : line[..comment]).Trim();
                if (name.Length == 0 || name[0] == '%')
                {
                    continue;
                }

                // pykickstart takes a line as one name; options may follow a group's name.
                name = name[0] == '@' ? "@" + name[1..].Trim().Split(' ')[0] : name;
                if (name[0] == '-')
                {
                    excluded.Add(name[1..].Trim());
                }
                else
                {
                    selected.Add(name);
                    places[name] = section.Header.Line + 1 + i;
                }
            }
        }

        var packages = new KickstartPackages(
            [.. selected.Distinct().Where(s => !excluded.Contains(s))],
            excluded,
            sections.Exists(s => s.Header.Has("--ignoremissing")),
            sections.Count == 0 ? 0 : sections[0].Header.Line);
        foreach (var (name, place) in places)
        {
            packages.lines[name] = place;
        }

        return packages;
    }
}
