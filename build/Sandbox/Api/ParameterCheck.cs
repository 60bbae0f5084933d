namespace Sandbox.Api;

/// <summary>Checks the parameters of a call against their declarations, all of them before anything is refused.</summary>
internal static class ParameterCheck
{
    /// <summary>The errors by parameter name; empty when the call is in order.</summary>
    public static Dictionary<string, string> Errors(IReadOnlyList<Parameter> declared, IReadOnlyDictionary<string, string> given, PveVersionInfo version)
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            if (Find(declared, name) is not { } parameter || (parameter.Since9 && version.Before9))
            {
                errors[name] = "property is not defined in schema and the schema does not allow additional properties";
            }
            else
            {
                if (ValueCheck.Problem(parameter, value, name, version) is { } problem)
                {
                    errors[name] = problem;
                }

                if (parameter.Requires is { } other && !given.ContainsKey(other))
                {
                    errors[other] = Required(name, version);
                }
            }
        }

        foreach (var parameter in declared.Where(p => !p.Optional && !given.ContainsKey(p.Name)))
        {
            errors[parameter.Name] = "property is missing and it is not optional";
        }

        return errors;
    }

    /// <summary>What is said of a key that another one wants beside it.</summary>
    public static string Required(string by, PveVersionInfo? version) =>
        version?.Before9 == true ? $"missing property - '{by}' requires this property" : $"missing property required by '{by}'";

    /// <summary>The declaration of a parameter, numbered ones included.</summary>
    public static Parameter? Find(IReadOnlyList<Parameter> declared, string name)
    {
        foreach (var parameter in declared)
        {
            if (parameter.Count == 0 ? parameter.Name == name : IsNumbered(parameter, name))
            {
                return parameter;
            }
        }

        return null;
    }

    private static bool IsNumbered(Parameter parameter, string name)
    {
        if (!name.StartsWith(parameter.Name, StringComparison.Ordinal))
        {
            return false;
        }

        var digits = name.AsSpan(parameter.Name.Length);
        return digits.Length is > 0 and < 4 && (digits.Length == 1 || digits[0] != '0') && !digits.ContainsAnyExceptInRange('0', '9')
            && int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) < parameter.Count;
    }
}
