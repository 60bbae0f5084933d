using System.Text;

namespace Installer.Boot;

/// <summary>
/// The part of GRUB's script language that boot lines use (GRUB manual, "Writing full configuration files"): words,
/// quoting, variables, comments, and <c>;</c> and line ends between commands.
/// </summary>
internal static class GrubScript
{
    /// <summary>Splits a text into commands of words; null when it is no script, with the reason.</summary>
    internal static List<List<string>>? Parse(string text, out string error)
    {
        error = "";
        var commands = new List<List<string>>();
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case '\\' when i + 1 < text.Length:
                    word.Append(text[++i]);
                    inWord = true;
                    break;
                case '\'':
                case '"':
                    var close = Quoted(text, i, word);
                    if (close < 0)
                    {
                        error = "unexpected end of file";
                        return null;
                    }

                    i = close;
                    inWord = true;
                    break;
                case '$':
                    // No variable that matters is set here; an unset one is nothing.
                    while (i + 1 < text.Length && (char.IsAsciiLetterOrDigit(text[i + 1]) || text[i + 1] is '_' or '{' or '}' or '?'))
                    {
                        i++;
                    }

                    inWord = true;
                    break;
                case '#' when !inWord:
                    while (i + 1 < text.Length && text[i + 1] != '\n')
                    {
                        i++;
                    }

                    break;
                case ';' or '\n':
                    EndWord();
                    EndCommand();
                    break;
                case '&' or '|' or '<' or '>':
                    error = "syntax error";
                    return null;
                case ' ' or '\t' or '\r':
                    EndWord();
                    break;
                default:
                    word.Append(c);
                    inWord = true;
                    break;
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
                word.Clear();
                inWord = false;
            }
        }

        void EndCommand()
        {
            if (words.Count > 0)
            {
                commands.Add(words);
                words = [];
            }
        }
    }

    private static int Quoted(string text, int open, StringBuilder word)
    {
        var quote = text[open];
        for (var i = open + 1; i < text.Length; i++)
        {
            if (text[i] == quote)
            {
                return i;
            }

            if (quote == '"' && text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\' or '$')
            {
                i++;
            }

            word.Append(text[i]);
        }

        return -1;
    }
}
