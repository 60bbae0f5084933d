using System.Collections;
using System.Globalization;
using System.Text;

namespace Proxmox.Transport;

/// <summary>One call of the API.</summary>
/// <param name="Method">GET, POST, PUT or DELETE.</param>
/// <param name="Path">The path below <c>/api2/json</c>, its segments escaped: see <see cref="ApiPath"/>.</param>
internal sealed record ApiCall(HttpMethod Method, string Path)
{
    /// <summary>The parameters: in the query for GET and DELETE, otherwise form-encoded.</summary>
    public ApiParameters Parameters { get; init; } = [];

    /// <summary>
    /// Whether doing it twice comes to the same as doing it once. True for GET; for others only where the server's
    /// method sets a state rather than starts something.
    /// </summary>
    public bool Repeatable { get; init; } = Method == HttpMethod.Get;

    /// <summary>How long the answer may take, when it is not the client's usual limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Makes the body where it is not a form (an upload). Called again for each attempt.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>Whether it needs no login: only logging in itself.</summary>
    public bool Anonymous { get; init; }

    /// <summary>The call as errors name it: without its parameters, which may be secrets.</summary>
    public string Name => Uri.UnescapeDataString(Path);
}

/// <summary>Parameters of a call; those without a value are left out, and booleans become 0 and 1.</summary>
internal sealed class ApiParameters : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> list = [];

    public void Add(string name, object? value)
    {
        var text = value switch
        {
            null => null,
            bool flag => flag ? "1" : "0",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString(),
        };
        if (text is not null)
        {
            list.Add(new(name, text));
        }
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => list.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The parameters in a query, with the question mark, or nothing.</summary>
    public string Query() => list.Count == 0
        ? ""
        : "?" + string.Join('&', list.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
}

/// <summary>Puts paths together from names that come from elsewhere.</summary>
internal static class ApiPath
{
    /// <summary>Joins segments with slashes. A slash within a segment (a volume id) stays one.</summary>
    /// <exception cref="ArgumentException">A segment is empty or would climb in the path.</exception>
    public static string Of(params ReadOnlySpan<string> segments)
    {
        var path = new StringBuilder();
        foreach (var segment in segments)
        {
            foreach (var piece in segment.Split('/'))
            {
                if (piece.Length == 0 || piece is "." or ".." || piece.Any(char.IsControl))
                {
                    throw new ArgumentException($"'{segment}' cannot be part of an API path.", nameof(segments));
                }

                path.Append('/').Append(Uri.EscapeDataString(piece));
            }
        }

        return path.ToString();
    }
}
