using System.Diagnostics;
using System.Runtime.CompilerServices;
using Newtonsoft.Json.Linq;

namespace Templates.Tests;

/// <summary>A copy of the shipped catalogue in a folder of its own, to be changed at will.</summary>
internal sealed class CatalogueCopy : IDisposable
{
    internal CatalogueCopy()
    {
        Root = Path.Combine(Path.GetTempPath(), "templates-tests-" + Guid.NewGuid().ToString("N"));
        foreach (var file in Directory.EnumerateFiles(Shipped, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(Root, Path.GetRelativePath(Shipped, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        Catalogue = new TemplateCatalogue(Root);
    }

    internal static string Shipped { get; } = Path.Combine(RepositoryRoot(), "infra", "packer");

    internal string Root { get; }

    internal TemplateCatalogue Catalogue { get; }

    internal string Document(string id) => Path.Combine(Root, "templates", id, "template.json");

    internal void Change(string id, Action<JObject> change)
    {
        var json = JObject.Parse(File.ReadAllText(Document(id)));
        change(json);
        File.WriteAllText(Document(id), json.ToString());
    }

    internal void Replace(string file, string text, string with)
    {
        var path = Path.Combine(Root, file);
        var old = File.ReadAllText(path);
        Assert.That(old, Does.Contain(text), "the test changes something that is not there");
        File.WriteAllText(path, old.Replace(text, with, StringComparison.Ordinal));
    }

    internal void CopyTemplate(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Document(to))!);
        File.Copy(Document(from), Document(to));
        Change(to, t =>
        {
            t["vmid"]!["first"] = 5000;
            t["vmid"]!["last"] = 5009;
        });
    }

    internal IReadOnlyList<TemplateFinding> Check(string id, PackerGeneration? generation = null) => new TemplateValidation(Catalogue).Check(id, generation);

    internal TemplateFinding Error(string id, string code, PackerGeneration? generation = null)
    {
        var findings = Check(id, generation);
        var found = findings.FirstOrDefault(f => f.IsError && f.Code == code);
        Assert.That(found, Is.Not.Null, $"expected {code}, found:\n{string.Join('\n', findings)}");
        return found!;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    internal static (int Code, string Output) Run(string program, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static string RepositoryRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
