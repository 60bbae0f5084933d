using Foundation;
using Templates;

namespace Build.Stages;

/// <summary>Which ISO each file of <c>--iso</c> is.</summary>
internal static class LocalIsos
{
    /// <summary>
    /// Assigns the files by their names. A single file whose name is nobody's is the installation medium when there is
    /// one template; the checksum decides in any case whether it is the right one.
    /// </summary>
    /// <returns>The name of the ISO on the storage and the local file.</returns>
    /// <exception cref="FailureException">Usage: a file is missing, or it is no ISO of these templates.</exception>
    public static IReadOnlyDictionary<string, string> Of(IReadOnlyList<string> files, IReadOnlyList<Template> templates)
    {
        var wanted = templates.SelectMany(t => (IEnumerable<IsoImage>)[t.Iso, .. t.AdditionalIsos]).Select(i => i.File).Distinct().ToList();
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (!File.Exists(file))
            {
                throw new FailureException(FailureKind.Usage, $"--iso={file} does not exist");
            }

            var name = Path.GetFileName(file);
            found[wanted.Contains(name) ? name
                : files.Count == 1 && templates.Select(t => t.Iso.File).Distinct().Count() == 1 ? templates[0].Iso.File
                : throw new FailureException(
                    FailureKind.Usage, $"--iso={file} is none of the ISOs of {string.Join(", ", templates.Select(t => t.Id))}",
                    "they are " + string.Join(", ", wanted), "Give the file the name of the ISO that it is")] = file;
        }

        return found;
    }
}
