using System.Globalization;
using System.Runtime.CompilerServices;
using CsCheck;
using Foundation;
using Newtonsoft.Json.Linq;
using Proxmox.Api;
using Proxmox.Machines;
using Templates;

namespace Proxmox.Tests;

/// <summary>What is asked for is drawn, and what the server then has is written down in the forms in which real servers answer.</summary>
public sealed class BuildComparisonTests
{
    internal static readonly TemplateCatalogue Catalogue = new(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "infra", "packer")));

    private static readonly ChainId Chain = new(UtcStamp.From(DateTimeOffset.UnixEpoch), "t");

    private static readonly Gen<NetworkAdapter> Adapters =
        from model in Any("virtio", "e1000", "vmxnet3")
        from bridge in Any("", "vmbr0", "vmbr7")
        from tag in Gen.OneOf(Gen.Const(0), Gen.Int[1, 4094])
        from firewall in Gen.Bool
        from mtu in Any(0, 1, 9000)
        from queues in Any(0, 4)
        select new NetworkAdapter { Model = model, Bridge = bridge, VlanTag = tag, Firewall = firewall, Mtu = model == "virtio" ? mtu : 0, PacketQueues = model == "virtio" ? queues : 0 };

    private static readonly Gen<DiskSettings> Disks =
        from cache in Any("none", "writeback", "directsync")
        from discard in Any<bool?>(null, true, false)
        from ssd in Gen.Bool
        from aio in Any("", "native", "threads", "io_uring")
        select new DiskSettings { CacheMode = cache, Discard = discard, Ssd = ssd, Asyncio = aio };

    private static readonly Gen<Hardware> Today =
        from size in Gen.Select(Gen.Int[1, 4], Gen.Int[1, 64], Gen.Int[512, 65536], Gen.Int[1, 4096])
        from system in Any("l26", "win11", "other")
        from cpu in Gen.Select(Any("host", "x86-64-v2-AES", "kvm64"), Any<string[]>([], ["+aes"], ["-pcid", "+aes"]))
        from bus in Any("scsi", "virtio", "sata", "ide")
        from controller in Any("virtio-scsi-single", "virtio-scsi-pci", "lsi")
        from firmware in Gen.Select(Any("seabios", "ovmf"), Gen.Bool, Gen.Bool, Any("", "pc", "q35", "pc-q35-9.0"))
        from disk in Disks
        from cards in Adapters.List[0, 3]
        from vga in Any<VgaSettings?>(null, new VgaSettings { Type = "std" }, new VgaSettings { Type = "virtio", Memory = 64 })
        from serials in Any<string[]>([], ["socket"], ["socket", "/dev/ttyS0"])
        from rng in Any<RngSettings?>(null, new RngSettings(), new RngSettings { Source = "/dev/hwrng", MaxBytes = 64, Period = 10 })
        from numa in Gen.Bool
        select new Hardware
        {
            Sockets = size.Item1, Cores = size.Item2, MemoryMb = size.Item3, DiskGb = size.Item4, OsType = system, CpuType = cpu.Item1, CpuFlags = cpu.Item2, DiskType = bus, ScsiController = controller,
            Bios = firmware.Item1, PreEnrolledKeys = firmware.Item2, Tpm = firmware.Item3, Machine = firmware.Item4, Disk = disk, NetworkAdapters = cards, Vga = vga, Serials = serials, Rng0 = rng, Numa = numa,
        };

    private static readonly Gen<(Template, PackerGeneration)> Templates =
        from generation in Gen.Enum<PackerGeneration>()
        from h in Today
        from cloudInit in Gen.Bool
        from bus in Any("ide", "scsi", "sata")
        from upgrade in Gen.Bool
        select (
            new Template
            {
                Id = "t", Title = "A title", Vmid = new VmidRange { First = 9000, Last = 9010 }, Iso = new IsoImage { File = "a.iso" }, CloudInit = cloudInit, CiUpgrade = upgrade,
                CloudInitDiskType = generation == PackerGeneration.Plugin ? bus : "ide",
                Hardware = generation == PackerGeneration.Plugin ? h : h with
                {
                    // What Validate lets pass for Packer 1.6.
                    Bios = "seabios", Tpm = false, Machine = "", Numa = false, Serials = [], Rng0 = null, Disk = new DiskSettings { CacheMode = h.Disk.CacheMode },
                    NetworkAdapters = [.. h.NetworkAdapters.Select(a => a with { Mtu = 0 })],
                },
            },
            generation);

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string ThisFile([CallerFilePath] string path = "") => path;

    internal static BuildPlan Plan(Template template, PackerGeneration generation, string tags, ChosenTemplate? chosen = null) => BuildPlan.Of(Catalogue, new BuildPlanRequest
    {
        Template = template, Given = chosen?.Given ?? (tags.Length > 0 ? [GivenVariable.Argument("tags", tags)] : []), Values = chosen?.Values ?? new Dictionary<string, JToken>(), Generation = generation, Chain = Chain, Vmid = 9000, VmName = "t-1", Username = "build",
        Description = $"{template.Title}, built by Packer\n\n{new VmMarker(VmPurpose.Build, "t", Chain.ToString())}",
        Place = new BuildPlace { Api = "https://pve1:8006/api2/json", Node = "pve1", Pool = "packer", StorageVm = "local-lvm", StorageType = "lvmthin", StorageIso = "local", Bridge = "vmbr0" },
    });

    /// <summary>The configuration as a server has it that did what it was asked. Written without the code under test.</summary>
    internal static JObject Server(Template template, PackerGeneration generation, string tags, bool terse)
    {
        var h = template.Hardware;
        var today = generation == PackerGeneration.Plugin;
        var slot = h.DiskType + "0";
        var windows = h.OsType == "win11";
        var board = h.Machine.Length > 0 ? h.Machine : h.Bios == "ovmf" ? "q35" : "";
        var config = new JObject
        {
            ["name"] = "t-1", ["template"] = 1, ["digest"] = "abc", ["ostype"] = h.OsType, ["sockets"] = h.Sockets, ["cores"] = h.Cores.ToString(CultureInfo.InvariantCulture),
            ["description"] = $"A title, built by Packer\n\npacker-build-records: purpose=build template=t chain={Chain}{(terse ? "" : "\n")}",
            ["cpu"] = $"{(terse ? "" : "cputype=")}{h.CpuType}{(h.CpuFlags.Count > 0 ? ",flags=" + string.Join(';', terse ? h.CpuFlags : h.CpuFlags.Reverse()) : "")}",
            ["memory"] = terse ? h.MemoryMb : $"current={h.MemoryMb}", ["agent"] = terse ? "1" : "enabled=1,fstrim_cloned_disks=1", ["scsihw"] = h.ScsiController, ["numa"] = h.Numa ? 1 : 0,
            ["boot"] = terse ? $"order={slot};net0" : $"order={slot}", ["meta"] = "creation-qemu=11.0.0", ["smbios1"] = "uuid=1", ["kvm"] = 1,
        };
        var thread = h.ScsiController == "virtio-scsi-single" && h.DiskType is "scsi" or "virtio";
        var discard = today && (h.Disk.Discard ?? h.DiskType is "scsi" or "virtio");
        config[slot] = "local-lvm:base-9000-disk-0" + (h.Disk.CacheMode != "none" || terse ? ",cache=" + h.Disk.CacheMode : "") + (discard ? ",discard=on" : terse ? "" : ",discard=ignore")
            + (thread ? ",iothread=1" : terse ? "" : ",iothread=0") + (today && h.Disk.Ssd ? ",ssd=1" : "") + (today && h.Disk.Asyncio.Length > 0 ? ",aio=" + h.Disk.Asyncio : "")
            + $",replicate=0,size={(terse || h.DiskGb % 1024 > 0 ? $"{h.DiskGb}G" : $"{h.DiskGb / 1024}T")}";
        Set("bios", h.Bios == "seabios" && !terse ? null : h.Bios);
        Set("machine", windows && board is "" or "pc" ? "pc-i440fx-9.2+pve1" : windows && board == "q35" ? "pc-q35-9.2+pve1" : board.Length == 0 ? null : board);
        Set("efidisk0", h.Bios == "ovmf" ? $"local-lvm:base-9000-disk-1,efitype=4m{(h.PreEnrolledKeys ? ",pre-enrolled-keys=1" : terse ? "" : ",pre-enrolled-keys=0")},size=4M" : null);
        Set("tpmstate0", h.Tpm ? "local-lvm:base-9000-disk-2,size=4M,version=v2.0" : null);
        Set("vga", h.Vga is { } vga ? $"{(terse ? "" : "type=")}{vga.Type}{(vga.Memory > 0 ? $",memory={vga.Memory}" : "")}" : null);
        Set("rng0", h.Rng0 is { } rng ? $"{(terse ? "" : "source=")}{rng.Source}{(rng.MaxBytes == 1024 && terse ? "" : $",max_bytes={rng.MaxBytes}")},period={rng.Period}" : null);
        Set("tags", tags.Length > 0 ? tags.ToLowerInvariant() : null);
        Set(template.CloudInitDiskType + "3", template.CloudInit ? "local-lvm:vm-9000-cloudinit,media=cdrom" : null);
        Set("ciupgrade", template.CloudInit ? template.CiUpgrade ? terse ? null : "1" : "0" : null);
        Set("sata5", today ? null : "none,media=cdrom");
        for (var i = 0; i < h.Serials.Count; i++)
        {
            config[$"serial{i}"] = h.Serials[i];
        }

        for (var i = 0; i < h.Adapters.Count; i++)
        {
            var a = h.Adapters[i];
            config[$"net{i}"] = $"{(terse ? $"{a.Model}=BC:24:11:00:00:0{i}" : $"model={a.Model},macaddr=BC:24:11:00:00:0{i}")},bridge={(a.Bridge.Length > 0 ? a.Bridge : "vmbr0")}"
                + (a.Firewall ? ",firewall=1" : terse ? ",firewall=0" : "") + (a.Mtu > 0 ? $",mtu={a.Mtu}" : "") + (a.PacketQueues > 0 ? $",queues={a.PacketQueues}" : "") + (a.VlanTag > 0 ? $",tag={a.VlanTag}" : "");
        }

        return config;

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                config[name] = value;
            }
        }
    }

    /// <summary>Everything that can be wrong with a server's answer: the fact, and how it comes to differ.</summary>
    private static IReadOnlyList<(string Fact, Action<JObject> Change)> Faults(Template template, PackerGeneration generation)
    {
        var h = template.Hardware;
        var slot = h.DiskType + "0";
        var drive = template.CloudInitDiskType + "3";
        string Option(string text, string key, string? value) => string.Join(',', text.Split(',').Where(p => !p.StartsWith(key + "=", StringComparison.Ordinal)).Concat(value is null ? [] : [$"{key}={value}"]));
        (string, Action<JObject>) Value(string fact, string key, JToken value) => (fact, c => c[key] = value);
        (string, Action<JObject>) Gone(string fact, string key) => (fact, c => c.Remove(key));
        (string, Action<JObject>) Part(string fact, string key, string option, string? value) => (fact, c => c[key] = Option((string)c[key]!, option, value));
        var has = generation == PackerGeneration.Plugin ? h.Disk : new DiskSettings { Discard = false };
        var discards = has.Discard ?? h.DiskType is "scsi" or "virtio";
        List<(string, Action<JObject>)> faults =
        [
            Gone("template", "template"), Value("name", "name", "somebody-s"), Gone("name", "name"), Gone("mark of this program", "description"), Value("notes", "description", $"packer-build-records: purpose=build template=t chain={Chain}"),
            ("mark of this program", c => c["description"] = ((string)c["description"]!).Replace("purpose=build", "purpose=smoke-test", StringComparison.Ordinal)),
            Value("tags", "tags", "others"), Value("os_type", "ostype", "l24"), Value("sockets", "sockets", h.Sockets + 1), Value("cores", "cores", h.Cores + 1), Value("cpu", "cpu", "qemu64"), Value("cores", "cores", 99),
            ("cpu", c => c["cpu"] = $"{h.CpuType},flags=+md-clear"), Value("memory", "memory", h.MemoryMb + 1), Value("numa", "numa", h.Numa ? 0 : 1), Value("guest agent", "agent", "enabled=0"), Gone("guest agent", "agent"),
            Value("bios", "bios", h.Bios == "ovmf" ? "seabios" : "ovmf"), Value("machine", "machine", "virt"), Value("machine", "machine", h.Machine == "q35" || (h.Machine.Length == 0 && h.Bios == "ovmf") ? "pc-i440fx-9.0" : "pc-q35-8.1"),
            Value("boots first from", "boot", "order=net0"), Value("boots first from", "boot", " "), Value("scsi_controller", "scsihw", "pvscsi"), Value("disks", "virtio9", "local-lvm:vm-9000-disk-9,size=1G"), Gone("disks", slot),
            (slot + " storage", c => c[slot] = ((string)c[slot]!).Replace("local-lvm:", "other:", StringComparison.Ordinal)), Part(slot + " size", slot, "size", $"{h.DiskGb + 1}G"), Part(slot + " size", slot, "size", null),
            (slot + " format", c => c[slot] = ((string)c[slot]!).Replace("-disk-0", "-disk-0.qcow2", StringComparison.Ordinal)), Part(slot + " cache", slot, "cache", "writethrough"),
            Part(slot + " discard", slot, "discard", discards ? null : "on"), Part(slot + " ssd", slot, "ssd", has.Ssd ? null : "1"),
            Part(slot + " iothread", slot, "iothread", h.ScsiController == "virtio-scsi-single" && h.DiskType is "scsi" or "virtio" ? "0" : "1"), Part(slot + " aio", slot, "aio", has.Asyncio == "native" ? "threads" : "native"),
            Value("media in drives", "ide2", "local:iso/a.iso,media=cdrom,size=1G"), Value("media in drives", "sata1", "local:iso/cloudinit.iso,media=cdrom"), Value("media in drives", "ide2", "cdrom,media=cdrom"),
            Value("cloud-init drive", "sata4", "local-lvm:vm-9000-cloudinit,media=cdrom"), Value("network cards", "net9", "virtio=BC:24:11:00:00:09,bridge=vmbr0"), Gone("network cards", "net0"),
            Value("vga", "vga", "cirrus"), Value("serial ports", "serial3", "socket"), Value("rng0", "rng0", "/dev/random"), (h.Tpm ? Gone("TPM", "tpmstate0") : Value("TPM", "tpmstate0", "local-lvm:x,version=v2.0")),
            (h.Bios == "ovmf" ? Gone("EFI disk", "efidisk0") : Value("EFI disk", "efidisk0", "local-lvm:x,efitype=4m")),
        ];
        if (template.CloudInit)
        {
            faults.AddRange([Gone("cloud-init drive", drive), Value("cloud-init drive", drive, "other:vm-9000-cloudinit,media=cdrom"), Value("ciupgrade", "ciupgrade", template.CiUpgrade ? "0" : "1")]);
        }

        if (h.Tpm)
        {
            faults.AddRange([Part("TPM", "tpmstate0", "version", null), Part("TPM", "tpmstate0", "version", "v1.2")]);
        }

        if (h.Bios == "ovmf")
        {
            faults.AddRange([Part("EFI disk", "efidisk0", "efitype", null), Part("EFI disk", "efidisk0", "pre-enrolled-keys", h.PreEnrolledKeys ? null : "1")]);
        }

        for (var i = 0; i < h.Adapters.Count; i++)
        {
            var (net, a) = ($"net{i}", h.Adapters[i]);
            faults.AddRange(
            [
                (net + " model", c => c[net] = ((string)c[net]!).Replace(a.Model + "=", "rtl8139=", StringComparison.Ordinal).Replace("model=" + a.Model, "model=rtl8139", StringComparison.Ordinal)),
                Part(net + " bridge", net, "bridge", "vmbr9"), Part(net + " VLAN", net, "tag", a.VlanTag == 7 ? null : "7"), Part(net + " firewall", net, "firewall", a.Firewall ? null : "1"),
                Part(net + " MTU", net, "mtu", "1400"), Part(net + " queues", net, "queues", "2"),
            ]);
        }

        return faults;
    }

    [Test]
    public void A_template_that_is_what_was_asked_for_differs_in_nothing_however_the_server_writes_it() =>
        Gen.Select(Templates, Any("", "golden", "Linux;golden"), Gen.Bool).Sample((drawn, tags, terse) =>
        {
            var (template, generation) = drawn;
            var config = new VmConfig(Server(template, generation, tags, terse));
            Assert.That(BuildComparison.Of(Plan(template, generation, tags), config, "packer").Where(f => !f.Agrees), Is.Empty);
        });

    [Test]
    public void One_fact_that_differs_is_named() =>
        Gen.Select(Templates, Any("", "golden"), Gen.Bool, Gen.Int[0, 10_000]).Sample((drawn, tags, terse, number) =>
        {
            var (template, generation) = drawn;
            var faults = Faults(template, generation);
            var (fact, change) = faults[number % faults.Count];
            var config = Server(template, generation, tags, terse);
            change(config);
            var differing = BuildComparison.Of(Plan(template, generation, tags), new VmConfig(config), "packer").Where(f => !f.Agrees).Select(f => f.Name).ToList();
            Assert.That(differing, Has.Member(fact), $"{fact} in {config}");

            // The notes hold the mark; a disk or card that is gone has no options, and without its disk nothing boots from it.
            Assert.That(differing.Where(d => d != fact && (d, fact) is not ("notes", "mark of this program")), Is.Empty, $"{fact} in {config}");
        }, iter: 2000);

    [Test]
    public void A_pool_counts_where_the_server_tells_it()
    {
        var template = new Template { Id = "t", Title = "A title", Iso = new IsoImage { File = "a.iso" }, Hardware = new Hardware { OsType = "l26", Cores = 1, MemoryMb = 512, DiskGb = 8 } };
        IEnumerable<string> Differing(string? pool) => BuildComparison.Of(
            Plan(template, PackerGeneration.Plugin, ""), new VmConfig(Server(template, PackerGeneration.Plugin, "", terse: true)), pool).Where(f => !f.Agrees).Select(f => f.ToString());
        Assert.Multiple(() =>
        {
            Assert.That(Differing("packer"), Is.Empty);
            Assert.That(Differing(null), Is.Empty, "the login is not told");
            Assert.That(Differing(""), Is.EqualTo(new[] { "pool: asked for packer, there none" }));
            Assert.That(Differing("others"), Is.EqualTo(new[] { "pool: asked for packer, there others" }));
        });
    }

    [TestCase("rocky-9", 9100)]
    [TestCase("ubuntu-24.04", 9050)]
    public void What_real_servers_had_after_builds_that_went_well_is_what_was_asked_for(string id, int vmid)
    {
        // The last configuration that the program read in the recorded conversation.
        var config = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Recorded", id + ".jsonl")).Select(JObject.Parse)
            .Last(l => (string?)l["by"] == "program" && (string?)l["path"] == $"/nodes/{{node}}/qemu/{vmid}/config" && l["data"] is JObject)["data"] as JObject;
        config!["description"] = ((string)config["description"]!).Replace("CHAIN-{time}", "CHAIN-19700101T000000Z", StringComparison.Ordinal);
        var template = Catalogue.Load(id);
        var chain = new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), id);
        var plan = BuildPlan.Of(Catalogue, new BuildPlanRequest
        {
            Template = template, Generation = PackerGeneration.Plugin, Chain = chain, Vmid = vmid, VmName = (string)config["name"]!, Username = "build",
            Description = $"{template.Title}, built by Packer\n\n{new VmMarker(VmPurpose.Build, id, chain.ToString())}",
            Place = new BuildPlace { Api = "https://pve1:8006/api2/json", Node = "pve1", StorageVm = "local-dir", StorageType = "dir", StorageIso = "local", Bridge = "vmbr0" },
        });

        // Those runs were before ciupgrade was set.
        Assert.That(BuildComparison.Of(plan, new VmConfig(config), null, withUpgrade: false).Where(f => !f.Agrees), Is.Empty);
    }
}
