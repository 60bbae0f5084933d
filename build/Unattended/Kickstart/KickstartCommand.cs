using System.Text;
using System.Text.RegularExpressions;

namespace Unattended.Kickstart;

/// <summary>A command, or a section's first line, with its options.</summary>
internal sealed partial record KickstartCommand(
    string Name, int Line, IReadOnlyList<KeyValuePair<string, string>> Options, IReadOnlyList<string> Arguments)
{
    internal bool Has(string option) => Options.Any(o => o.Key == option);

    internal string? Value(string option) => Options.LastOrDefault(o => o.Key == option).Value;

    internal IEnumerable<string> List(string option) => Options.Where(o => o.Key == option)
        .SelectMany(o => o.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>
    /// Takes the options apart as Python's argparse does (which pykickstart uses), with its words for what is wrong.
    /// Null when it refuses the line; the reason is then in the findings.
    /// </summary>
    internal static KickstartCommand? Parse(IReadOnlyList<string> words, int line, CommandSyntax syntax, KickstartRelease release, FindingList findings)
    {
        var name = words[0];
        var options = new List<KeyValuePair<string, string>>();
        var arguments = new List<string>();
        var unknown = new List<string>();
        for (var i = 1; i < words.Count; i++)
        {
            var word = words[i];
            if (syntax.TakesAnything || !IsOption(word))
            {
                arguments.Add(word);
                continue;
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (Known(syntax, equals < 0 ? word : word[..equals], release) is not { } option)
            {
                unknown.Add(word);
                continue;
            }

            if (!Admits(syntax, option, release, line, findings))
            {
                return null;
            }

            var kind = syntax.Options[option];
            var next = i + 1 < words.Count && !IsOption(words[i + 1]) ? words[i + 1] : null;
            if (kind.IsFlag ? equals >= 0 : equals < 0 && next is null && kind.Value != "optional")
            {
                return Refuse(kind.IsFlag ? $"argument {option}: ignored explicit argument '{word[(equals + 1)..]}'" : $"argument {option}: expected one argument");
            }

            var value = kind.IsFlag ? "" : equals >= 0 ? word[(equals + 1)..] : next ?? "";
            i += !kind.IsFlag && equals < 0 && next is not null ? 1 : 0;
            // Which word it is does not matter where it has no effect any more.
            var ignored = kind.IsChoice && release.Indices.All(r => kind.Statuses[r] == KickstartStatus.Deprecated);
            if (!ignored && kind.Refusal(value) is { } refusal)
            {
                return Refuse($"argument {option}: {refusal}");
            }

            options.Add(new(option, value));
        }

        if (syntax.Arguments == "0" || (syntax.Arguments == "?" && arguments.Count > 1))
        {
            unknown.AddRange(arguments.Skip(syntax.Arguments == "0" ? 0 : 1));
        }

        if (unknown.Count > 0)
        {
            return Refuse($"unrecognized arguments: {string.Join(' ', unknown)}");
        }

        var missing = syntax.Options.Where(o => release.Indices.All(r => o.Value.Statuses[r] == KickstartStatus.Required) && options.TrueForAll(p => p.Key != o.Key))
            .Select(o => o.Key).ToList();
        return missing.Count > 0
            ? Refuse($"the following arguments are required: {string.Join(", ", missing)}")
            : new KickstartCommand(name, line, options, arguments);

        KickstartCommand? Refuse(string what)
        {
            findings.Error("kickstart-option", line, $"{name}: {what} (Anaconda refuses the whole file)");
            return null;
        }
    }

    // argparse takes what starts with a hyphen for an option, unless it is a negative number or has a space in it.
    private static bool IsOption(string word) =>
        word.Length > 1 && word[0] == '-' && !Negative().IsMatch(word) && (!word.Contains(' ', StringComparison.Ordinal) || word.IndexOf('=', StringComparison.Ordinal) is > 0 and var e && e < word.IndexOf(' ', StringComparison.Ordinal));

    /// <summary>The option's full name: argparse admits an unambiguous beginning. Null when no release knows it.</summary>
    private static string? Known(CommandSyntax syntax, string option, KickstartRelease release)
    {
        if (syntax.Options.ContainsKey(option))
        {
            return option;
        }

        var candidates = syntax.Options.Where(o => o.Key.StartsWith(option, StringComparison.Ordinal) && release.Indices.Any(r => o.Value.Statuses[r] >= KickstartStatus.Deprecated))
            .Select(o => o.Key).ToList();
        return option.Length > 2 && candidates.Count == 1 ? candidates[0] : null;
    }

    /// <summary>Whether a release accepts the option; the finding says what is the matter otherwise.</summary>
    private static bool Admits(CommandSyntax syntax, string option, KickstartRelease release, int line, FindingList findings)
    {
        var statuses = syntax.Options[option].Statuses;
        var refusing = release.Indices.Where(r => statuses[r] < KickstartStatus.Deprecated).ToList();
        if (refusing.Count == 0)
        {
            if (release.Indices.All(r => statuses[r] == KickstartStatus.Deprecated))
            {
                findings.Warn("kickstart-deprecated", line, $"{syntax.Name}: the {option} option has been deprecated and no longer has any effect in {release.Name}");
            }

            return true;
        }

        var where = string.Join(", ", refusing.Select(KickstartRelease.NameOf));
        var gone = Enumerable.Range(0, refusing[0]).Any(r => statuses[r] >= KickstartStatus.Deprecated);
        var what = gone ? $"the {option} option is no longer supported in {where}" : $"the {option} option is not known in {where}";
        if (refusing.Count < release.Indices.Count)
        {
            findings.Warn("kickstart-option", line, $"{syntax.Name}: {what}");
            return true;
        }

        findings.Error("kickstart-option", line, $"{syntax.Name}: unrecognized arguments: {option}: {what} (Anaconda refuses the whole file)");
        return false;
    }

    /// <summary>Splits a line into words as a POSIX shell does, up to a comment. False when a quote is not closed.</summary>
    internal static bool TrySplit(string line, out List<string> words)
    {
        words = [];
        var word = new StringBuilder();
        var inWord = false;
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote != '\0')
            {
                if (c == quote)
                {
                    quote = '\0';
                }
                else if (c == '\\' && quote == '"' && i + 1 < line.Length && line[i + 1] is '"' or '\\')
                {
                    word.Append(line[++i]);
                }
                else
                {
                    word.Append(c);
                }
            }
            else if (c is '"' or '\'')
            {
                (quote, inWord) = (c, true);
            }
            else if (c == '\\')
            {
                if (i + 1 == line.Length)
                {
                    return false;
                }

                word.Append(line[++i]);
                inWord = true;
            }
            else if (char.IsWhiteSpace(c))
            {
                Flush(words);
            }
            else if (c == '#')
            {
                break;
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        Flush(words);
        return quote == '\0';

        void Flush(List<string> target)
        {
            if (inWord)
            {
                target.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }
    }

    [GeneratedRegex(@"^-(\d+|\d*\.\d+)$", RegexOptions.None, 1000)]
    private static partial Regex Negative();
}
