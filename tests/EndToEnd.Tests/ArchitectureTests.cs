using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EndToEnd.Tests;

/// <summary>The shape of the code: dependencies point downwards, the domain does not know Cake, tasks are thin.</summary>
internal sealed class ArchitectureTests
{
    /// <summary>The rooms, lowest first; a room may reference only rooms before it.</summary>
    private static readonly string[] Layers =
        ["Foundation", "Unattended", "Qemu", "Guest", "Installer", "Sandbox", "Templates", "Proxmox", "Packer", "Records", "Cake.Frosting", "Build"];

    private static readonly string[] Domain =
        ["Foundation", "Unattended", "Qemu", "Guest", "Installer", "Sandbox", "Templates", "Proxmox", "Packer", "Records"];

    private static string BuildFolder => Path.Combine(Repository.Root, "build");

    private static IEnumerable<string> References(string room, string item) =>
        XDocument.Load(Path.Combine(BuildFolder, room, room + ".csproj")).Descendants(item)
            .Select(e => (string?)e.Attribute("Include") ?? "");

    [Test]
    public void Every_room_has_its_layer()
    {
        var rooms = Directory.EnumerateDirectories(BuildFolder).Select(d => Path.GetFileName(d)!);
        Assert.That(rooms, Is.SubsetOf(Layers));
    }

    [TestCaseSource(nameof(Layers))]
    public void A_room_references_only_lower_rooms(string room)
    {
        var below = Layers.TakeWhile(l => l != room);
        var references = References(room, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')));
        Assert.That(references, Is.SubsetOf(below));
    }

    [TestCaseSource(nameof(Domain))]
    public void The_domain_does_not_know_Cake(string room)
    {
        Assert.That(References(room, "PackageReference").Concat(References(room, "Reference")).Where(r => r.StartsWith("Cake", StringComparison.Ordinal)), Is.Empty);
        var sources = Directory.EnumerateFiles(Path.Combine(BuildFolder, room), "*.cs", SearchOption.AllDirectories);
        Assert.That(sources.Where(f => Regex.IsMatch(File.ReadAllText(f), @"^using Cake\b", RegexOptions.Multiline)), Is.Empty);
    }

    [Test]
    public void The_sandbox_stands_alone()
    {
        // A node that shares code with its clients would share their misunderstandings of the API.
        Assert.That(References("Sandbox", "ProjectReference").Concat(References("Installer", "ProjectReference")), Has.None.Contains("Proxmox").And.None.Contains("Packer.csproj"));
    }

    [TestCase("build.sh")]
    [TestCase("build.ps1")]
    public void The_program_is_compiled_again_when_a_file_changes_that_lies_elsewhere_and_is_compiled_in(string script)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, script));
        var elsewhere = Layers.SelectMany(room => References(room, "EmbeddedResource").Concat(References(room, "Compile")))
            .Where(include => include.StartsWith("../../", StringComparison.Ordinal)).Select(include => include["../../".Length..]).ToList();
        Assert.That(elsewhere, Is.Not.Empty.And.All.Matches<string>(file => file is not null && text.Contains(file, StringComparison.Ordinal)));
    }

    [Test]
    public void Tasks_are_thin()
    {
        var tasks = Directory.EnumerateFiles(Path.Combine(BuildFolder, "Build", "Tasks"), "*.cs", SearchOption.AllDirectories).ToList();
        Assert.That(tasks, Is.Not.Empty);
        Assert.Multiple(() =>
        {
            foreach (var task in tasks)
            {
                var text = File.ReadAllText(task);
                Assert.That(text.Split('\n'), Has.Length.LessThan(110), $"{task} is longer than a task should be");
                Assert.That(text, Does.Not.Match(@"Newtonsoft|System\.Text\.Json|JObject|ProcessStartInfo|Regex|PKR_VAR|/api2/|\.pkr\.hcl|XDocument|Scriban"), $"{task} knows Packer, the API or a file format");
                var name = Path.GetFileNameWithoutExtension(task);
                Assert.That(text, Does.Contain($"class {name}").And.Contain($"[TaskName(").And.Contain("[TaskDescription("), $"{task} is the target that its name says");
            }
        });
    }
}
