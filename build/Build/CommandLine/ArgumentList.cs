using Foundation;

namespace Build.CommandLine;

/// <summary>
/// The arguments as they were given, checked against <see cref="Options"/>. Cake ignores what it does not know; here a
/// typing error must not start a build of something else.
/// </summary>
public sealed class ArgumentList
{
    private static readonly string[] SecretOptions = ["password", "token", "secret", "proxmox-password", "proxmox-token"];

    private readonly Dictionary<string, List<string?>> values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="FailureException">Usage: an unknown option, a missing or unknown value, a second value, a switch with a value.</exception>
    public static ArgumentList Parse(IReadOnlyList<string> arguments)
    {
        var list = new ArgumentList();
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = Split(arguments[i]);
            var option = Find(name, arguments[i]);
            if (option.Value is not null && value is null)
            {
                if (i + 1 == arguments.Count || arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                {
                    throw Wrong($"Option --{option.Name} needs a value", null, $"Write --{option.Name}={option.Value}");
                }

                value = arguments[++i];
            }

            if (option.Value is not null && value is { Length: 0 } && option.Name != Options.Template)
            {
                throw Wrong($"Option --{option.Name} is empty", null, $"Write --{option.Name}={option.Value}");
            }

            if (option.Value is null && value is not null && !IsTruth(value))
            {
                // Cake would take it for an argument of the build, and a dry run that was asked for would be a real one.
                throw Wrong($"--{option.Name}={value} is not possible", "it is a switch", $"Write --{option.Name} or --{option.Name}=false");
            }

            list.Add(option, value);
        }

        return list;
    }

    /// <summary>Whether the option was given.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>Whether the switch was given and is not set to false.</summary>
    public bool IsOn(string name) =>
        values.TryGetValue(name, out var given) && !string.Equals(given[^1], "false", StringComparison.OrdinalIgnoreCase);

    /// <summary>The option's value, or null when it was not given.</summary>
    public string? Get(string name) => values.TryGetValue(name, out var given) ? given[^1] : null;

    /// <summary>All values of a repeatable option.</summary>
    public IReadOnlyList<string> GetAll(string name) =>
        values.TryGetValue(name, out var given) ? [.. given.OfType<string>()] : [];

    private void Add(CommandOption option, string? value)
    {
        if (option.Choices.Count > 0 && !option.Choices.Contains(value, option.OfCake ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal))
        {
            throw Wrong($"--{option.Name}={value} is not possible", null, NearMiss.Suggestion(value ?? "", option.Choices));
        }

        if (!values.TryGetValue(option.Name, out var given))
        {
            values[option.Name] = given = [];
        }
        else if (!option.Repeatable && !option.OfCake && given[^1] != value)
        {
            throw Wrong(
                $"Option --{option.Name} was given twice with different values, '{given[^1]}' and '{value}'",
                null,
                option.Name == Options.Template ? "Several templates go into one option: --template=a,b" : "Give it once");
        }

        given.Add(value);
    }

    private static (string Name, string? Value) Split(string argument)
    {
        if (!argument.StartsWith('-') || argument.TrimStart('-').Length == 0)
        {
            throw Wrong($"'{argument}' is not an option", null, Meant(argument.Trim('-')));
        }

        var text = argument.TrimStart('-');
        var end = text.IndexOfAny(['=', ':']);
        return end < 0 ? (text, null) : (text[..end], text[(end + 1)..]);
    }

    /// <summary>What a bare word probably stands for: a target, or else a template to build.</summary>
    private static string Meant(string word)
    {
        if (word.Length == 0)
        {
            return "Options begin with two dashes and have a name; --help shows all";
        }

        return NearMiss.Find(word, Targets.All.Select(t => t.Name)) is [var target, ..]
            ? $"Did you mean --target={target}?"
            : $"Did you mean --target={nameof(Tasks.BuildTemplate)} --template={word}?";
    }

    private static CommandOption Find(string name, string argument)
    {
        if (SecretOptions.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw Wrong(
                $"--{name} is not an option",
                "other users of this machine can read a command line",
                "Give secrets in the environment: PROXMOX_PASSWORD or PROXMOX_TOKEN");
        }

        var isShort = !argument.StartsWith("--", StringComparison.Ordinal);
        var found = Options.All.FirstOrDefault(o => isShort
            ? name.Length == 1 && o.Letter == name[0]
            : string.Equals(o.Name, name, o.OfCake ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase));
        return found ?? throw Wrong(
            $"Unknown option {(isShort ? "-" : "--")}{name}",
            null,
            Suggest(name));
    }

    private static string Suggest(string name)
    {
        var near = NearMiss.Find(name, Options.All.Select(o => o.Name));
        return near.Count > 0
            ? $"Did you mean {string.Join(" or ", near.Select(n => "--" + n))}?"
            : "--help shows all options";
    }

    private static bool IsTruth(string value) =>
        value.Equals("true", StringComparison.OrdinalIgnoreCase) || value.Equals("false", StringComparison.OrdinalIgnoreCase);

    private static FailureException Wrong(string what, string? why, string remedy) => new(FailureKind.Usage, what, why, remedy);
}
