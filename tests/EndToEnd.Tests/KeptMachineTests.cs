using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>A real machine, isolated, whose installation never begins: its screen is pictured, and it is kept.</summary>
[Category("RealMachine")]
internal sealed class KeptMachineTests
{
    [Test]
    public void A_medium_that_does_not_boot_is_shown_in_a_picture_and_the_machine_is_kept_with_its_disk()
    {
        if (new[] { "qemu-system-x86_64", "qemu-img", "xorriso", "swtpm" }.Any(p => !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(f => File.Exists(Path.Combine(f, p)))))
        {
            Assert.Ignore("QEMU and swtpm are not installed here and could not be.");
        }

        using var bench = new Workbench();
        var medium = Path.Combine(bench.Folder, "ubuntu-24.04.9-live-server-amd64.iso");
        File.WriteAllBytes(medium, new byte[1 << 20]);
        Change(bench, medium);
        var result = bench.Run(
            "--target=BuildTemplate", "--template=ubuntu-24.04", "--sandbox-machines=qemu", $"--iso={medium}", "--sandbox-network=isolated", "--on-error=abort", "--output=json", "--var=login_timeout=20s", "--var=boot_wait=1s");
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        var template = JObject.Parse(result.Output.Trim().Split('\n')[^1])["templates"]![0]!;
        var pictures = Directory.GetFiles(Path.GetDirectoryName((string)template["log"]!)!, "screen-*.png");
        Assert.Multiple(() =>
        {
            var ports = Regex.Match(result.Error, @"reach nothing but Packer's files: the ports (\d+) to (\d+)").Groups;
            var served = Regex.Match(File.ReadAllText((string)template["log"]!), @"Starting HTTP server on port (\d+)").Groups[1].Value;
            Assert.That(int.Parse(served), Is.InRange(int.Parse(ports[1].Value), int.Parse(ports[2].Value)), "Packer serves where the guest may go");
            Assert.That(pictures, Has.Length.EqualTo(1), "the last one");
            Assert.That((string?)template["error"], Does.Contain("The screen as it was last: " + pictures.FirstOrDefault()));
            Assert.That(File.ReadAllBytes(pictures[0])[1..4], Is.EqualTo("PNG"u8.ToArray()));
            Assert.That((string?)template["kept"]!["first"], Does.Contain("--target=Sandbox --sandbox-machines=qemu"));
            Assert.That(File.Exists((string)template["kept"]!["login"]!));
            Assert.That(Directory.EnumerateFiles(Path.Combine(bench.Runtime, "sandbox-qemu", "storage"), "vm-*-disk-*", SearchOption.AllDirectories), Is.Not.Empty);
            Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(bench.Runtime, "sandbox-qemu", "running")), Is.Empty, "QEMU has ended with the node");
        });
        Assert.That(bench.Run("--target=Clean").ExitCode, Is.Zero);
        Assert.That(Directory.Exists(Path.Combine(bench.Runtime, "sandbox-qemu")) || Directory.Exists(Path.Combine(bench.Runtime, "kept")), Is.False);
    }

    private static void Change(Workbench bench, string medium)
    {
        var file = Path.Combine(bench.CopyTemplates(), "templates", "ubuntu-24.04", "template.json");
        var template = JObject.Parse(File.ReadAllText(file));
        template["iso"]!["file"] = Path.GetFileName(medium);
        template["iso"]!["urls"] = new JArray($"https://example.invalid/{Path.GetFileName(medium)}");
        template["iso"]!["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(medium)));
        template["hardware"]!["memory_mb"] = 1536;
        File.WriteAllText(file, template.ToString());
    }
}
