using System.Globalization;
using System.Text;

namespace Packer.Tests.Hcl;

internal enum Kind
{
    Name,
    Number,
    Text,
    Sign,
    Line,
    End,
}

internal sealed record Token(Kind Kind, string Text, int Line);

/// <summary>Cuts HCL into tokens; comments of all three kinds are left out.</summary>
internal sealed class HclScanner(string text)
{
    private static readonly string[] Signs = ["...", "||", "&&", "==", "!=", "<=", ">=", "=>", "{", "}", "[", "]", "(", ")", "=", ",", ".", ":", "?", "<", ">", "+", "-", "*", "/", "%", "!"];

    private int at;
    private int line = 1;

    public IEnumerable<Token> Tokens()
    {
        while (at < text.Length)
        {
            var c = text[at];
            if (c == '\n')
            {
                yield return new Token(Kind.Line, "\\n", line++);
                at++;
            }
            else if (char.IsWhiteSpace(c))
            {
                at++;
            }
            else if (c == '#' || Follows("//"))
            {
                SkipTo("\n");
            }
            else if (Follows("/*"))
            {
                SkipTo("*/");
                at += 2;
            }
            else if (c == '"')
            {
                yield return Quoted();
            }
            else if (char.IsLetter(c) || c == '_')
            {
                yield return new Token(Kind.Name, Run(k => char.IsLetterOrDigit(k) || k is '_' or '-'), line);
            }
            else if (char.IsAsciiDigit(c))
            {
                yield return new Token(Kind.Number, Run(k => char.IsAsciiDigit(k) || k == '.'), line);
            }
            else
            {
                var sign = Array.Find(Signs, Follows) ?? throw new FormatException($"line {line}: '{c}' is not understood");
                at += sign.Length;
                yield return new Token(Kind.Sign, sign, line);
            }
        }

        yield return new Token(Kind.End, "the end", line);
    }

    private bool Follows(string what) => string.CompareOrdinal(text, at, what, 0, what.Length) == 0;

    private void SkipTo(string what)
    {
        var end = text.IndexOf(what, at, StringComparison.Ordinal);
        end = end < 0 ? text.Length : end;
        line += text[at..end].Count(c => c == '\n');
        at = end;
    }

    private string Run(Predicate<char> belongs)
    {
        var start = at;
        while (at < text.Length && belongs(text[at]))
        {
            at++;
        }

        return text[start..at];
    }

    private Token Quoted()
    {
        var value = new StringBuilder();
        for (at++; ; at++)
        {
            if (at >= text.Length || text[at] == '\n')
            {
                throw new FormatException($"line {line}: a text does not end");
            }

            if (text[at] == '"')
            {
                at++;
                return new Token(Kind.Text, value.ToString(), line);
            }

            if (text[at] != '\\')
            {
                value.Append(text[at]);
                continue;
            }

            at++;
            value.Append(text[at] switch
            {
                'n' => "\n", 't' => "\t", 'r' => "\r", '"' => "\"", '\\' => "\\",
                'u' => Unicode(4), 'U' => Unicode(8),
                var other => throw new FormatException($"line {line}: \\{other} is no escape"),
            });
        }
    }

    private string Unicode(int digits)
    {
        var code = int.Parse(text.AsSpan(at + 1, digits), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        at += digits;
        return char.ConvertFromUtf32(code);
    }
}
