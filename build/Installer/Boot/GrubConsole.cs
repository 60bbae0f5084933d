namespace Installer.Boot;

/// <summary>An entry of GRUB's menu: its title, and its script line by line.</summary>
internal sealed record GrubEntry(string Title, IReadOnlyList<string> Lines);

/// <summary>GRUB 2: the menu, the editor (<c>e</c>) and the command line (<c>c</c>).</summary>
internal sealed class GrubConsole : IBootConsole
{
    private enum Mode
    {
        Menu,
        Editor,
        CommandLine,
    }

    private readonly IReadOnlyList<GrubEntry> entries;
    private readonly int defaultEntry;
    private readonly GrubCommands commands;
    private readonly LineEditor prompt = new();
    private readonly List<string> output = [];
    private GrubEditor? editor;
    private Mode mode;
    private int selected;
    private string? message;

    internal GrubConsole(IReadOnlyList<GrubEntry> entries, int defaultEntry, Func<string, bool> exists)
    {
        (this.entries, this.defaultEntry, selected) = (entries, defaultEntry, defaultEntry);
        commands = new GrubCommands(exists);
    }

    public string Screen => mode switch
    {
        Mode.Menu => string.Join('\n', entries.Select((e, i) => (i == selected ? "*" : " ") + e.Title).Append(message ?? "").Where(l => l.Length > 0)),
        // Every line can be deleted; then the editor's frame is all that there is to see.
        Mode.Editor => string.Join('\n', editor!.Lines.Append(message ?? "").Where(l => l.Length > 0).DefaultIfEmpty("(an empty entry in GRUB's editor)")),
        _ => string.Join('\n', output.Append($"grub> {prompt.Text}")),
    };

    public BootLine Default() => commands.Run(entries[defaultEntry].Lines) ?? new BootLine("", null, [], []);

    public BootLine? Press(KeyPress key)
    {
        message = null;
        return mode switch
        {
            Mode.Menu => PressInMenu(key),
            Mode.Editor => PressInEditor(key),
            _ => PressAtPrompt(key),
        };
    }

    private BootLine? PressInMenu(KeyPress key)
    {
        switch (key)
        {
            case { Name: "up" } or { Name: "p", Control: true }:
                selected = Math.Max(0, selected - 1);
                break;
            case { Name: "down" } or { Name: "n", Control: true }:
                selected = Math.Min(entries.Count - 1, selected + 1);
                break;
            case { Name: "home" or "pgup" }:
                selected = 0;
                break;
            case { Name: "end" or "pgdn" }:
                selected = entries.Count - 1;
                break;
            case { Name: "ret" or "right" }:
                return Start(entries[selected].Lines);
            case { Character: 'e' }:
                editor = new GrubEditor(entries[selected]);
                mode = Mode.Editor;
                break;
            case { Character: 'c' }:
                mode = Mode.CommandLine;
                break;
        }

        return null;
    }

    private BootLine? PressInEditor(KeyPress key)
    {
        switch (key)
        {
            case { Name: "esc" }:
                mode = Mode.Menu;
                return null;
            case { Name: "f10" } or { Name: "x", Control: true }:
                return Start(editor!.Lines);
            case { Name: "f2" } or { Name: "c", Control: true }:
                mode = Mode.CommandLine;
                return null;
            default:
                editor!.Press(key);
                return null;
        }
    }

    private BootLine? PressAtPrompt(KeyPress key)
    {
        switch (key.Name)
        {
            case "esc":
                mode = Mode.Menu;
                return null;
            case "ret":
                var line = prompt.Text;
                output.Add($"grub> {line}");
                prompt.Set("");
                var boot = commands.Execute(line, out var error);
                if (error is not null)
                {
                    output.Add($"error: {error}.");
                }

                // Nobody reads more of a screen than this.
                output.RemoveRange(0, Math.Max(0, output.Count - 20));
                return boot;
            default:
                prompt.Press(key);
                return null;
        }
    }

    private BootLine? Start(IReadOnlyList<string> lines)
    {
        var boot = commands.Run(lines);
        message = boot is null ? $"error: {commands.LastError ?? "you need to load the kernel first"}." : null;
        return boot;
    }
}
