namespace Unattended.Preseed;

/// <summary>
/// What a kernel's command line tells the Debian installer before it has read a file (package preseed:
/// <c>env2debconf</c>, <c>preseed_aliases</c>, <c>auto-install.sh</c>).
/// </summary>
public sealed class PreseedBoot
{
    private static readonly Dictionary<string, string> Aliases = new()
    {
        ["priority"] = "debconf/priority",
        ["DEBIAN_FRONTEND"] = "debconf/frontend",
        ["fb"] = "debian-installer/framebuffer",
        ["language"] = "debian-installer/language",
        ["country"] = "debian-installer/country",
        ["locale"] = "debian-installer/locale",
        ["theme"] = "debian-installer/theme",
        ["auto"] = "auto-install/enable",
        ["classes"] = "auto-install/classes",
        ["file"] = "preseed/file",
        ["url"] = "preseed/url",
        ["domain"] = "netcfg/get_domain",
        ["hostname"] = "netcfg/get_hostname",
        ["interface"] = "netcfg/choose_interface",
        ["protocol"] = "mirror/protocol",
        ["suite"] = "mirror/suite",
        ["modules"] = "anna/choose_modules",
        ["recommends"] = "base-installer/install-recommends",
        ["tasks"] = "tasksel/first",
        ["desktop"] = "tasksel/desktop",
        ["keymap"] = "keyboard-configuration/xkb-keymap",
        ["preseed-md5"] = "preseed/file/checksum",
    };

    private readonly Dictionary<string, string> answers = [];

    private PreseedBoot(IEnumerable<string> arguments)
    {
        foreach (var argument in arguments)
        {
            var parts = argument.Split('=', 2);
            if (parts.Length == 2 && parts[1].Length > 0
                && (parts[0].Contains('/', StringComparison.Ordinal) ? parts[0] : Aliases.GetValueOrDefault(parts[0])) is { } question)
            {
                answers[question.TrimEnd('?')] = parts[1].Trim('"', '\'');
            }
        }
    }

    /// <summary>Reads a command line, word by word.</summary>
    public static PreseedBoot Read(IEnumerable<string> arguments) => new(arguments);

    /// <summary>The questions that the command line answers.</summary>
    public IReadOnlyDictionary<string, string> Answers => answers;

    /// <summary>Whether the questions about language and keyboard wait until the file is there (<c>auto=true</c>).</summary>
    public bool Auto => answers.GetValueOrDefault("auto-install/enable") == "true";

    /// <summary>Whether only questions without a sensible default are asked (<c>priority=critical</c>).</summary>
    public bool Critical => answers.GetValueOrDefault("debconf/priority") == "critical";

    /// <summary>Whether nothing is asked at all, and the defaults are taken (<c>debconf/frontend=noninteractive</c>).</summary>
    public bool Noninteractive => answers.GetValueOrDefault("debconf/frontend") == "noninteractive";

    /// <summary>The address of the file, completed as the installer does it, or null.</summary>
    public string? Url
    {
        get
        {
            if (answers.GetValueOrDefault("preseed/url") is not { } url)
            {
                return null;
            }

            var scheme = url.Contains("://", StringComparison.Ordinal) ? "" : "http://";
            var rest = url[(url.IndexOf("://", StringComparison.Ordinal) is var at and >= 0 ? at + 3 : 0)..];
            return scheme + url + (rest.Contains('/', StringComparison.Ordinal) ? "" : "/d-i/stable/./preseed.cfg");
        }
    }

    /// <summary>The file on the installation medium (<c>/cdrom/…</c>) or in the initrd, or null.</summary>
    public string? File => answers.GetValueOrDefault("preseed/file");

    /// <summary>
    /// What is asked before a file from the network is there, in order: each the question's title with what would answer
    /// it. Nothing when the file can come first.
    /// </summary>
    public IEnumerable<(string Title, string Remedy)> QuestionsBeforeTheNetwork()
    {
        if (Noninteractive)
        {
            yield break;
        }

        if (!Auto && !answers.ContainsKey("debian-installer/locale") && !answers.ContainsKey("debian-installer/language"))
        {
            yield return ("Select a language", "auto=true, or locale=en_US.UTF-8");
        }

        if (!Auto && !Critical && !answers.ContainsKey("keyboard-configuration/xkb-keymap") && !answers.ContainsKey("keyboard-configuration/layoutcode"))
        {
            yield return ("Configure the keyboard", "auto=true, or keymap=us");
        }

        // netcfg runs before the file is fetched, so that the file comes too late for these.
        if (!Critical && !answers.ContainsKey("netcfg/get_hostname"))
        {
            yield return ("Configure the network: Hostname", "priority=critical, or hostname=debian");
        }

        if (!Critical && !answers.ContainsKey("netcfg/get_domain") && answers.GetValueOrDefault("netcfg/get_hostname")?.Contains('.', StringComparison.Ordinal) != true)
        {
            yield return ("Configure the network: Domain name", "priority=critical, or domain=localdomain");
        }
    }
}
