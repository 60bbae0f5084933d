using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>
/// A template from the catalogue, built for real: real Packer types its boot command, its unattended files install a system in
/// QEMU, its scripts run there, and a clone boots and is logged in to. debian-12's preseed and rocky-9's kickstart need their
/// makers' media.
/// </summary>
[Category("RealMachine")]
internal sealed class RealMachineTests
{
    // Two cores without hardware virtualization need a quarter of an hour; other tests run beside it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(45);

    [Test]
    public void An_Ubuntu_template_is_installed_provisioned_and_cloned_for_real()
    {
        var medium = TestMedium.Require();
        using var bench = new Workbench();
        RealBuild.Change(bench, medium);
        var ended = bench.Run(Limit, [.. RealBuild.Arguments(medium), "--screenshots=20"]);
        Assert.That(ended.ExitCode, Is.Zero, () => $"{ended.All}\nThe screens are kept in {RealBuild.Keep(bench)}");
        var folder = bench.RecordsOf("ubuntu-24.04").Single();
        var record = Workbench.RunJson(folder);
        var login = record["validation_test"]!["login"]!;
        Assert.Multiple(() =>
        {
            Assert.That((string?)record.SelectToken("validation_test.os"), Does.StartWith("Debian GNU/Linux"));
            Assert.That((string?)record.SelectToken("environment"), Is.EqualTo("sandbox"));
            Assert.That((string?)record.SelectToken("sandbox.machines"), Is.EqualTo("qemu"));
            Assert.That((string?)record.SelectToken("sandbox.accelerator"), Is.AnyOf("kvm", "tcg"));
            Assert.That((string?)record.SelectToken("sandbox.qemu_version"), Does.Match(@"^[0-9]+\.[0-9]+"));
            Assert.That((string?)record.SelectToken("sandbox.medium"), Is.EqualTo("TEST_MEDIUM_NOT_UBUNTU"));
            Assert.That(login.ToObject<Dictionary<string, object?>>(), Is.SupersetOf(new Dictionary<string, object?>
            {
                ["not_recorded"] = null, ["user"] = "smoketest", ["own_machine_id"] = true, ["own_host_keys"] = true, ["build_user_gone"] = true,
                ["cloud_init"] = "done", ["system"] = "running", ["disk_grown"] = true, ["no_traces"] = true,
            }));
            Assert.That((long)login["clock_offset_seconds"]!, Is.InRange(-60, 60));
            // The restart ends its own session before it could say how it ended.
            Assert.That(record["provisioning"]!.Select(s => (int?)s["exit_status"]), Is.EqualTo(new int?[] { 0, 0, null, 0, 0, 0, 0, 0 }));
            Assert.That(File.ReadAllText(Path.Combine(folder, "README.md")), Does.Contain("Its machines were real").And.Contain("| Login by SSH | `smoketest` |"));
            RealBuild.AssertNothingIsLeft(bench, "base-");
        });
        Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero);
    }

    [TestCase("debian-12")]
    [TestCase("rocky-9")]
    public void A_template_is_built_for_real_on_its_makers_medium(string template)
    {
        using var bench = new Workbench();
        var iso = (string)JObject.Parse(File.ReadAllText(Path.Combine(Repository.Root, "infra", "packer", "templates", template, "template.json"))).SelectToken("iso.file")!;
        var medium = Path.Combine(Environment.GetEnvironmentVariable("REAL_MEDIA") ?? bench.Folder, iso);
        if (!File.Exists(medium))
        {
            Assert.Ignore("debian-12's preseed and rocky-9's kickstart are installed for real from their makers' media alone, in the folder that REAL_MEDIA names.");
        }

        var ended = bench.Run(TimeSpan.FromHours(2), "--target=BuildTemplate", $"--template={template}", "--sandbox-machines=qemu", $"--iso={medium}", "--var=memory_mb=2048");
        Assert.That(ended.ExitCode, Is.Zero, ended.All);
        Assert.That((string?)Workbench.RunJson(bench.RecordsOf(template).Single()).SelectToken("validation_test.login.cloud_init"), Is.EqualTo("done"));
        RealBuild.AssertNothingIsLeft(bench, "base-");
    }
}
