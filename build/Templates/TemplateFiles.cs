using Foundation;

namespace Templates;

/// <summary>A file of a template, found.</summary>
/// <param name="Name">The name by which <c>template.json</c> has it.</param>
/// <param name="Path">The full path.</param>
/// <param name="File">The path from <c>infra/packer</c>, with forward slashes.</param>
public sealed record TemplateFile(string Name, string Path, string File);

/// <summary>
/// Finds a template's assets and scripts: beside its <c>template.json</c>, then in <c>os/&lt;family&gt;/</c>, then in
/// <c>os/common/</c>, so that a template can have its own version of any file.
/// </summary>
/// <param name="catalogue">The catalogue.</param>
public sealed class TemplateFiles(TemplateCatalogue catalogue)
{
    /// <summary>Finds a file.</summary>
    /// <exception cref="FailureException">There is none of this name, or the name leads out of the folders.</exception>
    public TemplateFile Find(Template template, string name) =>
        TryFind(template, name) ?? throw new FailureException(
            FailureKind.Validation, $"The template {template.Id} names the file {name}, which is not there", $"looked in {Where(template)}", "Add the file or correct the name");

    /// <summary>The provisioning scripts in the order in which they run.</summary>
    /// <exception cref="FailureException">One is not there.</exception>
    public IReadOnlyList<TemplateFile> Scripts(Template template) => [.. template.Provision.Select(step => Find(template, step.Script))];

    /// <summary>Finds a file, or null.</summary>
    internal TemplateFile? TryFind(Template template, string name)
    {
        // A name is a relative path of plain parts; anything else could lead out of the catalogue.
        if (name.Length == 0 || name.Contains('\\') || name.Contains(':') || name.Split('/').Any(part => part.Length == 0 || part[0] == '.'))
        {
            return null;
        }

        return Folders(template)
            .Select(folder => Path.Combine(folder, name))
            .Where(File.Exists)
            .Select(path => new TemplateFile(name, path, catalogue.Relative(path)))
            .FirstOrDefault();
    }

    /// <summary>The folders in which files are looked for, for a message.</summary>
    internal string Where(Template template) => string.Join(", ", Folders(template).Select(catalogue.Relative));

    private IEnumerable<string> Folders(Template template) =>
    [
        template.Folder,
        Path.Combine(catalogue.Root, "os", template.Family),
        Path.Combine(catalogue.Root, "os", "common"),
    ];
}
