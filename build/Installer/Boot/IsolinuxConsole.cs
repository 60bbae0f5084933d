namespace Installer.Boot;

/// <summary>An entry of ISOLINUX's menu; one without a title is known at the prompt only.</summary>
internal sealed record IsolinuxEntry(string Label, string Title, string Kernel, string Append);

/// <summary>
/// ISOLINUX with its menu as on the media of RHEL 9 and Debian for BIOS: Tab edits the selected entry's line, Esc leads to the
/// prompt <c>boot:</c>.
/// </summary>
internal sealed class IsolinuxConsole : IBootConsole
{
    private enum Mode
    {
        Menu,
        Editing,
        Prompt,
    }

    private readonly LineEditor line = new();
    private readonly IReadOnlyList<IsolinuxEntry> entries;
    private readonly int defaultEntry;
    private int selected;
    private Mode mode;
    private string? message;

    internal IsolinuxConsole(IReadOnlyList<IsolinuxEntry> entries, int defaultEntry) =>
        (this.entries, this.defaultEntry, selected) = (entries, defaultEntry, defaultEntry);

    public string Screen => mode switch
    {
        Mode.Prompt => message is null ? $"boot: {line.Text}" : $"{message}\nboot: {line.Text}",
        Mode.Editing => $"{Menu()}\n> {line.Text}",
        _ => Menu(),
    };

    public BootLine Default() => Start($"{entries[defaultEntry].Kernel} {entries[defaultEntry].Append}");

    public BootLine? Press(KeyPress key)
    {
        switch (mode, key)
        {
            case (Mode.Menu, { Name: "up" }):
                selected = Math.Max(0, selected - 1);
                return null;
            case (Mode.Menu, { Name: "down" }):
                selected = Math.Min(entries.Count(e => e.Title.Length > 0) - 1, selected + 1);
                return null;
            case (Mode.Menu, { Name: "tab" }):
                line.Set($"{entries[selected].Kernel} {entries[selected].Append}");
                mode = Mode.Editing;
                return null;
            case (Mode.Menu, { Name: "esc" }):
                line.Set("");
                mode = Mode.Prompt;
                return null;
            case (Mode.Menu, { Name: "ret" }):
                return Start($"{entries[selected].Kernel} {entries[selected].Append}");
            case (Mode.Menu, _):
                return null;
            case (_, { Name: "esc" }):
                mode = Mode.Menu;
                return null;
            case (Mode.Editing, { Name: "ret" }):
                return Start(line.Text);
            case (Mode.Prompt, { Name: "ret" }):
                return Enter();
            default:
                line.Press(key);
                return null;
        }
    }

    /// <summary>Runs what was typed at the prompt: an entry's label, or a kernel, and arguments.</summary>
    private BootLine? Enter()
    {
        var words = line.Text.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 0)
        {
            return Start($"{entries[defaultEntry].Kernel} {entries[defaultEntry].Append}");
        }

        var entry = entries.FirstOrDefault(e => e.Label == words[0]);
        var rest = words.Length > 1 ? words[1] : "";
        if (entry is null && entries.All(e => e.Kernel != words[0]))
        {
            message = $"Could not find kernel image: {words[0]}";
            line.Set("");
            return null;
        }

        return Start(entry is null ? line.Text : $"{entry.Kernel} {entry.Append} {rest}");
    }

    private static BootLine Start(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var initrd = words.LastOrDefault(w => w.StartsWith("initrd=", StringComparison.Ordinal))?["initrd=".Length..];
        return new BootLine(words.Length == 0 ? "" : words[0], initrd, words.Length == 0 ? [] : words[1..], []);
    }

    private string Menu() => string.Join('\n', entries.Where(e => e.Title.Length > 0).Select((e, i) => (i == selected ? "*" : " ") + e.Title));
}
