using CsCheck;
using Newtonsoft.Json.Linq;
using Proxmox.Access;
using Proxmox.Api;
using Proxmox.Machines;
using Proxmox.Staging;

namespace Proxmox.Tests;

public sealed class FormatTests
{
    [Test]
    public void Facts_of_a_configuration_in_the_server_s_many_spellings()
    {
        var facts = VmFacts.Of(new VmConfig(JObject.Parse("""
            {"name":"t","template":"1","memory":"current=4096","cores":"4","cpu":"cputype=x86-64-v2-AES,flags=+aes","ostype":"win11",
             "virtio10":"nas:9000/base-9000-disk-1.qcow2,size=528K","virtio2":"file=nas:9000/vm-9000-disk-2.raw,size=1.5T","scsihw":"virtio-scsi-single",
             "ide2":"local:iso/a.iso,media=cdrom,size=2G","sata0":"none,media=cdrom","net1":"model=e1000,macaddr=AA:BB:CC:DD:EE:FF,bridge=vmbr1,tag=5",
             "net0":"bridge=vmbr0,virtio=BC:24:11:00:00:01,firewall=0","unused0":"nas:x","scsi":"not a slot"}
            """)));
        Assert.Multiple(() =>
        {
            Assert.That((facts.Template, facts.Sockets, facts.Cores, facts.CpuType, facts.MemoryMb), Is.EqualTo((true, 1, 4, "x86-64-v2-AES", 4096)));
            Assert.That(facts.Disks.Select(d => (d.Slot, d.Bus, d.Storage, d.SizeBytes)), Is.EqualTo(new[]
            {
                ("virtio2", "virtio", "nas", (long?)((3L << 40) / 2)), ("virtio10", "virtio", "nas", 528L << 10),
            }));
            Assert.That(facts.Cdrom, Is.EqualTo(new[] { new VmCdrom("sata0", "none"), new VmCdrom("ide2", "local:iso/a.iso") }));
            Assert.That(facts.Networks, Is.EqualTo(new[]
            {
                new VmNetwork("net0", "virtio", "BC:24:11:00:00:01", "vmbr0"), new VmNetwork("net1", "e1000", "AA:BB:CC:DD:EE:FF", "vmbr1"),
            }));
        });
    }

    [Test]
    public void Firmware_controller_cache_agent_boot_order_tags_and_digest_are_read()
    {
        var facts = VmFacts.Of(new VmConfig(JObject.Parse("""
            {"bios":"ovmf","machine":"type=q35,viommu=intel","scsihw":"virtio-scsi-single","scsi0":"lvm:vm-100-disk-0,cache=writeback,size=20G","scsi1":"lvm:vm-100-disk-1,size=1G",
             "efidisk0":"lvm:vm-100-disk-2,efitype=4m,pre-enrolled-keys=1,size=4M","tpmstate0":"lvm:vm-100-disk-3,size=4M,version=v2.0",
             "agent":"enabled=1,fstrim_cloned_disks=1","boot":"order=scsi0;ide2","tags":"golden;linux","digest":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}
            """)));
        Assert.Multiple(() =>
        {
            Assert.That((facts.Bios, facts.Machine, facts.ScsiController, facts.Agent), Is.EqualTo(("ovmf", "q35", "virtio-scsi-single", true)));
            Assert.That(facts.Disks.Select(d => d.Cache), Is.EqualTo(new[] { "writeback", "none" }));
            Assert.That((facts.EfiDisk?.Volume, facts.EfiDisk?.SizeBytes, facts.Tpm?.Volume), Is.EqualTo(("lvm:vm-100-disk-2", (long?)4 << 20, "lvm:vm-100-disk-3")));
            Assert.That(facts.Raw["tpmstate0"], Is.EqualTo("lvm:vm-100-disk-3,size=4M,version=v2.0"));
            Assert.That(facts.BootOrder, Is.EqualTo(new[] { "scsi0", "ide2" }));
            Assert.That(facts.Tags, Is.EqualTo(new[] { "golden", "linux" }));
            Assert.That(facts.ConfigDigest, Is.EqualTo("da39a3ee5e6b4b0d3255bfef95601890afd80709"));
        });
    }

    [TestCase("1", true)]
    [TestCase("0", false)]
    [TestCase("1,type=virtio", true)]
    [TestCase("enabled=0", false)]
    public void The_agent_is_on_in_each_spelling(string text, bool on) =>
        Assert.That(VmFacts.Of(new VmConfig(new JObject { ["agent"] = text })).Agent, Is.EqualTo(on));

