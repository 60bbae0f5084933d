using System.Security.Cryptography;
using System.Text;
using Unattended;

namespace Bench.Judging;

/// <summary>A public file that people use: where it is, what it is for, and whether it works.</summary>
/// <param name="Format">The format's name.</param>
/// <param name="Works">Whether people use it with success.</param>
/// <param name="System">The system's id and version, such as <c>rocky 9</c>; the version may be missing.</param>
/// <param name="Sha256">The SHA-256 of its bytes.</param>
/// <param name="Source"><c>repository@commit:path</c>.</param>
internal sealed record ListedFile(string Format, bool Works, string System, string Sha256, string Source);

/// <summary>
/// The lists below <c>bench/files</c>: which public files the judge is measured with. The files themselves are not in this
/// repository; they are found in a folder by their hashes.
/// </summary>
internal static class FileList
{
    /// <summary>Reads all lists of a folder, of tab-separated lines: verdict, system, SHA-256, source.</summary>
    internal static IReadOnlyList<ListedFile> Read(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.tsv").Order(StringComparer.Ordinal).SelectMany(path => File.ReadLines(path)
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split('\t'))
            .Select(f => new ListedFile(Path.GetFileNameWithoutExtension(path), f[0] == "works", f[1], f[2], f[3]))),
    ];

    /// <summary>The files of a folder and all below it, by their hashes.</summary>
    internal static IReadOnlyDictionary<string, string> ByHash(string folder)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (new FileInfo(path).Length <= UnattendedFile.MaximumLength)
            {
                files.TryAdd(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), path);
            }
        }

        return files;
    }

    /// <summary>What the judge says of a file: the reading, with what its list knows of the system.</summary>
    internal static UnattendedReading Judge(ListedFile file, string path)
    {
        if (!UnattendedFormats.TryParse(file.Format, out var format))
        {
            throw new InvalidOperationException($"{file.Format} is no format of unattended files");
        }

        var system = file.System.Split(' ', 2);
        return UnattendedFile.Read(format, File.ReadAllText(path, Encoding.UTF8), new UnattendedContext
        {
            FileName = Path.GetFileName(path),
            OsId = system[0],
            VersionId = system.Length > 1 ? system[1] : "",
        });
    }
}
