using System.Globalization;
using System.Text;

namespace Packer.Tests.Hcl;

/// <summary>What stands between two braces: attributes and blocks.</summary>
internal sealed record HclBody(IReadOnlyList<HclAttribute> Attributes, IReadOnlyList<HclBlock> Blocks);

internal sealed record HclAttribute(string Name, HclExpression Value, int Line);

internal sealed record HclBlock(string Type, IReadOnlyList<string> Labels, HclBody Body, int Line);

/// <summary>
/// Reads HCL's native syntax, so that the tests see what Packer sees and not what a line looks like. What it does not know
/// is an error with its line. Source of the grammar: the specification of HCL's native syntax.
/// </summary>
internal sealed class HclParser
{
    private readonly List<Token> tokens;
    private int at;
    private int nesting;

    private HclParser(string text) => tokens = [.. new HclScanner(text).Tokens()];

    public static HclBody Parse(string text)
    {
        var parser = new HclParser(text);
        var body = parser.Body();
        parser.Expect(Kind.End);
        return body;
    }

    public static HclBody ParseFile(string path) => Parse(File.ReadAllText(path));

    public static HclExpression ParseExpression(string text)
    {
        var parser = new HclParser(text);
        var expression = parser.Expression();
        parser.SkipLines();
        parser.Expect(Kind.End);
        return expression;
    }

    private HclBody Body()
    {
        var attributes = new List<HclAttribute>();
        var blocks = new List<HclBlock>();
        for (SkipLines(); Now.Kind is not Kind.End && !Is("}"); SkipLines())
        {
            var name = Expect(Kind.Name);
            if (Take("="))
            {
                attributes.Add(attributes.Exists(a => a.Name == name.Text)
                    ? throw Wrong($"the attribute {name.Text} is set twice")
                    : new HclAttribute(name.Text, Expression(), name.Line));
                if (Now.Kind is not (Kind.Line or Kind.End) && !Is("}"))
                {
                    throw Wrong("a line ends behind an attribute");
                }

                continue;
            }

            var labels = new List<string>();
            while (Now.Kind is Kind.Name or Kind.Text)
            {
                labels.Add(Next().Text);
            }

            Expect("{");
            blocks.Add(new HclBlock(name.Text, labels, Body(), name.Line));
            Expect("}");
        }

        return new HclBody(attributes, blocks);
    }

    private HclExpression Expression()
    {
        var condition = Binary(0);
        if (!Take("?"))
        {
            return condition;
        }

        SkipLines();
        var then = Expression();
        SkipLines();
        Expect(":");
        SkipLines();
        return new Conditional(condition, then, Expression());
    }

    private static readonly string[][] Operators = [["||"], ["&&"], ["==", "!="], ["<", ">", "<=", ">="], ["+", "-"], ["*", "/", "%"]];

    private HclExpression Binary(int level)
    {
        if (level == Operators.Length)
        {
            return Unary();
        }

        var left = Binary(level + 1);
        while (Now.Kind == Kind.Sign && Operators[level].Contains(Now.Text))
        {
            var sign = Next().Text;
            SkipLines();
            left = new Operation(sign, left, Binary(level + 1));
        }

        return left;
    }

    private HclExpression Unary() =>
        Take("!") ? new Operation("!", Unary(), null) : Take("-") ? new Operation("-", Unary(), null) : Postfix(Primary());

    private HclExpression Postfix(HclExpression value)
    {
        while (true)
        {
            if (Take("."))
            {
                value = new Member(value, new Literal(Now.Kind == Kind.Number ? Next().Text : Expect(Kind.Name).Text));
            }
            else if (Take("["))
            {
                value = new Member(value, Nested(Expression));
                Expect("]");
            }
            else
            {
                return value;
            }
        }
    }

