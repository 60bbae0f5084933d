using System.Text;

namespace Unattended.Kickstart;

/// <summary>A command, or a section's first line, with its options.</summary>
internal sealed record KickstartCommand(
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
    internal static KickstartCommand? Parse(IReadOnlyList<string> words, int line, CommandSyntax syntax, int major, FindingList findings)
    {
        var name = words[0];
        var options = new List<KeyValuePair<string, string>>();
        var arguments = new List<string>();
        var unknown = new List<string>();
        var known = syntax.Options;

        for (var i = 1; i < words.Count; i++)
        {
            var word = words[i];
            if (!word.StartsWith("--", StringComparison.Ordinal) || word.Length == 2)
            {
                arguments.Add(word);
                continue;
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var option = equals < 0 ? word : word[..equals];
            if (known is null)
            {
                options.Add(new(option, equals < 0 ? "" : word[(equals + 1)..]));
                continue;
            }

            if (!known.ContainsKey(option))
            {
                // argparse admits an unambiguous beginning of an option.
                var candidates = known.Keys.Where(k => k.StartsWith(option, StringComparison.Ordinal)).ToList();
                if (candidates.Count != 1)
                {
                    unknown.Add(word);
                    continue;
                }

                option = candidates[0];
            }

            if (KickstartSyntax.RemovedOptions.TryGetValue((name, option), out var since) && major >= since)
            {
                Refuse($"the {option} option is no longer supported in RHEL {major}");
                return null;
            }

            if (!known[option].Value)
            {
                if (equals >= 0)
                {
                    Refuse($"argument {option}: ignored explicit argument '{word[(equals + 1)..]}'");
                    return null;
                }

                options.Add(new(option, ""));
            }
            else if (equals >= 0)
            {
                options.Add(new(option, word[(equals + 1)..]));
            }
            else if (i + 1 < words.Count && !words[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                options.Add(new(option, words[++i]));
            }
            else
            {
                Refuse($"argument {option}: expected one argument");
                return null;
            }
        }

        if (!syntax.Positional)
        {
            unknown.AddRange(arguments);
        }

        if (unknown.Count > 0)
        {
            Refuse($"unrecognized arguments: {string.Join(' ', unknown)}");
            return null;
        }

        var missing = known?.Where(k => k.Value.Required && options.TrueForAll(o => o.Key != k.Key)).Select(k => k.Key).ToList() ?? [];
        if (missing.Count > 0)
        {
            Refuse($"the following arguments are required: {string.Join(", ", missing)}");
            return null;
        }

        return new KickstartCommand(name, line, options, arguments);

        void Refuse(string what) => findings.Error(
            "kickstart-option", line, $"{name}: {what} (Anaconda refuses the whole file)");
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
}
