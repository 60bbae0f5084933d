using System.Text.Json;
using Foundation;

namespace Templates;

/// <summary>
/// The templates under <c>infra/packer/templates</c>. Listing and choosing read as little as possible; the rest is read
/// when it is asked for.
/// </summary>
/// <param name="root">The folder <c>infra/packer</c>.</param>
public sealed class TemplateCatalogue(string root)
{
    /// <summary>The name that stands for every template.</summary>
    public const string All = "all";

    /// <summary>The folder <c>infra/packer</c>, as a full path.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    private string TemplatesFolder => Path.Combine(Root, "templates");

    /// <summary>The ids of all templates, in the order of the alphabet: the folders that have a <c>template.json</c>.</summary>
    /// <exception cref="FailureException">There is no such folder.</exception>
    public IReadOnlyList<string> Ids()
    {
        if (!Directory.Exists(TemplatesFolder))
        {
            throw new FailureException(
                FailureKind.Validation, "There is no catalogue of templates", $"the folder {TemplatesFolder} does not exist", "Run from a complete checkout");
        }

        return [.. Directory.EnumerateDirectories(TemplatesFolder)
            .Select(folder => Path.GetFileName(folder))
            .Where(id => TemplateId.IsValid(id) && File.Exists(DocumentPath(id)))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>All templates with their titles, as a list shows them. Never fails over a single broken template.</summary>
    public IReadOnlyList<TemplateSummary> Summaries() => [.. Ids().Select(Summary)];

    /// <summary>The ids that a user's arguments name.</summary>
    /// <param name="arguments">Ids, lists of ids with commas, or <c>all</c>.</param>
    /// <returns>The ids in the order in which they were named, each once; all of them in order for <c>all</c>.</returns>
    /// <exception cref="FailureException">Nothing is named, or something that is not in the catalogue.</exception>
    public IReadOnlyList<string> Select(IEnumerable<string> arguments)
    {
        var known = Ids();
        var names = arguments.SelectMany(a => a.Split(',')).Select(n => n.Trim()).ToList();
        if (names.Count == 0)
        {
            throw new FailureException(
                FailureKind.Usage, "No template is named", null, $"Give --template=<id>, a list with commas, or {All}. The templates are {List(known)}");
        }

        var chosen = new List<string>();
        foreach (var name in names)
        {
            IEnumerable<string> meant = name == All ? known : known.Contains(name) ? [name] : throw Unknown(name, known);
            chosen.AddRange(meant.Where(id => !chosen.Contains(id)));
        }

        return chosen;
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="FailureException">There is none of this id, or its <c>template.json</c> cannot be read.</exception>
    public Template Load(string id) => Document(id).Template;

    /// <summary>Reads a template with the positions in its file.</summary>
    internal TemplateDocument Document(string id)
    {
        var known = Ids();
        return known.Contains(id) ? TemplateDocument.Read(id, DocumentPath(id), Relative(DocumentPath(id))) : throw Unknown(id, known);
    }

    /// <summary>A file's path from the catalogue's root, with forward slashes: how messages and records name it.</summary>
    internal string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string List(IReadOnlyList<string> known) => known.Count == 0 ? "none" : string.Join(", ", known);

    private static FailureException Unknown(string name, IReadOnlyList<string> known)
    {
        var shown = name.Length > 60 ? name[..60] + "…" : name;
        var near = NearMiss.Find(name, known);
        var meant = near.Count == 0 ? "" : $"Did you mean {string.Join(" or ", near)}? ";
        return name.Length == 0
            ? new FailureException(FailureKind.Usage, "A template's name is empty", null, $"The templates are {List(known)}")
            : new FailureException(FailureKind.Usage, $"There is no template '{shown}'", null, $"{meant}The templates are {List(known)}");
    }

    private string DocumentPath(string id) => Path.Combine(TemplatesFolder, id, "template.json");

    /// <summary>The age of a template's medium; not known when <c>template.json</c> does not say it or cannot be read.</summary>
    public MediumAge MediumAge(string id)
    {
        var age = new MediumAge(null, Templates.MediumAge.DefaultMaximum);
        Scan(id, (path, reader) => age = (path, reader.TokenType) switch
        {
            ("iso.released", JsonTokenType.String) => age with { Released = Templates.MediumAge.Date(reader.GetString()) },
            ("max_age_days", JsonTokenType.Number) when reader.TryGetInt32(out var days) => age with { MaximumDays = days },
            _ => age,
        });
        return age;
    }

    private TemplateSummary Summary(string id)
    {
        var summary = new TemplateSummary(id, "", "");
        Scan(id, (path, reader) => summary = (path, reader.TokenType) switch
        {
            ("title", JsonTokenType.String) => summary with { Title = reader.GetString()! },
            ("family", JsonTokenType.String) => summary with { Family = reader.GetString()! },
            _ => summary,
        });
        return summary;
    }

    private delegate void Visit(string path, Utf8JsonReader reader);

    // System.Text.Json here, for its reader needs no reflection and is compiled ahead of time: a list is shown at once.
    private void Scan(string id, Visit visit)
    {
        try
        {
            var reader = new Utf8JsonReader(
                File.ReadAllBytes(DocumentPath(id)), new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            string[] names = ["", ""];
            while (reader.Read())
            {
                if (reader.CurrentDepth is not (1 or 2))
                {
                    continue;
                }

                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    names[reader.CurrentDepth - 1] = reader.GetString()!;
                }
                else
                {
                    visit(reader.CurrentDepth == 1 ? names[0] : $"{names[0]}.{names[1]}", reader);
                }
            }
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // Validate says what is wrong with it.
        }
    }
}
