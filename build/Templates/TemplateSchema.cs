using Foundation;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;
using Unattended;

namespace Templates;

/// <summary>Checks a <c>template.json</c> against <c>templates/template.schema.json</c>, the same file that editors use.</summary>
internal sealed class TemplateSchema
{
    private readonly JsonSchema schema;

    private TemplateSchema(JsonSchema schema) => this.schema = schema;

    /// <summary>Reads the schema of a catalogue.</summary>
    internal static TemplateSchema Load(string root)
    {
        var text = File.ReadAllText(Path.Combine(root, "templates", "template.schema.json"));
        return new TemplateSchema(JsonSchema.FromJsonAsync(text).GetAwaiter().GetResult());
    }

    /// <summary>Everything in which a document departs from the schema.</summary>
    internal IEnumerable<TemplateFinding> Check(TemplateDocument document) =>
        Leaves(schema.Validate(document.Json)).Select(e => new TemplateFinding(
            FindingSeverity.Error,
            e.Kind == ValidationErrorKind.NoAdditionalPropertiesAllowed ? "schema-unknown-field" : "schema-violation",
            document.File,
            e.HasLineInfo ? e.LineNumber : document.LineOf(PathOf(e)),
            $"{PathOf(e)}: {Expected(e, document)}",
            Description(e)));

    private static IEnumerable<ValidationError> Leaves(IEnumerable<ValidationError> errors) =>
        errors.SelectMany(e => e is not ChildSchemaValidationError child ? [e]
            : child.Kind != ValidationErrorKind.NotAnyOf ? Leaves(child.Errors.Values.SelectMany(v => v))
            : Meant(child) is { } meant ? Leaves(meant)
            : [e]);

    // Of several forms of a value the one that it has the type of; null when it has none.
    private static IEnumerable<ValidationError>? Meant(ChildSchemaValidationError error) =>
        error.Errors.Values.FirstOrDefault(e => !e.Any(x => x.Kind is ValidationErrorKind.StringExpected or ValidationErrorKind.ObjectExpected && x.Path == error.Path));

    // NJsonSchema writes "#/boot.command[0]".
    private static string PathOf(ValidationError error) =>
        error.Path is null or "#" ? "the document" : error.Path.StartsWith("#/", StringComparison.Ordinal) ? error.Path[2..] : error.Path;

    private static string Expected(ValidationError error, TemplateDocument document)
    {
        var s = error.Schema;
        var found = PathOf(error) is var path && path != "the document" && document.Find(path) is { } token
            ? $"found {Short(token)}"
            : "it is missing";
        return error.Kind switch
        {
            ValidationErrorKind.PropertyRequired => $"the field {error.Property} is missing",
            ValidationErrorKind.NoAdditionalPropertiesAllowed => Unknown(error),
            ValidationErrorKind.PatternMismatch => $"must match {s.Pattern}, {found}",
            ValidationErrorKind.NotInEnumeration => $"must be one of {string.Join(", ", s.Enumeration)}, {found}",
            ValidationErrorKind.NumberTooSmall or ValidationErrorKind.IntegerTooBig or ValidationErrorKind.NumberTooBig =>
                $"must be between {s.Minimum} and {s.Maximum}, {found}",
            ValidationErrorKind.StringTooLong => $"must have at most {s.MaxLength} characters, {found}",
            ValidationErrorKind.StringTooShort => $"must have at least {s.MinLength} characters, {found}",
            ValidationErrorKind.TooFewItems => $"must have at least {s.MinItems} items",
            ValidationErrorKind.TooManyItems => $"must have at most {s.MaxItems} items",
            ValidationErrorKind.ItemsNotUnique => "must not have the same item twice",
            ValidationErrorKind.IntegerExpected => $"must be an integer, {found}",
            ValidationErrorKind.StringExpected => $"must be a string, {found}",
            ValidationErrorKind.BooleanExpected => $"must be true or false, {found}",
            ValidationErrorKind.ArrayExpected => $"must be a list, {found}",
            ValidationErrorKind.ObjectExpected => $"must be an object, {found}",
            ValidationErrorKind.NotAnyOf => $"must be {Types(s.AnyOf.Aggregate(JsonObjectType.None, (all, one) => all | one.Type))}, {found}",
            ValidationErrorKind.NoTypeValidates => $"must be {Types(s.Type)}, {found}",
            _ => $"{error.Kind}, {found}",
        };
    }

    private static string Types(JsonObjectType types)
    {
        (JsonObjectType Type, string Name)[] names =
            [(JsonObjectType.String, "a string"), (JsonObjectType.Number, "a number"), (JsonObjectType.Boolean, "true or false"), (JsonObjectType.Object, "an object")];
        var allowed = names.Where(n => types.HasFlag(n.Type)).Select(n => n.Name).ToList();
        return allowed.Count < 2 ? string.Concat(allowed) : $"{string.Join(", ", allowed[..^1])} or {allowed[^1]}";
    }

    private static string Unknown(ValidationError error)
    {
        var near = NearMiss.Find(error.Property ?? "", error.Schema.ActualProperties.Keys);
        return near.Count == 0
            ? $"there is no field {error.Property}; the fields are {string.Join(", ", error.Schema.ActualProperties.Keys)}"
            : $"there is no field {error.Property}, perhaps {near[0]} is meant";
    }

    private static string Description(ValidationError error)
    {
        var about = error.Kind == ValidationErrorKind.PropertyRequired && error.Property is { } name
            ? error.Schema.ActualProperties.GetValueOrDefault(name)?.Description
            : error.Kind == ValidationErrorKind.NoAdditionalPropertiesAllowed ? null : error.Schema.Description;
        return about?.TrimEnd('.') ?? "";
    }

    private static string Short(JToken token)
    {
        var text = token.ToString(Newtonsoft.Json.Formatting.None);
        return text.Length > 60 ? text[..60] + "…" : text;
    }
}
