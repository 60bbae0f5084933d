using System.Diagnostics;

namespace Installer.Tests;

/// <summary>Images made by xorriso in a folder of the test's own.</summary>
internal sealed class TestMedia : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("installer-tests-").FullName;
    private int images;

    /// <summary>Makes an image with a label and files.</summary>
    internal string Iso(string label, IReadOnlyDictionary<string, string> files, params string[] options)
    {
        var root = Path.Combine(folder, $"root{++images}");
        Directory.CreateDirectory(root);
        foreach (var (name, text) in files)
        {
            var path = Path.Combine(root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        var image = Path.Combine(folder, $"image{images}.iso");
        var start = new ProcessStartInfo("xorriso") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-as", "mkisofs", "-quiet", .. options, "-V", label, "-o", image, root])
        {
            start.ArgumentList.Add(argument);
        }

        using var xorriso = Process.Start(start)!;
        _ = xorriso.StandardOutput.ReadToEndAsync();
        var errors = xorriso.StandardError.ReadToEnd();
        xorriso.WaitForExit();
        Assert.That(xorriso.ExitCode, Is.Zero, errors);
        return image;
    }

    internal string Raw(string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
