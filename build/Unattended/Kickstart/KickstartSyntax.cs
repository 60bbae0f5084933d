using Foundation;

namespace Unattended.Kickstart;

/// <summary>How a release treats a command or an option.</summary>
internal enum KickstartStatus
{
    /// <summary>It is not known and refused.</summary>
    Unknown,

    /// <summary>It was known before, and is refused.</summary>
    Removed,

    /// <summary>It is accepted with a warning and has no effect.</summary>
    Deprecated,

    /// <summary>It is accepted.</summary>
    Accepted,

    /// <summary>It is accepted, and has to be there.</summary>
    Required,
}

/// <summary>The commands and sections of kickstart, from <c>commands.tsv</c>.</summary>
internal static class KickstartSyntax
{
    private const int FirstRelease = 3;

    /// <summary>What to write instead of a command that is gone.</summary>
    private static readonly Dictionary<string, string> Instead = new()
    {
        ["install"] = "use the installation method (cdrom, url, …) as a command",
        ["method"] = "use the installation method (cdrom, url, …) as a command",
        ["auth"] = "use authselect",
        ["authconfig"] = "use authselect",
        ["vnc"] = "use rdp",
    };

    private static readonly IReadOnlyDictionary<string, CommandSyntax> All = Load();

    /// <summary>The syntax of a command or a section (<c>%post</c>); null when no release knows it.</summary>
    internal static CommandSyntax? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>A command that was probably meant, or null.</summary>
    internal static string? Near(string name) => NearMiss.Find(name, All.Keys.Where(k => k[0] != '%')) is [var first, ..] ? first : null;

    /// <summary>What to do about a command that a release has removed.</summary>
    internal static string Remedy(string name) => Instead.GetValueOrDefault(name, "leave it out");

    private static Dictionary<string, CommandSyntax> Load()
    {
        var commands = new Dictionary<string, CommandSyntax>();
        foreach (var row in DataTable.Read("commands.tsv"))
        {
            var statuses = row[FirstRelease].Split(' ').Select(Status).ToArray();
            if (row[1].Length == 0)
            {
                commands.Add(row[0], new CommandSyntax(row[0], row[2], statuses));
            }
            else
            {
                commands[row[0]].Options.Add(row[1], new OptionSyntax(row[2], statuses));
            }
        }

        return commands;
    }

    private static KickstartStatus Status(string sign) => sign switch
    {
        "+" => KickstartStatus.Accepted,
        "!" => KickstartStatus.Required,
        "d" => KickstartStatus.Deprecated,
        "x" => KickstartStatus.Removed,
        "-" => KickstartStatus.Unknown,
        _ => throw new InvalidOperationException($"'{sign}' is no sign of commands.tsv"),
    };
}

/// <summary>How a command is written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">How many arguments it takes without a name: <c>0</c>, <c>1</c>, <c>2</c>, <c>?</c>, <c>1+</c> or <c>*</c>.</param>
/// <param name="Statuses">How each release treats it.</param>
internal sealed record CommandSyntax(string Name, string Arguments, IReadOnlyList<KickstartStatus> Statuses)
{
    internal Dictionary<string, OptionSyntax> Options { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether anything may follow.</summary>
    internal bool TakesAnything => Arguments == "*" && Options.Count == 0;
}

/// <summary>An option of a command.</summary>
/// <param name="Value">What its value is: <c>flag</c>, <c>text</c>, <c>number</c>, <c>list</c>, <c>yesno</c>, <c>optional</c>, or the choices.</param>
/// <param name="Statuses">How each release treats it.</param>
internal sealed record OptionSyntax(string Value, IReadOnlyList<KickstartStatus> Statuses)
{
    internal bool IsFlag => Value == "flag";

    /// <summary>Whether it takes one of several words.</summary>
    internal bool IsChoice => Value is not ("flag" or "text" or "number" or "list" or "yesno" or "optional");

    /// <summary>What is wrong with a value, in argparse's words; null when it is accepted.</summary>
    internal string? Refusal(string value) => Value switch
    {
        "number" when !long.TryParse(value.Trim().Replace("_", "", StringComparison.Ordinal), out _) => $"invalid int value: '{value}'",
        "yesno" when value.ToUpperInvariant() is not ("ON" or "YES" or "TRUE" or "1" or "OFF" or "NO" or "FALSE" or "0") => $"invalid boolean value: '{value}'",
        _ when !IsChoice => null,
        ['~', .. var any] => any.Split('|').Contains(value, StringComparer.OrdinalIgnoreCase) ? null : Choice(any, value),
        _ => Value.Split('|').Contains(value) ? null : Choice(Value, value),
    };

    private static string Choice(string choices, string value)
    {
        var known = choices.Split('|');
        var near = NearMiss.Find(value, known) is [var first, ..] ? $"; perhaps {first} is meant" : "";
        return $"invalid choice: '{value}' (choose from {string.Join(", ", known.Take(12))}{(known.Length > 12 ? ", …" : "")}{near})";
    }
}
