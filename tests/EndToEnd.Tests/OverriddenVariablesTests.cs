using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>
/// Values for single variables in a whole build: the record, the provenance and the node's API have each of them. What the
/// plan and the comparison make of every variable is tested in <c>OverriddenVariableTests</c> of the Proxmox tests.
/// </summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class OverriddenVariablesTests(InstalledPacker installed)
{
    /// <summary>The variable, its value, and where the record's facts and the API's configuration show it.</summary>
    private static readonly (string Name, string Value, string Fact, string Shown, string? Config)[] All =
    [
        ("os_type", "other", "vm_facts.os_type", "other", "ostype=other"), ("sockets", "2", "vm_facts.sockets", "2", "sockets=2"), ("cores", "3", "vm_facts.cores", "3", "cores=3"), ("cpu_type", "host", "vm_facts.cpu_type", "host", "cpu=host"),
        ("memory_mb", "3072", "vm_facts.memory_mb", "3072", "memory=3072"), ("scsi_controller", "virtio-scsi-pci", "vm_facts.scsi_controller", "virtio-scsi-pci", "scsihw=virtio-scsi-pci"),
        ("disk_type", "virtio", "vm_facts.disks[0].device", "virtio0", null), ("disk_size", "20G", "vm_facts.disks[0].size", "20G", null), ("disk_cache_mode", "writeback", "vm_facts.disks[0].cache", "writeback", null),
        ("network_model", "e1000", "vm_facts.networks[0].value", "e1000=", null), ("cloud_init", "false", "vm_facts.cdrom", "none", null), ("tags", "golden", "vm_facts.tags[0]", "golden", "tags=golden"),
        ("provision_scripts", "[\"first-boot.sh\", \"guest-agent.sh\", \"cleanup.sh\", \"remove-build-user.sh\"]", "provisioning", "guest-agent.sh", null),
        ("boot_wait", "10ms", "", "", null), ("boot_command", "[\"<up><tab> inst.text inst.ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/ks.cfg <enter>\"]", "", "", null), ("boot_key_interval", "2ms", "", "", null),
        ("login_timeout", "40m", "", "", null), ("http_port_min", "8600", "", "", null), ("http_port_max", "8799", "", "", null),
    ];

    [Test]
    public void Record_provenance_and_API_have_what_was_given()
    {
        using var bench = installed.Bench();
        var result = bench.Run(["--target=BuildTemplate", "--template=rocky-9", .. All.Select(v => $"--var={v.Name}={v.Value}")]);
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var record = bench.RecordsOf("rocky-9").Single();
        var run = Workbench.RunJson(record);
        var parameters = run["parameters"]!.ToDictionary(p => (string)p["name"]!, p => (string?)p["value"]);
        var envelope = JObject.Parse(File.ReadAllText(Path.Combine(record, "provenance.dsse.json")));
        var statement = JObject.Parse(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)envelope["payload"]!)));
        var options = statement.SelectToken("predicate.buildDefinition.externalParameters.options")!;
        var state = JObject.Parse(File.ReadAllText(Path.Combine(bench.Runtime, "sandbox", "node.json")));
        var config = state.SelectToken($"$.Machines.{run["vmid"]}.Config")!;
        var log = File.ReadAllText(Path.Combine(record, "packer.log"));
        Assert.Multiple(() =>
        {
            foreach (var (name, value, fact, shown, key) in All)
            {
                Assert.That(parameters.GetValueOrDefault("var." + name), Is.EqualTo(value), $"{name} in run.json");
                Assert.That((string?)options["var." + name], Is.EqualTo(value), $"{name} in the provenance");
                if (fact.Length > 0)
                {
                    Assert.That(run.SelectToken(fact)!.ToString(), Does.Contain(shown), $"{name} in the facts");
                }

                if (key?.Split('=') is [var field, var set])
                {
                    Assert.That((string?)config[field], Is.EqualTo(set), $"{name} in the API");
                }
            }

            Assert.That((string?)config["virtio0"], Does.Contain("size=20G").And.Contain("cache=writeback"));
            Assert.That((string?)config["net0"], Does.StartWith("e1000="));
            Assert.That(config.Children<JProperty>().Select(p => (string)p.Value!), Has.None.Contains("cloudinit"));
            Assert.That(run["provisioning"]!.Select(s => ((string)s["script"]!)[11..]), Is.EqualTo(new[] { "first-boot.sh", "guest-agent.sh", "cleanup.sh", "remove-build-user.sh" }), "these scripts ran and no other");
            Assert.That(run["inputs"]!.Select(i => (string)i["path"]!).Where(p => p.StartsWith("scripts/", StringComparison.Ordinal)), Has.Exactly(4).Items);
            Assert.That(log, Does.Match(@"Starting HTTP server on port 8[67]\d\d"));
        });
    }

    [TestCase("task_timeout", "30m"), TestCase("bios", "ovmf"), TestCase("tpm", "true"), TestCase("disk_ssd", "true")]
    public void What_Packer_1_6_cannot_honour_is_refused_and_says_what_it_needs(string name, string value)
    {
        Assume.That(installed.IsOld, "it is for Packer 1.6");
        using var bench = installed.Bench();
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", $"--var={name}={value}");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
            Assert.That(result.Error, Does.Contain("Packer 1.11 or later"));
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty);
        });
    }
}
