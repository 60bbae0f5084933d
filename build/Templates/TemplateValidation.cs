using Foundation;
using Unattended;

namespace Templates;

/// <summary>
/// Everything that can be known about a template before a VM exists. Needs no server and no Packer; asks
/// <see cref="UnattendedFile"/> about the unattended files, as the sandbox's installer does.
/// </summary>
/// <param name="catalogue">The catalogue.</param>
public sealed class TemplateValidation(TemplateCatalogue catalogue)
{
    private readonly Lazy<TemplateSchema> schema = new(() => TemplateSchema.Load(catalogue.Root));

    /// <summary>Checks a template.</summary>
    /// <param name="id">The template's id.</param>
    /// <param name="generation">The generation of Packer that would build it, or null for whichever fits.</param>
    /// <returns>What was found, in the order of files and lines; errors and warnings.</returns>
    /// <exception cref="FailureException">There is no such template.</exception>
    public IReadOnlyList<TemplateFinding> Check(string id, PackerGeneration? generation = null)
    {
        TemplateDocument document;
        try
        {
            document = catalogue.Document(id);
        }
        catch (FailureException e) when (e.Kind == FailureKind.Validation)
        {
            return [new TemplateFinding(FindingSeverity.Error, "template-unreadable", $"templates/{id}/template.json", 0, e.Message)];
        }

        return Check(document, generation);
    }

    /// <summary>Checks a template with what the user gave beside it.</summary>
    public IReadOnlyList<TemplateFinding> Check(ChosenTemplate chosen, PackerGeneration? generation = null) => Check(chosen.Document, generation);

    private IReadOnlyList<TemplateFinding> Check(TemplateDocument document, PackerGeneration? generation)
    {
        var findings = schema.Value.Check(document).ToList();
        if (findings.Count == 0)
        {
            // A document that follows the schema can be bound; what the schema cannot say comes now.
            var subject = new Subject(catalogue, document, generation);
            findings.AddRange(SystemCheck.Check(subject));
            findings.AddRange(MachineCheck.Check(subject));
            findings.AddRange(NetworkCheck.Check(subject));
            findings.AddRange(AssetCheck.Check(subject));
            findings.AddRange(BootCheck.Check(subject));
            if (!findings.Exists(f => f.IsError && (f.Code.StartsWith("boot-", StringComparison.Ordinal) || f.Code.StartsWith("asset-", StringComparison.Ordinal)
                || f.Code.StartsWith("hardware-", StringComparison.Ordinal) || f.Code.StartsWith("unattended-", StringComparison.Ordinal))))
            {
                // What the checks above say is more to the point than where the simulated machine ends because of it.
                findings.AddRange(RehearsalCheck.Check(subject));
            }

            findings.AddRange(ScriptCheck.Check(subject));
        }

        return [.. findings.OrderByDescending(f => f.Severity).ThenBy(f => f.File, StringComparer.Ordinal).ThenBy(f => f.Line)];
    }

    /// <summary>Checks a template and refuses it when a build could not succeed.</summary>
    /// <returns>The warnings.</returns>
    /// <exception cref="FailureException">
    /// There are errors; the message has the first ones. Where the file alone has none, what the user gave beside it is
    /// wrong usage.
    /// </exception>
    public IReadOnlyList<TemplateFinding> Require(ChosenTemplate chosen, PackerGeneration? generation = null)
    {
        var findings = Check(chosen, generation);
        Require(chosen, findings, generation);
        return findings;
    }

    /// <summary>Refuses a template when a build could not succeed with what was found.</summary>
    /// <param name="chosen">The template.</param>
    /// <param name="findings">What <see cref="Check(ChosenTemplate, PackerGeneration?)"/> found.</param>
    /// <param name="generation">The generation of Packer that would build it.</param>
    /// <exception cref="FailureException">There are errors.</exception>
    public void Require(ChosenTemplate chosen, IReadOnlyList<TemplateFinding> findings, PackerGeneration? generation)
    {
        var errors = findings.Where(f => f.IsError).ToList();
        if (errors.Count == 0)
        {
            return;
        }

        var id = chosen.Document.Id;
        var first = errors[0];
        var place = first.Line == 0 ? first.File : $"{first.File}:{first.Line}";
        var why = $"{place}: {first.Message}{(errors.Count > 1 ? $" (and {errors.Count - 1} more)" : "")}";
        var remedy = first.Remedy.Length > 0 ? first.Remedy : null;
        throw chosen.IsChanged && !Check(id, generation).Any(f => f.IsError)
            ? new FailureException(FailureKind.Usage, $"The template {id} is not valid with {string.Join(", ", chosen.Changes)}", why, remedy)
            : new FailureException(FailureKind.Validation, $"The template {id} is not valid", why, remedy);
    }

    /// <summary>The same for a template as its file has it.</summary>
    public IReadOnlyList<TemplateFinding> Require(string id, PackerGeneration? generation = null) => Require(ChosenTemplate.Of(catalogue, id), generation);
}

/// <summary>What the checks look at.</summary>
internal sealed class Subject(TemplateCatalogue catalogue, TemplateDocument document, PackerGeneration? generation)
{
    internal TemplateCatalogue Catalogue { get; } = catalogue;

    internal Template Template { get; } = document.Template;

    internal PackerGeneration? Generation { get; } = generation;

    internal TemplateFiles Files { get; } = new(catalogue);

    internal TemplateFinding Error(string code, string path, string message, string remedy = "") =>
        new(FindingSeverity.Error, code, document.File, document.LineOf(path), message, remedy);

    internal TemplateFinding Warning(string code, string path, string message, string remedy = "") =>
        new(FindingSeverity.Warning, code, document.File, document.LineOf(path), message, remedy);
}
