namespace Templates;

/// <summary>What a list of the catalogue shows of a template.</summary>
/// <param name="Id">The id.</param>
/// <param name="Title">The name for people, or empty when <c>template.json</c> cannot be read.</param>
/// <param name="Family">The family, or empty when it cannot be read.</param>
public sealed record TemplateSummary(string Id, string Title, string Family);
