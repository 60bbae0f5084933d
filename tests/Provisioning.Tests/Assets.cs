using System.Runtime.CompilerServices;
using Newtonsoft.Json.Linq;

namespace Provisioning.Tests;

/// <summary>The shipped assets.</summary>
internal static class Assets
{
    internal static string Root { get; } = Path.Combine(RepositoryRoot(), "infra", "packer");

    internal static IEnumerable<string> PowerShellScripts =>
        Directory.EnumerateFiles(Root, "*.ps1", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/')).Order(StringComparer.Ordinal);

    internal static IEnumerable<string> LinuxTemplates =>
        Directory.EnumerateFiles(Path.Combine(Root, "templates"), "template.json", SearchOption.AllDirectories)
            .Where(f => (string?)JObject.Parse(File.ReadAllText(f))["communicator"] == "ssh")
            .Select(f => Path.GetFileName(Path.GetDirectoryName(f)!)).Order(StringComparer.Ordinal);

    /// <summary>The steps of a template: the script's file, and whether the machine restarts.</summary>
    internal static IReadOnlyList<(string File, bool Reboot)> Steps(string template)
    {
        var json = JObject.Parse(File.ReadAllText(Path.Combine(Root, "templates", template, "template.json")));
        string[] folders = [Path.Combine(Root, "templates", template), Path.Combine(Root, "os", (string)json["family"]!), Path.Combine(Root, "os", "common")];
        return [.. json["provision"]!.Select(step => step is JObject o ? ((string)o["script"]!, (bool)o["reboot"]!) : ((string)step!, false))
            .Select(step => (folders.Select(f => Path.Combine(f, step.Item1)).First(File.Exists), step.Item2))];
    }

    internal static string Family(string template) =>
        (string)JObject.Parse(File.ReadAllText(Path.Combine(Root, "templates", template, "template.json")))["family"]!;

    private static string RepositoryRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