    [Test]
    public void Facts_of_an_empty_configuration_are_the_server_s_defaults()
    {
        var facts = VmFacts.Of(new VmConfig([]));
        Assert.That((facts.Sockets, facts.Cores, facts.CpuType, facts.MemoryMb, facts.OsType), Is.EqualTo((1, 1, "kvm64", 512, "other")));
        Assert.That((facts.Bios, facts.Machine, facts.ScsiController, facts.Agent), Is.EqualTo(("seabios", "pc", "lsi", false)));
        Assert.That((facts.EfiDisk, facts.Tpm, facts.ConfigDigest, facts.Pool, facts.BootOrder.Count, facts.Tags.Count), Is.EqualTo(((VmDisk?)null, (VmDisk?)null, (string?)null, (string?)null, 0, 0)));
    }

    [Test]
    public void No_text_upsets_what_reads_the_server_s_answers() => Gen.String.Sample(text =>
    {
        PropertyString.Bytes(text);
        PropertyString.Parse(text);
        VmMarker.Parse("packer-build-records: " + text);
        Upid.Parse("UPID:" + text);
        MissingPrivilege.Parse("Permission check failed (" + text + ")");
        DownloadProgress.Percent(text);
        VmFacts.Of(new VmConfig(new JObject { ["memory"] = text, ["scsi0"] = text, ["net0"] = text, ["cpu"] = text, ["agent"] = text, ["boot"] = text, ["tags"] = text, ["machine"] = text, ["efidisk0"] = text }));
    });

    [Test]
    public void A_marker_is_read_back_from_any_description() =>
        Gen.Select(Gen.Enum<VmPurpose>(), Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Int[0, int.MaxValue], Gen.String).Sample((purpose, name, until, around) =>
        {
            var marker = new VmMarker(purpose, name, "CHAIN-" + name) { Owner = VmMarker.ThisProcess, Until = DateTimeOffset.FromUnixTimeSeconds(until) };
            Assert.That(VmMarker.Parse($"{around.Replace("packer-build-records:", "", StringComparison.Ordinal)}\n{marker}\n{around}"), Is.EqualTo(marker));
        });

    [TestCase("")]
    [TestCase("made with packer-build-records: purpose=build template=a chain=b")]
    [TestCase("packer-build-records: purpose=other template=a chain=b")]
    [TestCase("packer-build-records: purpose=build chain=b")]
    public void Other_descriptions_hold_no_marker(string description) => Assert.That(VmMarker.Parse(description), Is.Null);

    [TestCase("/vms/9000", "VM.Audit", true)]
    [TestCase("/vms/9000/below", "VM.Audit", false)]
    [TestCase("/vms/9001", "VM.Audit", false)]
    [TestCase("/storage/local", "Datastore.Audit", true)]
    [TestCase("/storage/local/x", "Datastore.Audit", true)]
    [TestCase("/nodes/pve", "Sys.Audit", true)]
    [TestCase("/storage/other", "Sys.Audit", true)]
    [TestCase("/storage/local", "Sys.Audit", false)]
    public void A_permission_is_inherited_unless_the_path_has_its_own(string path, string privilege, bool allowed)
    {
        var tree = new PermissionTree(new Dictionary<string, Dictionary<string, bool>>
        {
            ["/"] = new() { ["Sys.Audit"] = true },
            ["/vms/9000"] = new() { ["VM.Audit"] = false },
            ["/storage/local"] = new() { ["Datastore.Audit"] = true },
        });
        Assert.That(tree.Allows(path, privilege), Is.EqualTo(allowed));
    }

    [Test]
    public void With_a_pool_nothing_is_granted_on_single_VMs()
    {
        var scope = new AccessScope { Nodes = ["a", "b"], StorageVm = "s", StorageIso = "s", Bridge = "vmbr0", Pool = "golden", AutoNode = true };
        Assert.That(scope.Grants(), Is.EquivalentTo(new[]
        {
            ("/pool/golden", "PackerBuild"), ("/storage/s", "PackerBuild"), ("/storage/s", "PackerMedia"),
            ("/sdn/zones/localnetwork/vmbr0", "PackerBuild"), ("/nodes/a", "PackerBuild"), ("/nodes/b", "PackerBuild"),
        }));
        Assert.That(scope.Needs(new PveVersion { Version = "9.0.3" }).Select(n => (n.Path, n.Privilege)), Does.Contain(("/nodes/b", "Sys.Audit")));
    }
}
