using Foundation;
using Newtonsoft.Json.Linq;
using Packer.Staging;
using Templates;

namespace Packer.Tests.Hcl;

/// <summary>Our HCL for the plugin, judged by what the plugin itself takes.</summary>
public sealed class PluginSourceTests
{
    private static readonly TemplateCatalogue Catalogue = new(Path.Combine(TestFolder.Repository, "infra", "packer"));
    private static readonly HclBody Source = HclSource.Of(HclParser.ParseFile(Path.Combine(Catalogue.Root, "plugin", "source.pkr.hcl"))).Body;
    private static readonly PackerVariables Variables = PackerVariables.Read(Catalogue);

    private static IEnumerable<string> Ids => Catalogue.Ids();

    [Test]
    public void Each_attribute_and_block_that_the_HCL_sets_exists_in_the_plugin() =>
        Assert.That(HclSource.Names(Source).Where(n => !PluginFacts.Has(n.Path, n.IsBlock)).Select(n => n.Path), Is.Empty);

    [TestCaseSource(nameof(Ids))]
    public void Each_template_of_the_catalogue_passes_the_plugin_s_rules(string id) => AssertAccepted(Configuration(Request(Catalogue.Load(id))), id);

    [Test]
    public void Each_combination_that_the_program_can_produce_passes_the_plugin_s_rules()
    {
        foreach (var request in Combinations())
        {
            var hardware = request.Template.Hardware;
            AssertAccepted(
                Configuration(request),
                $"{request.Template.Id} {hardware} unattended={request.Template.Unattended} media={request.Template.AdditionalIsos.Count} cloud_init={request.Template.CloudInit} {request.Route["http_bind_address"]} {request.Route["http_interface"]} pool={request.Place.Pool}");
        }
    }

    [Test]
    public void An_address_or_an_interface_never_both()
    {
        foreach (var http in Servings)
        {
            var configuration = Configuration(Request(Catalogue.Load("rocky-9")) with { Route = http.Variables(PackerGeneration.Plugin) });
            Assert.That(new[] { "http_bind_address", "http_interface" }.Count(n => (string?)configuration[n] is { Length: > 0 }), Is.LessThan(2), $"{http}");
            Assert.That(((string?)configuration["http_interface"], (string?)configuration["http_bind_address"]), Is.EqualTo((http.Interface, http.BindAddress)));
        }
    }

    [Test]
    public void Every_option_of_a_template_reaches_the_plugin_under_its_own_name()
    {
        var rocky = Catalogue.Load("rocky-9");
        var configuration = Configuration(Request(rocky with
        {
            VmInterface = "eth1", CloudInitDiskType = "scsi",
            Hardware = rocky.Hardware with
            {
                Bios = "ovmf", PreEnrolledKeys = false, Machine = "pc-q35-9.2", Numa = true, CpuFlags = ["+aes"], Serials = ["socket"],
                Vga = new VgaSettings { Type = "serial0", Memory = 16 }, Rng0 = new RngSettings { Source = "/dev/hwrng", MaxBytes = 10, Period = 20 },
                Disk = new DiskSettings { CacheMode = "writeback", Discard = false, Ssd = true, Asyncio = "native" },
                NetworkAdapters = [new NetworkAdapter { Bridge = "vmbr7", Firewall = true, Mtu = 9000, PacketQueues = 4, VlanTag = 12 }, new NetworkAdapter { Model = "e1000" }],
            },
        }));
        AssertAccepted(configuration, "every option");
        var expected = JObject.Parse("""
            {
              "vm_interface": "eth1", "cloud_init_disk_type": "scsi", "machine": "pc-q35-9.2", "numa": true, "serials": ["socket"],
              "vga": [{ "type": "serial0", "memory": 16 }], "rng0": [{ "source": "/dev/hwrng", "max_bytes": 10, "period": 20 }],
              "network_adapters": [
                { "model": "virtio", "bridge": "vmbr7", "vlan_tag": "12", "firewall": true, "mtu": 9000, "packet_queues": 4 },
                { "model": "e1000", "bridge": "vmbr0", "vlan_tag": "", "firewall": false, "mtu": 0, "packet_queues": 0 }
              ]
            }
            """);
        Assert.Multiple(() =>
        {
            foreach (var (name, value) in expected)
            {
                Assert.That(JToken.DeepEquals(configuration[name], value), $"{name}: {configuration[name]}");
            }

            Assert.That((string?)configuration["cpu_type"], Does.EndWith(",flags=+aes"));
            Assert.That((bool?)configuration["efi_config"]![0]!["pre_enrolled_keys"], Is.False);
            var disk = configuration["disks"]![0]!;
            Assert.That(((string?)disk["cache_mode"], (bool?)disk["discard"], (bool?)disk["ssd"], (string?)disk["asyncio"]), Is.EqualTo(("writeback", false, true, "native")));
        });
    }

