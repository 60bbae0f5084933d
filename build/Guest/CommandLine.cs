using System.Text;

namespace Guest;

/// <summary>Takes command lines apart, roughly as a POSIX shell does; enough to see what they would execute.</summary>
internal static class CommandLine
{
    /// <summary>The words of a simple command, without their quotes.</summary>
    public static IReadOnlyList<string> Words(string command) => Commands(command) is [var first, ..] ? first : [];

    /// <summary>The simple commands of a line (between <c>;</c>, <c>&amp;&amp;</c>, <c>||</c>, <c>|</c>, brackets and line ends) as words.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Commands(string line)
    {
        var commands = new List<IReadOnlyList<string>>();
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        var inWord = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && quote != '\'' && i + 1 < line.Length && line[i + 1] is '\\' or '"' or '\'' or ' ' or '$' or '`' or '\n')
            {
                word.Append(line[++i]);
                inWord = true;
            }
            else if (quote != '\0' ? c == quote : c is '"' or '\'')
            {
                quote = quote == '\0' ? c : '\0';
                inWord = true;
            }
            else if (quote == '\0' && (char.IsWhiteSpace(c) || c is ';' or '&' or '|' or '(' or ')' or '{' or '}'))
            {
                EndWord();
                if (!char.IsWhiteSpace(c) || c == '\n')
                {
                    EndCommand();
                }
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        EndWord();
        EndCommand();
        return commands;

        void EndWord()
        {
            if (inWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            inWord = false;
        }

        void EndCommand()
        {
            if (words.Count > 0)
            {
                commands.Add([.. words]);
            }

            words.Clear();
        }
    }
}
