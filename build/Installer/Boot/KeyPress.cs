namespace Installer.Boot;

/// <summary>A key as it arrives at the machine's keyboard.</summary>
/// <param name="Name">QEMU's name of the key without modifiers, such as <c>ret</c>.</param>
/// <param name="Character">The character that it types on a US keyboard, or null.</param>
/// <param name="Control">Whether Ctrl is held.</param>
internal sealed record KeyPress(string Name, char? Character, bool Control)
{
    private static readonly string[] Modifiers =
        ["shift", "shift_r", "alt", "alt_r", "ctrl", "ctrl_r", "meta_l", "meta_r"];

    /// <summary>The keys without a character, from QEMU's <c>QKeyCode</c>.</summary>
    private static readonly HashSet<string> Others =
    [
        "esc", "backspace", "tab", "ret", "caps_lock", "num_lock", "scroll_lock", "kp_enter", "sysrq", "print", "home", "pgup",
        "pgdn", "end", "left", "up", "down", "right", "insert", "delete", "menu", "stop", "again", "props", "undo", "front",
        "copy", "open", "paste", "find", "cut", "lf", "help", "compose", "pause", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8",
        "f9", "f10", "f11", "f12", "altgr", "altgr_r",
    ];

    /// <summary>The keys with a character, and the character with Shift.</summary>
    private static readonly Dictionary<string, (char Plain, char Shifted)> Characters = Build();

    /// <summary>Reads a name as the monitor's <c>sendkey</c> does; null when QEMU would refuse it.</summary>
    internal static KeyPress? Parse(string text)
    {
        if (text.Length is 0 or > 64)
        {
            return null;
        }

        var names = text.Split('-');
        string? key = null;
        var (shift, control) = (false, false);
        foreach (var part in names)
        {
            var name = part == "<" ? "less" : part;
            if (Modifiers.Contains(name))
            {
                shift |= name.StartsWith("shift", StringComparison.Ordinal);
                control |= name.StartsWith("ctrl", StringComparison.Ordinal);
            }
            else if (Characters.ContainsKey(name) || Others.Contains(name))
            {
                key ??= name;
            }
            else
            {
                return null;
            }
        }

        key ??= names[0];
        char? character = Characters.TryGetValue(key, out var pair) ? (shift ? pair.Shifted : pair.Plain) : null;
        return new KeyPress(key == "kp_enter" ? "ret" : key, control ? null : character, control);
    }

    /// <summary>QEMU's name of the key that types a character on a US keyboard, or null for one that none types.</summary>
    internal static string? NameOf(char character)
    {
        foreach (var (name, (plain, shifted)) in Characters)
        {
            if (name.StartsWith("kp_", StringComparison.Ordinal) || name is "less" or "asterisk")
            {
                continue;
            }

            if (plain == character || shifted == character)
            {
                return plain == character ? name : $"shift-{name}";
            }
        }

        return null;
    }

    private static Dictionary<string, (char, char)> Build()
    {
        var keys = new Dictionary<string, (char, char)>
        {
            ["spc"] = (' ', ' '),
            ["minus"] = ('-', '_'),
            ["equal"] = ('=', '+'),
            ["bracket_left"] = ('[', '{'),
            ["bracket_right"] = (']', '}'),
            ["semicolon"] = (';', ':'),
            ["apostrophe"] = ('\'', '"'),
            ["grave_accent"] = ('`', '~'),
            ["backslash"] = ('\\', '|'),
            ["comma"] = (',', '<'),
            ["dot"] = ('.', '>'),
            ["slash"] = ('/', '?'),
            ["less"] = ('<', '>'),
            ["asterisk"] = ('*', '*'),
            ["kp_multiply"] = ('*', '*'),
            ["kp_divide"] = ('/', '/'),
            ["kp_add"] = ('+', '+'),
            ["kp_subtract"] = ('-', '-'),
            ["kp_decimal"] = ('.', '.'),
        };
        const string ShiftedDigits = ")!@#$%^&*(";
        for (var digit = 0; digit < 10; digit++)
        {
            keys[$"{digit}"] = ((char)('0' + digit), ShiftedDigits[digit]);
            keys[$"kp_{digit}"] = ((char)('0' + digit), (char)('0' + digit));
        }

        for (var letter = 'a'; letter <= 'z'; letter++)
        {
            keys[$"{letter}"] = (letter, char.ToUpperInvariant(letter));
        }

        return keys;
    }
}
