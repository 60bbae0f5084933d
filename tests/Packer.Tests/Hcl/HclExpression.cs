using System.Globalization;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Packer.Tests.Hcl;

/// <summary>An expression of HCL. Its values are JSON's; a function that is not here is an error.</summary>
internal abstract record HclExpression
{
    /// <summary>The value.</summary>
    /// <param name="scope">The values of names: <c>var</c>, and in dynamic blocks the block's own name.</param>
    public abstract JToken Value(JObject scope);

    protected static string Text(JToken value) => value.Type switch
    {
        JTokenType.Null => throw new FormatException("null where a text belongs"),
        JTokenType.Boolean => (bool)value ? "true" : "false",
        _ => ((JValue)value).ToString(CultureInfo.InvariantCulture),
    };
}

internal sealed record Literal(object? Constant) : HclExpression
{
    public override JToken Value(JObject scope) =>
        Constant is decimal number && number == decimal.Truncate(number) ? new JValue((long)number) : new JValue(Constant);
}

internal sealed record Name(string Identifier) : HclExpression
{
    public override JToken Value(JObject scope) => scope[Identifier] ?? throw new FormatException($"there is no {Identifier}");
}

internal sealed record Member(HclExpression Of, HclExpression Key) : HclExpression
{
    public override JToken Value(JObject scope)
    {
        var key = Key.Value(scope);
        return Of.Value(scope) switch
        {
            JObject map => map[Text(key)] ?? throw new FormatException($"there is no {Text(key)}"),
            JArray list => list[int.Parse(Text(key), CultureInfo.InvariantCulture)],
            _ => throw new FormatException($"nothing is inside of a plain value: {Text(key)}"),
        };
    }
}

internal sealed record Conditional(HclExpression If, HclExpression Then, HclExpression Else) : HclExpression
{
    public override JToken Value(JObject scope) => ((bool)If.Value(scope) ? Then : Else).Value(scope);
}

internal sealed record Sequence(IReadOnlyList<HclExpression> Items) : HclExpression
{
    public override JToken Value(JObject scope) => new JArray(Items.Select(i => i.Value(scope)));
}

internal sealed record Mapping(IReadOnlyList<(HclExpression Key, HclExpression Value)> Items) : HclExpression
{
    public override JToken Value(JObject scope) => new JObject(Items.Select(i => new JProperty(Text(i.Key.Value(scope)), i.Value.Value(scope))));
}

internal sealed record For(string? Index, string Item, HclExpression Of, HclExpression Each, HclExpression? If) : HclExpression
{
    public override JToken Value(JObject scope)
    {
        var values = new JArray();
        foreach (var (item, i) in ((JArray)Of.Value(scope)).Select((item, i) => (item, i)))
        {
            var inner = new JObject(scope) { [Item] = item };
            if (Index is not null)
            {
                inner[Index] = i;
            }

            if (If is null || (bool)If.Value(inner))
            {
                values.Add(Each.Value(inner));
            }
        }

        return values;
    }
}

internal sealed record Interpolation(IReadOnlyList<HclExpression> Parts) : HclExpression
{
    public override JToken Value(JObject scope) => string.Concat(Parts.Select(p => Text(p.Value(scope))));
}

internal sealed record Operation(string Sign, HclExpression Left, HclExpression? Right) : HclExpression
{
    public override JToken Value(JObject scope)
    {
        var left = Left.Value(scope);
        return Sign switch
        {
            "!" => !(bool)left,
            "-" when Right is null => -(decimal)left,
            "||" => (bool)left || (bool)Right!.Value(scope),
            "&&" => (bool)left && (bool)Right!.Value(scope),
            "==" => JToken.DeepEquals(left, Right!.Value(scope)),
            "!=" => !JToken.DeepEquals(left, Right!.Value(scope)),
            "<" => (decimal)left < (decimal)Right!.Value(scope),
            ">" => (decimal)left > (decimal)Right!.Value(scope),
            "<=" => (decimal)left <= (decimal)Right!.Value(scope),
            ">=" => (decimal)left >= (decimal)Right!.Value(scope),
            "+" => (decimal)left + (decimal)Right!.Value(scope),
            "-" => (decimal)left - (decimal)Right!.Value(scope),
            "*" => (decimal)left * (decimal)Right!.Value(scope),
            "/" => (decimal)left / (decimal)Right!.Value(scope),
            _ => (decimal)left % (decimal)Right!.Value(scope),
        };
    }
}

internal sealed record Call(string Function, IReadOnlyList<HclExpression> Arguments) : HclExpression
{
    public override JToken Value(JObject scope)
    {
        var given = Arguments.Select(a => a.Value(scope)).ToList();
        return Function switch
        {
            "regex" => Regex.Match(Text(given[1]), Text(given[0])) is { Success: true } match ? match.Value : throw new FormatException($"regex: {given[1]} does not match"),
            "length" => given[0] is JArray list ? list.Count : Text(given[0]).Length,
            "contains" => ((JArray)given[0]).Any(v => JToken.DeepEquals(v, given[1])),
            "concat" => new JArray(given.Cast<JArray>().SelectMany(a => a)),
            "join" => string.Join(Text(given[0]), ((JArray)given[1]).Select(Text)),
            "split" => new JArray(Text(given[1]).Split(Text(given[0]))),
            "tostring" => Text(given[0]),
            "tonumber" => decimal.Parse(Text(given[0]), CultureInfo.InvariantCulture),
            "coalesce" => given.First(g => g.Type != JTokenType.Null && !(g.Type == JTokenType.String && Text(g).Length == 0)),
            "try" => given[0],
            "lookup" => ((JObject)given[0])[Text(given[1])] ?? given[2],
            _ => throw new FormatException($"the function {Function} is not known to the tests"),
        };
    }
}
