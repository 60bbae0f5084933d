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

    [GeneratedRegex(@"\{\{\s*\.?(?<name>[^{}]*?)\s*\}\}")]
    private static partial Regex Expression();

    [GeneratedRegex("<(?<name>[A-Za-z0-9.]{1,30})>")]
    private static partial Regex Special();

    // <wait>, <wait5>, <wait5s>, <wait1m30s>, <wait100ms>
    [GeneratedRegex(@"\Await([0-9]+|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)?\z", RegexOptions.IgnoreCase)]
    private static partial Regex Wait();

    [GeneratedRegex("http://\uE000:0(?<path>[^\\s\"'\uE001]*)")]
    private static partial Regex Request();
}