    // What the rules are worth: each of these was refused by, or warned of in, the plugin.
    [TestCase("{http_bind_address: '127.0.0.1', http_interface: 'eth0'}", "either http_interface or http_bind_address")]
    [TestCase("{http_bind_address: '0.0.0.0', http_interface: 'eth0'}", "either http_interface or http_bind_address")]
    [TestCase("{http_interface: 'lo'}", "no address on lo")]
    [TestCase("{vm_id: 99}", "vm_id")]
    [TestCase("{vm_name: 'rocky_9'}", "vm_name is a DNS name")]
    [TestCase("{iso_file: 'local:iso/x.iso'}", "iso_file is deprecated")]
    [TestCase("{disks: [{type: 'sata', io_thread: true, storage_pool: 'x'}]}", "io_thread")]
    [TestCase("{disks: [{type: 'virtio', ssd: true, storage_pool: 'x'}]}", "ssd")]
    [TestCase("{disks: [{type: 'scsi', storage_pool: 'x', storage_pool_type: 'lvm'}]}", "deprecated")]
    [TestCase("{additional_iso_files: [{type: 'sata', index: '6', iso_file: 'local:iso/x.iso'}]}", "index")]
    [TestCase("{additional_iso_files: [{type: 'virtio', iso_file: 'local:iso/x.iso'}]}", "ide, sata or scsi")]
    [TestCase("{additional_iso_files: [{type: 'sata'}]}", "exactly one of")]
    [TestCase("{efi_config: [{efi_type: '4m'}]}", "efi_storage_pool")]
    [TestCase("{network_adapters: [{model: 'virtio'}]}", "bridge")]
    [TestCase("{rng0: [{source: '/dev/zero', max_bytes: 1}]}", "rng0.source")]
    [TestCase("{serials: ['tty']}", "serials")]
    [TestCase("{task_timeout: 'long'}", "task_timeout")]
    [TestCase("{cloud_init: true, cloud_init_disk_type: 'virtio'}", "cloud_init_disk_type")]
    public void The_rules_refuse_what_the_plugin_refuses(string change, string rule)
    {
        var configuration = Configuration(Request(Catalogue.Load("rocky-9")));
        foreach (var (name, value) in JObject.Parse(change))
        {
            configuration[name] = value;
        }

        Assert.That(PluginRules.Broken(configuration), Has.Some.Contains(rule));
    }

    [Test]
    public void What_the_plugin_does_not_know_is_found()
    {
        var names = HclSource.Names(HclParser.Parse("""
            unmount_disk = true # none
            disks {
              size = "1G"
            }
            dynamic "efi_config" {
              for_each = []
              content { type = "4m" }
            }
            """));
        Assert.That(names.Where(n => !PluginFacts.Has(n.Path, n.IsBlock)).Select(n => n.Path), Is.EqualTo(new[] { "unmount_disk", "disks.size", "efi_config.type" }));
        Assert.That(PluginFacts.Misfits(new JObject { ["cores"] = "many", ["qemu_agent"] = "yes", ["disks"] = new JArray(new JObject { ["discard"] = 1 }) }).ToList(), Has.Count.EqualTo(3));
    }

    private static readonly HttpServing[] Servings =
        [HttpServing.Anywhere, HttpServing.At(System.Net.IPAddress.Loopback), HttpServing.At(System.Net.IPAddress.Any), HttpServing.On("eth0")];

    private static IEnumerable<BuildPlanRequest> Combinations()
    {
        string[] Enum(string name) => [.. JObject.Parse(File.ReadAllText(Path.Combine(Catalogue.Root, "templates", "template.schema.json")))
            .SelectToken($"properties.hardware.properties.{name}.enum")!.Select(v => (string)v!)];

        var drivers = Catalogue.Load("windows-2022").AdditionalIsos[0];
        var i = 0;
        foreach (var template in Ids.Select(Catalogue.Load))
        {
            foreach (var disk in Enum("disk_type"))
            {
                foreach (var controller in Enum("scsi_controller"))
                {
                    foreach (var media in Enumerable.Range(0, 4))
                    {
                        foreach (var firmware in Enumerable.Range(0, 4))
                        {
                            // What depends on nothing else takes turns.
                            i++;
                            yield return Request(template with
                            {
                                Unattended = i % 2 == 0 ? "iso" : "http",
                                CloudInit = i % 3 != 0,
                                AdditionalIsos = [.. Enumerable.Repeat(drivers, media)],
                                Hardware = template.Hardware with
                                {
                                    DiskType = disk, ScsiController = controller, Bios = firmware % 2 == 0 ? "seabios" : "ovmf", Tpm = firmware > 1,
                                },
                            }) with
                            {
                                Route = Servings[i % Servings.Length].Variables(PackerGeneration.Plugin), Place = Place with { Pool = i % 2 == 0 ? "" : "packer" },
                                BootWaitFactor = i % 5 == 0 ? 0 : 1,
                            };
                        }
                    }
                }
            }
        }
    }

    private static readonly BuildPlace Place = new()
    {
        Api = "https://127.0.0.1:8006/api2/json", Node = "pve", StorageVm = "local-lvm", StorageType = "lvmthin", StorageIso = "local", Bridge = "vmbr0",
    };

    private static BuildPlanRequest Request(Template template) => new()
    {
        Template = template,
        Generation = PackerGeneration.Plugin,
        Chain = new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), template.Id),
        Place = Place,
        Vmid = template.Vmid.First,
        VmName = template.Id.Replace('.', '-'),
        Description = "built by a test",
        Username = "build-test",
    };

    /// <summary>The source block with the values that the program stages.</summary>
    private static JObject Configuration(BuildPlanRequest request)
    {
        var values = BuildPlan.Of(Catalogue, request).Variables;
        foreach (var secret in Variables.All.Values.Where(v => v.Sensitive || v.Name == "ssh_private_key_file"))
        {
            values[secret.Name] = "from the environment";
        }

        return HclSource.Evaluate(Source, new JObject { ["var"] = values });
    }

    private static void AssertAccepted(JObject configuration, string what) =>
        Assert.That(PluginFacts.Misfits(configuration).Concat(PluginRules.Broken(configuration)), Is.Empty, what);
}
