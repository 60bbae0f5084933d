namespace Sandbox.Api;

/// <summary>Finds the endpoint that a path means. A literal segment wins over a parameter.</summary>
internal sealed class Router(IEnumerable<Endpoint> endpoints)
{
    private readonly Endpoint[] endpoints = [.. endpoints];

    /// <summary>Every endpoint there is.</summary>
    public IReadOnlyList<Endpoint> Endpoints => endpoints;

    /// <summary>The endpoint and the parameters in its path, or null.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The decoded path below the API's base, without the leading slash.</param>
    public (Endpoint Endpoint, Dictionary<string, string> Parameters)? Find(string method, string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        (Endpoint Endpoint, Dictionary<string, string> Parameters)? best = null;
        foreach (var endpoint in endpoints)
        {
            if (endpoint.Method == method && Match(endpoint, segments) is { } parameters
                && (best is null || parameters.Count < best.Value.Parameters.Count))
            {
                best = (endpoint, parameters);
            }
        }

        return best;
    }

    private static Dictionary<string, string>? Match(Endpoint endpoint, string[] segments)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        var template = endpoint.Segments;
        for (var i = 0; i < template.Length; i++)
        {
            if (i >= segments.Length)
            {
                return null;
            }

            if (template[i][0] != '{')
            {
                if (template[i] != segments[i])
                {
                    return null;
                }

                continue;
            }

            var name = template[i][1..^1];
            if (name == "volume")
            {
                // A volume's id has a slash in it (local:iso/debian.iso), which clients send as it is.
                parameters[name] = string.Join('/', segments[i..]);
                return parameters;
            }

            if (segments[i].Any(char.IsWhiteSpace))
            {
                return null;
            }

            parameters[name] = segments[i];
        }

        return segments.Length == template.Length ? parameters : null;
    }
}
