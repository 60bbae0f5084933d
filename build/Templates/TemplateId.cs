using System.Text.RegularExpressions;

namespace Templates;

/// <summary>The form of a template's id. It becomes a folder's name, a DNS name and part of a record's path.</summary>
public static partial class TemplateId
{
    /// <summary>Whether a text has the form: lowercase letters, digits, dots and hyphens, a letter or digit at both ends.</summary>
    public static bool IsValid(string? id) => id is { Length: <= 63 } && Form().IsMatch(id) && !id.Contains("..", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9.-]*[a-z0-9])?\z")]
    private static partial Regex Form();
}