    private HclExpression Primary()
    {
        switch (Now.Kind)
        {
            case Kind.Number:
                return new Literal(decimal.Parse(Next().Text, NumberStyles.Float, CultureInfo.InvariantCulture));
            case Kind.Text:
                return Template(Next());
            case Kind.Name:
                var name = Next().Text;
                return name switch
                {
                    "true" => new Literal(true),
                    "false" => new Literal(false),
                    "null" => new Literal(null),
                    _ when Take("(") => new Call(name, Nested(() => List(")"))),
                    _ => new Name(name),
                };
        }

        if (Take("("))
        {
            var inner = Nested(Expression);
            Expect(")");
            return inner;
        }

        if (Take("["))
        {
            return Nested<HclExpression>(() => Now is { Kind: Kind.Name, Text: "for" } ? For() : new Sequence(List("]")));
        }

        return Take("{") ? Nested(Mapping) : throw Wrong($"'{Now.Text}' begins no expression");
    }

    private For For()
    {
        Next();
        var first = Expect(Kind.Name).Text;
        var second = Take(",") ? Expect(Kind.Name).Text : null;
        if (Expect(Kind.Name).Text != "in")
        {
            throw Wrong("'in' is missing");
        }

        var of = Expression();
        Expect(":");
        var value = Expression();
        HclExpression? condition = null;
        if (Now is { Kind: Kind.Name, Text: "if" })
        {
            Next();
            condition = Expression();
        }

        Expect("]");
        return new For(second is null ? null : first, second ?? first, of, value, condition);
    }

    private List<HclExpression> List(string end)
    {
        var items = new List<HclExpression>();
        while (!Take(end))
        {
            items.Add(Expression());
            if (!Take(",") && !Is(end))
            {
                throw Wrong($"',' or '{end}' is missing");
            }
        }

        return items;
    }

    private Mapping Mapping()
    {
        var items = new List<(HclExpression, HclExpression)>();
        while (!Take("}"))
        {
            var key = Expression() is Name name ? new Literal(name.Identifier) : throw Wrong("a key is a name");
            if (!Take("=") && !Take(":"))
            {
                throw Wrong("'=' is missing");
            }

            items.Add((key, Expression()));
            Take(",");
        }

        return new Mapping(items);
    }

    // "a ${b} c"
    private static HclExpression Template(Token token)
    {
        var parts = new List<HclExpression>();
        var text = new StringBuilder();
        for (var i = 0; i < token.Text.Length; i++)
        {
            if (token.Text[i] == '$' && i + 1 < token.Text.Length && token.Text[i + 1] == '{' && !(i > 0 && token.Text[i - 1] == '$'))
            {
                var end = token.Text.IndexOf('}', i);
                parts.Add(new Literal(text.ToString()));
                text.Clear();
                parts.Add(ParseExpression(token.Text[(i + 2)..end]));
                i = end;
            }
            else
            {
                text.Append(token.Text[i]);
            }
        }

        parts.Add(new Literal(text.ToString()));
        return parts.Count == 1 ? parts[0] : new Interpolation(parts);
    }

    private T Nested<T>(Func<T> read)
    {
        nesting++;
        try
        {
            return read();
        }
        finally
        {
            nesting--;
        }
    }

    // Line ends mean nothing between parentheses.
    private Token Now
    {
        get
        {
            while (nesting > 0 && tokens[at].Kind == Kind.Line)
            {
                at++;
            }

            return tokens[at];
        }
    }

    private Token Next()
    {
        var token = Now;
        at++;
        return token;
    }

    private void SkipLines()
    {
        while (tokens[at].Kind == Kind.Line)
        {
            at++;
        }
    }

    private bool Is(string sign) => Now.Kind == Kind.Sign && Now.Text == sign;

    private bool Take(string sign)
    {
        if (!Is(sign))
        {
            return false;
        }

        at++;
        return true;
    }

    private void Expect(string sign)
    {
        if (!Take(sign))
        {
            throw Wrong($"'{sign}' is missing before '{Now.Text}'");
        }
    }

    private Token Expect(Kind kind) => Now.Kind == kind ? Next() : throw Wrong($"'{Now.Text}' stands where a {kind} belongs");

    private FormatException Wrong(string what) => new($"line {Now.Line}: {what}");
}
