using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Templates;
using static Installer.Tests.Rig;

namespace Installer.Tests;

/// <summary>The boot commands of the shipped templates, typed at the boot loaders of their media for both firmwares.</summary>
public sealed partial class ShippedBootCommandsTests
{
    private static readonly TemplateCatalogue Catalogue = new(Path.Combine(RepositoryRoot(), "infra", "packer"));

    private static IEnumerable<TestCaseData> Templates() =>
        from id in Catalogue.Ids()
        where !Catalogue.Load(id).UnattendedIso
        from firmware in new[] { Firmware.SeaBios, Firmware.Ovmf }
        select new TestCaseData(id, firmware);

    [TestCaseSource(nameof(Templates))]
    public async Task They_lead_to_an_installed_system(string id, Firmware firmware)
    {
        var shipped = Catalogue.Load(id);
        var template = shipped with { Hardware = shipped.Hardware with { Bios = firmware == Firmware.Ovmf ? "ovmf" : "seabios" } };
        var assets = new AssetRenderer(Catalogue).Render(template, BuildAccess.Sample(template));
        using var server = new TestServer(assets.ToDictionary(a => "/" + a.Target, a => a.Text));
        var machine = Machine(template.Iso.File) with { Firmware = firmware, MemoryMb = template.Hardware.MemoryMb, CpuType = template.Hardware.CpuType };

        var outcome = await Run(machine, Keys(template.BootCommand, server.Address["http://".Length..]));

        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Doubts, Is.Empty);
        Assert.That(outcome.Guest is { Ssh: true, GuestAgent: true, CloudInit: true }, Is.True);
    }

    [Test]
    public async Task The_keys_of_one_boot_loader_mean_nothing_to_another()
    {
        var keys = Keys(Catalogue.Load("rocky-9").Boot.Command, "192.0.2.1:8000");
        Assert.That((await Run(Machine("Rocky-10.2-x86_64-minimal.iso"), keys)).Failure, Is.Not.Null);
    }

    private static string Keys(IReadOnlyList<string> command, string address) =>
        Special().Replace(string.Concat(command).Replace("{{ .HTTPIP }}:{{ .HTTPPort }}", address, StringComparison.Ordinal), m => m.Groups[1].Value switch
        {
            "enter" => "<ret>",
            var wait when wait.StartsWith("wait", StringComparison.Ordinal) => "",
            var other => $"<{other}>",
        });

    [GeneratedRegex("<([a-z0-9]+)>")]
    private static partial Regex Special();

    private static string RepositoryRoot([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
