using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>Builds of the catalogue's Ubuntu template on real machines, on the test medium.</summary>
internal static class RealBuild
{
    /// <summary>The arguments of such a build.</summary>
    public static string[] Arguments(string medium) => ["--target=BuildTemplate", "--template=ubuntu-24.04", "--sandbox-machines=qemu", $"--iso={medium}"];

    /// <summary>Makes the test's copy of the template one for the test medium. Its user-data, boot command and scripts stay the catalogue's.</summary>
    /// <param name="bench">The test's place.</param>
    /// <param name="medium">The medium's file.</param>
    /// <param name="more">Changes more.</param>
    /// <returns>The copy of <c>infra/packer</c>.</returns>
    public static string Change(Workbench bench, string medium, Action<JObject>? more = null)
    {
        var packer = bench.CopyTemplates();
        var file = Path.Combine(packer, "templates", "ubuntu-24.04", "template.json");
        var template = JObject.Parse(File.ReadAllText(file));
        template["title"] = "Ubuntu Server's autoinstall on the test medium (Debian's userland)";
        template["os_version"] = "13";
        template["iso"] = new JObject
        {
            ["file"] = Path.GetFileName(medium), ["urls"] = new JArray($"https://example.invalid/{Path.GetFileName(medium)}"), ["sha256"] = TestMedium.Sha256(medium),
        };
        template["hardware"]!["memory_mb"] = 1024;

        // Emulated processors share a thread: a second one only costs.
        template["hardware"]!["cores"] = 1;

        // The menu is there sooner than Ubuntu's, and waits a minute; GRUB asks for keys without pause until they come.
        template["boot"]!["wait"] = "4s";
        more?.Invoke(template);
        File.WriteAllText(file, template.ToString());
        return packer;
    }

    /// <summary>No machine runs, and no disks are there but those whose names begin so.</summary>
    public static void AssertNothingIsLeft(Workbench bench, string? disks = null)
    {
        var state = Path.Combine(bench.Runtime, "sandbox-qemu");
        Assert.That(Directory.EnumerateFiles(Path.Combine(state, "running")), Is.Empty, "A machine was left running.");
        var left = Directory.EnumerateFiles(Path.Combine(state, "storage", "local-lvm")).Select(Path.GetFileName).ToList();
        Assert.That(left, disks is null ? Is.Empty : Has.All.StartWith(disks), "Disks are left.");
    }

    /// <summary>Keeps the pictures of the screen: what the guest showed is all that tells why it did not come up.</summary>
    /// <returns>The folder that they are in.</returns>
    public static string Keep(Workbench bench)
    {
        var kept = Path.Combine(Repository.Root, ".artifacts", "test-results", "screens");
        Directory.CreateDirectory(kept);
        foreach (var screen in Screens(bench))
        {
            File.Copy(screen, Path.Combine(kept, Path.GetFileName(screen)), overwrite: true);
        }

        return kept;
    }

    /// <summary>The pictures of the screen.</summary>
    public static IReadOnlyList<string> Screens(Workbench bench) => !Directory.Exists(bench.Runtime) ? [] : [.. Directory.EnumerateFiles(bench.Runtime, "screen-*.png", SearchOption.AllDirectories)];
}
