using Newtonsoft.Json.Linq;

namespace Templates.Tests;

public sealed class HardwareOptionsTests
{
    private CatalogueCopy copy = null!;

    [SetUp]
    public void SetUp() => copy = new CatalogueCopy();

    [TearDown]
    public void TearDown() => copy.Dispose();

    private void Merge(string change) => copy.Change("rocky-9", t => t.Merge(JObject.Parse(change), new JsonMergeSettings { MergeArrayHandling = MergeArrayHandling.Replace }));

    [TestCase("{hardware: {machine: 'q35'}}", "hardware.machine")]
    [TestCase("{hardware: {numa: true}}", "hardware.numa")]
    [TestCase("{hardware: {serials: ['socket']}}", "hardware.serials")]
    [TestCase("{hardware: {rng0: {source: '/dev/urandom'}}}", "hardware.rng0")]
    [TestCase("{hardware: {disk: {ssd: true}}}", "hardware.disk.ssd")]
    [TestCase("{hardware: {disk: {asyncio: 'native'}}}", "hardware.disk.asyncio")]
    [TestCase("{hardware: {disk: {discard: true}}}", "hardware.disk.discard")]
    [TestCase("{hardware: {network_adapters: [{mtu: 9000}]}}", "hardware.network_adapters.mtu")]
    [TestCase("{cloud_init_disk_type: 'scsi'}", "cloud_init_disk_type")]
    public void What_Packer_1_6_cannot_set_is_said_before_Packer_does(string change, string field)
    {
        Merge(change);
        Assert.That(copy.Error("rocky-9", "packer-too-old", PackerGeneration.Builtin).Message, Does.Contain(field));
        Assert.That(copy.Check("rocky-9", PackerGeneration.Plugin).Where(f => f.IsError), Is.Empty);
    }

    [TestCase("{hardware: {vga: {type: 'std', memory: 32}}}")]
    [TestCase("{hardware: {cpu_flags: ['+aes', '-pcid']}}")]
    [TestCase("{hardware: {disk: {cache_mode: 'writeback'}}}")]
    [TestCase("{hardware: {network_adapters: [{firewall: true, packet_queues: 2}, {model: 'e1000', bridge: 'vmbr1', vlan_tag: 4094}]}}")]
    [TestCase("{vm_interface: 'eth1'}")]
    public void What_both_can_set_is_right_with_both(string change)
    {
        Merge(change);
        foreach (var generation in Enum.GetValues<PackerGeneration>())
        {
            Assert.That(copy.Check("rocky-9", generation).Where(f => f.IsError), Is.Empty);
        }
    }

    [TestCase("{hardware: {pre_enrolled_keys: false}}", "hardware-no-effect", "Secure Boot")]
    [TestCase("{hardware: {disk_type: 'virtio', disk: {ssd: true}}}", "hardware-ssd", "scsi")]
    [TestCase("{hardware: {network_model: 'e1000', network_adapters: [{}]}}", "hardware-no-effect", "network_adapters")]
    [TestCase("{hardware: {network_adapters: [{}, {model: 'e1000', mtu: 9000}]}}", "hardware-network", "e1000")]
    [TestCase("{hardware: {vga: {type: 'serial0'}}}", "hardware-vga", "serials")]
    [TestCase("{cloud_init: false, cloud_init_disk_type: 'scsi'}", "hardware-no-effect", "cloud_init")]
    [TestCase("{login_timeout: '0s'}", "login-timeout", "default")]
    public void What_cannot_work_or_has_no_effect_is_found(string change, string code, string told)
    {
        Merge(change);
        Assert.That(copy.Error("rocky-9", code).ToString(), Does.Contain(told));
    }

    [TestCase("{hardware: {network_adapters: [{vlan_tag: 4095}]}}")]
    [TestCase("{hardware: {network_adapters: [{vlan_tag: 0}]}}")]
    [TestCase("{hardware: {network_adapters: []}}")]
    [TestCase("{hardware: {network_adapters: [{mtu: 65521}]}}")]
    [TestCase("{hardware: {cpu_flags: ['aes']}}")]
    [TestCase("{hardware: {machine: 'q36'}}")]
    [TestCase("{hardware: {vga: {memory: 16}}}")]
    [TestCase("{hardware: {serials: ['tty0']}}")]
    [TestCase("{hardware: {serials: ['socket', 'socket', 'socket', 'socket', 'socket']}}")]
    [TestCase("{hardware: {rng0: {source: '/dev/zero'}}}")]
    [TestCase("{hardware: {disk: {cache_mode: 'fast'}}}")]
    [TestCase("{hardware: {disk: {speed: 1}}}")]
    [TestCase("{cloud_init_disk_type: 'virtio'}")]
    public void What_the_schema_does_not_know_is_refused(string change)
    {
        Merge(change);
        Assert.That(copy.Check("rocky-9").Where(f => f.IsError), Is.Not.Empty);
    }

    [Test]
    public void The_values_are_those_of_the_fields()
    {
        Merge("{hardware: {cpu_type: 'x86-64-v2-AES', cpu_flags: ['+aes', '-pcid'], bios: 'ovmf', network_adapters: [{vlan_tag: 7}, {model: 'e1000', bridge: 'vmbr1'}, {}]}}");
        var template = copy.Catalogue.Load("rocky-9");
        var values = PackerVariables.Of(template);
        Assert.Multiple(() =>
        {
            Assert.That((string?)values["cpu_type"], Is.EqualTo("x86-64-v2-AES,flags=+aes;-pcid"));
            Assert.That((string?)values["machine"], Is.EqualTo("q35"), "what UEFI needs");
            Assert.That((string?)values["vlan_tag"], Is.EqualTo("7"));
            Assert.That(PackerVariables.FurtherAdapters(template, "vmbr0").Select(a => ((string?)a["model"], (string?)a["bridge"])), Is.EqualTo(new[] { ("e1000", "vmbr1"), ("virtio", "vmbr0") }));
            Assert.That(PackerVariables.Of(copy.Catalogue.Load("debian-12"))["disk_discard"]!.Value<bool>(), Is.True);
        });
    }
}
