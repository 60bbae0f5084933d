using System.Text;
using System.Text.RegularExpressions;
using Foundation;

namespace Templates;

/// <summary>A request for Packer's HTTP server in a boot command.</summary>
/// <param name="Path">The path without its leading slash; empty for the root.</param>
/// <param name="Item">The index of the command's item in which it ends.</param>
internal sealed record BootUrl(string Path, int Item);

/// <summary>Something in a boot command that Packer would not type as meant.</summary>
/// <param name="Item">The index of the command's item.</param>
/// <param name="Code">A stable name.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record BootProblem(int Item, string Code, string Message);

/// <summary>
/// A <c>boot_command</c> as Packer reads it. The special keys are those of Packer's boot command documentation
/// (the same in both generations); text between angle brackets that is none of them is typed letter by letter.
/// </summary>
internal sealed partial class BootCommand
{
    // Stands for Packer's server while the text is searched; neither can be typed.
    private const char Server = '\uE000';
    private const char Key = '\uE001';

    private static readonly HashSet<string> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        "bs", "del", "enter", "return", "esc", "tab", "up", "down", "left", "right", "spacebar", "insert", "home", "end",
        "pageUp", "pageDown", "menu", "leftAlt", "rightAlt", "leftCtrl", "rightCtrl", "leftShift", "rightShift",
        "leftSuper", "rightSuper", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
    };

    private BootCommand(string typed, IReadOnlyList<BootUrl> urls, IReadOnlyList<BootProblem> problems)
    {
        Typed = typed;
        Urls = urls;
        Problems = problems;
    }

    /// <summary>What arrives at the boot loader, one line for each Enter; other special keys are left out.</summary>
    internal string Typed { get; }

    /// <summary>What is asked of Packer's HTTP server.</summary>
    internal IReadOnlyList<BootUrl> Urls { get; }

    /// <summary>What would not be typed as meant.</summary>
    internal IReadOnlyList<BootProblem> Problems { get; }

    /// <summary>Reads a boot command.</summary>
    internal static BootCommand Read(IReadOnlyList<string> items)
    {
        var typed = new StringBuilder();
        var ends = new List<int>();
        var problems = new List<BootProblem>();
        for (var i = 0; i < items.Count; i++)
        {
            Item(i, items[i], typed, problems);
            ends.Add(typed.Length);
        }

        var text = typed.ToString();
        var urls = Request().Matches(text).Select(m => new BootUrl(m.Groups["path"].Value.TrimStart('/'), ends.FindIndex(e => m.Index < e))).ToList();
        if (text.Contains("https://" + Server, StringComparison.Ordinal))
        {
            problems.Add(new BootProblem(0, "boot-url-https", "Packer's server speaks plain HTTP, the boot command asks for https://"));
        }

        return new BootCommand(text.Replace(Key.ToString(), "", StringComparison.Ordinal), urls, problems);
    }

    private static void Item(int index, string item, StringBuilder typed, List<BootProblem> problems)
    {
        var rest = Expression().Replace(item, m =>
        {
            var name = m.Groups["name"].Value;
            if (name is not ("HTTPIP" or "HTTPPort"))
            {
                problems.Add(new BootProblem(index, "boot-expression", $"{m.Value} is not known; Packer fills in {{{{ .HTTPIP }}}} and {{{{ .HTTPPort }}}}"));
            }

            return name == "HTTPIP" ? Server.ToString() : name == "HTTPPort" ? "0" : "";
        });
        if (rest.Contains("{{", StringComparison.Ordinal) || rest.Contains("}}", StringComparison.Ordinal))
        {
            problems.Add(new BootProblem(index, "boot-expression", "a template expression is not closed"));
        }

        var at = 0;
        foreach (Match special in Special().Matches(rest))
        {
            typed.Append(rest, at, special.Index - at);
            at = special.Index + special.Length;
            var name = special.Groups["name"].Value;
            if (name is "enter" or "return")
            {
                typed.Append('\n');
            }
            else if (IsWait(name))
            {
                // A pause in the middle of a word does not break it.
            }
            else if (IsKey(name))
            {
                typed.Append(Key);
            }
            else
            {
                typed.Append(special.Value);
                var near = NearMiss.Find(name, Keys);
                problems.Add(new BootProblem(
                    index, "boot-key", $"<{name}> is no key that Packer knows and would be typed letter by letter" + (near.Count > 0 ? $"; perhaps <{near[0]}> is meant" : "")));
            }
        }

        typed.Append(rest, at, rest.Length - at);
        var foreign = rest.FirstOrDefault(c => c != Server && c is < ' ' or > '~');
        if (foreign != default)
        {
            problems.Add(new BootProblem(index, "boot-character", $"the character U+{(int)foreign:X4} cannot be typed; only those of ASCII can"));
        }
    }

    private static bool IsWait(string name) => Wait().IsMatch(name);

    private static bool IsKey(string name) =>
        Keys.Contains(name)
        || (name.EndsWith("On", StringComparison.OrdinalIgnoreCase) && IsHeld(name[..^2]))
        || (name.EndsWith("Off", StringComparison.OrdinalIgnoreCase) && IsHeld(name[..^3]));

    // Any key and any single character can be held: <leftCtrlOn>, <cOn>.
    private static bool IsHeld(string name) => name.Length == 1 || Keys.Contains(name);

    /// <summary>
    /// The keys that Packer sends to the machine, by QEMU's names, each with the index of the command's item; modifiers that
    /// are held go before the key, as Packer's driver for Proxmox joins them (typed with <paramref name="server"/> for Packer's
    /// address and port).
    /// </summary>
    internal static IReadOnlyList<(string Key, int Item)> KeyPresses(IReadOnlyList<string> items, (string Address, string Port) server, Func<char, string?> keyOf)
    {
        var keys = new List<(string, int)>();
        var held = new List<string>();
        for (var i = 0; i < items.Count; i++)
        {
            var rest = Expression().Replace(items[i], m => m.Groups["name"].Value switch { "HTTPIP" => server.Address, "HTTPPort" => server.Port, _ => "" });
            var at = 0;
            while (at < rest.Length)
            {
                if (rest[at] == '<' && Special().Match(rest, at) is { Success: true } special && special.Index == at
                    && special.Groups["name"].Value is var name && (IsWait(name) || IsKey(name)))
                {
                    at += special.Length;
                    Press(name, i);
                }
                else if (keyOf(rest[at++]) is { } key)
                {
                    keys.Add((string.Join('-', held.Append(key)), i));
                }
            }
        }

        return keys;

        void Press(string name, int item)
        {
            if (IsWait(name))
            {
                return;
            }

            var on = name.Length > 2 && !Keys.Contains(name) && name.EndsWith("On", StringComparison.OrdinalIgnoreCase);
            var off = name.Length > 3 && !Keys.Contains(name) && name.EndsWith("Off", StringComparison.OrdinalIgnoreCase);
            var plain = on ? name[..^2] : off ? name[..^3] : name;
            var key = QemuName(plain, keyOf);
            if (on && Modifiers.ContainsKey(plain.ToUpperInvariant()))
            {
                held.Add(key);
            }
            else if (off)
            {
                held.Remove(key);
            }
            else
            {
                keys.Add((string.Join('-', held.Append(key)), item));
            }
        }
    }

    private static string QemuName(string name, Func<char, string?> keyOf) => name.ToUpperInvariant() switch
    {
        "BS" => "backspace",
        "DEL" => "delete",
        "ENTER" or "RETURN" => "ret",
        "SPACEBAR" => "spc",
        "PAGEUP" => "pgup",
        "PAGEDOWN" => "pgdn",
        var modifier when Modifiers.TryGetValue(modifier, out var held) => held,
        { Length: 1 } => keyOf(name[0]) ?? name,
        var other => other.ToLowerInvariant(),
    };

    private static readonly Dictionary<string, string> Modifiers = new()
    {
        ["LEFTALT"] = "alt", ["RIGHTALT"] = "alt_r", ["LEFTCTRL"] = "ctrl", ["RIGHTCTRL"] = "ctrl_r",
        ["LEFTSHIFT"] = "shift", ["RIGHTSHIFT"] = "shift_r", ["LEFTSUPER"] = "meta_l", ["RIGHTSUPER"] = "meta_r",
    };

    [GeneratedRegex(@"\{\{\s*\.?(?<name>[^{}]*?)\s*\}\}")]
    private static partial Regex Expression();

    [GeneratedRegex("<(?<name>[A-Za-z][^<>]{0,29})>")]
    private static partial Regex Special();

    // <wait>, <wait5>, <wait5s>, <wait1m30s>, <wait100ms>
    [GeneratedRegex(@"\Await([0-9]+|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)?\z", RegexOptions.IgnoreCase)]
    private static partial Regex Wait();

    [GeneratedRegex("http://\uE000:0(?<path>[^\\s\"'\uE001]*)")]
    private static partial Regex Request();
}
