using System.Globalization;
using Newtonsoft.Json.Linq;
using Proxmox.Api;
using Templates;

namespace Proxmox.Machines;

/// <summary>A fact of a template: what was asked for, and what the server has.</summary>
/// <param name="Name">The fact, such as <c>cores</c> or <c>scsi0 size</c>.</param>
/// <param name="Asked">What was asked for.</param>
/// <param name="There">What is there.</param>
public sealed record ComparedFact(string Name, string Asked, string There)
{
    /// <summary>Whether the server has what was asked for.</summary>
    public bool Agrees => Asked == There;

    /// <summary>Says both.</summary>
    public override string ToString() => $"{Name}: asked for {Asked}, there {There}";
}

/// <summary>
/// Compares a finished template with the plan of its build, fact by fact. Packer ends well with a template that is not what
/// it was told: version 1.6 drops the errors of tasks, and another client may have changed the VM meanwhile. What version
/// 1.6 cannot set (<c>docs/adr/0002</c>) is expected to be as Proxmox VE leaves it.
/// </summary>
public sealed class BuildComparison
{
    private const string None = "none";

    private readonly BuildPlan plan;
    private readonly VmConfig config;
    private readonly VmFacts facts;
    private readonly List<ComparedFact> rows = [];

    private BuildComparison(BuildPlan plan, VmConfig config)
    {
        this.plan = plan;
        this.config = config;
        facts = VmFacts.Of(config);
    }

    private bool IsPlugin => plan.Generation == PackerGeneration.Plugin;

    /// <summary>The first disk of the bus: where Packer attaches the one that a template has.</summary>
    private string DiskSlot => plan.Text("disk_type") + "0";

    /// <summary>Compares.</summary>
    /// <param name="plan">What was asked for.</param>
    /// <param name="config">What the server has.</param>
    /// <param name="pool">The pool that the VM is in, empty for none; null when the login is not told.</param>
    /// <param name="withUpgrade">Whether the server knows <c>ciupgrade</c>.</param>
    /// <returns>Each fact, in the order in which people look at a VM.</returns>
    public static IReadOnlyList<ComparedFact> Of(BuildPlan plan, VmConfig config, string? pool, bool withUpgrade = true)
    {
        var comparison = new BuildComparison(plan, config);
        comparison.Identity(pool);
        comparison.Machine();
        comparison.Firmware();
        comparison.Disk();
        comparison.Drives(withUpgrade);
        comparison.Cards();
        comparison.Devices();
        return comparison.rows;
    }

    private void Compare(string name, string asked, string there) => rows.Add(new ComparedFact(name, asked, there));

    private void Compare(string name, bool asked, bool there) => Compare(name, asked ? "on" : "off", there ? "on" : "off");

    private void Identity(string? pool)
    {
        Compare("template", "yes", facts.Template ? "yes" : "no");
        Compare("name", plan.Text("template_name"), Said(config.Name));
        var (description, there) = (plan.Text("template_description"), config.Description);
        Compare("mark of this program", Said(VmMarker.Parse(description)?.ToString()), Said(VmMarker.Parse(there)?.ToString()));
        Compare("notes", Notes(description), Notes(there));
        Compare("tags", Tags(TemplateTags.Read(plan.Tags)), Tags(facts.Tags));
        if (pool is not null)
        {
            Compare("pool", Said(plan.Place.Pool), Said(pool));
        }
    }

    private void Machine()
    {
        Compare("os_type", plan.Text("os_type"), facts.OsType);
        Compare("sockets", Number("sockets"), Text(facts.Sockets));
        Compare("cores", Number("cores"), Text(facts.Cores));
        Compare("cpu", Cpu(plan.Text("cpu_type")), Cpu(config["cpu"] ?? "kvm64"));
        Compare("memory", Number("memory_mb"), Text(facts.MemoryMb));
        Compare("numa", IsPlugin && plan.IsOn("numa"), On(config["numa"]));
        Compare("guest agent", asked: true, facts.Agent);
    }

    private void Firmware()
    {
        Compare("bios", plan.Text("bios"), facts.Bios);
        var board = PropertyString.Parse(config["machine"] ?? "");
        var asked = IsPlugin ? plan.Text("machine") : "";
        var there = board["type"] ?? board.Default;

        // Proxmox VE writes a version behind the family of a Windows guest.
        var isFamily = asked is "" or "pc" or "q35";
        Compare("machine", isFamily ? Board(asked) : asked, isFamily ? Board(there) : there);
        var storage = plan.Text("storage_pool");
        var efi = IsPlugin && plan.Text("bios") == "ovmf";
        Compare(
            "EFI disk", efi ? $"on {storage}, 4m, {Keys(plan.IsOn("pre_enrolled_keys"))}" : None,
            Special("efidisk0") is { } disk ? $"on {Storage(disk)}, {disk["efitype"] ?? "2m"}, {Keys(On(disk["pre-enrolled-keys"]))}" : None);
        Compare(
            "TPM", IsPlugin && plan.IsOn("tpm") ? $"on {storage}, v2.0" : None,
            Special("tpmstate0") is { } state ? $"on {Storage(state)}, {state["version"] ?? "v1.2"}" : None);
        Compare("boots first from", DiskSlot, FirstBoot());
    }

    private void Disk()
    {
        Compare("scsi_controller", plan.Text("scsi_controller"), facts.ScsiController);
        Compare("disks", DiskSlot, List(facts.Disks.Select(d => d.Slot)));
        if (facts.Disks.FirstOrDefault(d => d.Slot == DiskSlot) is not { } disk)
        {
            return;
        }

        var value = PropertyString.Parse(config[DiskSlot]!);
        Compare($"{DiskSlot} storage", plan.Text("storage_pool"), disk.Storage);
        Compare($"{DiskSlot} size", Size(PropertyString.Bytes(plan.Text("disk_size"))), Size(disk.SizeBytes));
        Compare($"{DiskSlot} format", plan.Text("disk_format"), Format(disk.Volume, value));
        Compare($"{DiskSlot} cache", plan.Text("disk_cache_mode"), disk.Cache);
        Compare($"{DiskSlot} discard", IsPlugin && plan.IsOn("disk_discard"), value["discard"] == "on");
        Compare($"{DiskSlot} ssd", IsPlugin && plan.IsOn("disk_ssd"), On(value["ssd"]));
        Compare($"{DiskSlot} iothread", plan.IsOn("disk_io_thread"), On(value["iothread"]));

        // What is not written down is io_uring.
        var asyncio = IsPlugin ? plan.Text("disk_asyncio") : "";
        Compare($"{DiskSlot} aio", asyncio.Length > 0 ? asyncio : "io_uring", value["aio"] ?? "io_uring");
    }

    private void Drives(bool withUpgrade)
    {
        var cloudInit = plan.IsOn("cloud_init");
        var bus = IsPlugin ? plan.Text("cloud_init_disk_type") : "ide";
        Compare(
            "cloud-init drive", cloudInit ? $"{bus} on {plan.Text("storage_pool")}" : None,
            List(facts.Cdrom.Where(IsCloudInit).Select(d => $"{d.Slot.TrimEnd("0123456789".ToCharArray())} on {d.Volume.Split(':')[0]}")));
        Compare("media in drives", None, List(facts.Cdrom.Where(d => d.Volume != "none" && !IsCloudInit(d)).Select(d => $"{d.Slot} {d.Volume}")));
        if (cloudInit && withUpgrade)
        {
            Compare("ciupgrade", plan.Template.CiUpgrade, On(config["ciupgrade"] ?? "1"));
        }
    }

    private void Cards()
    {
        JObject first = new()
        {
            ["model"] = plan.Text("network_model"), ["bridge"] = plan.Text("bridge"), ["vlan_tag"] = plan.Text("vlan_tag"), ["firewall"] = plan.IsOn("network_firewall"),
            ["mtu"] = plan.Number("network_mtu"), ["packet_queues"] = plan.Number("network_packet_queues"),
        };
        var asked = plan.Variables["further_network_adapters"]!.OfType<JObject>().Prepend(first).Select((card, i) => (Slot: "net" + Text(i), card)).ToList();
        Compare("network cards", List(asked.Select(c => c.Slot)), List(facts.Networks.Select(n => n.Slot)));
        foreach (var (slot, card) in asked)
        {
            if (facts.Networks.FirstOrDefault(n => n.Slot == slot) is not { } there)
            {
                continue;
            }

            var value = PropertyString.Parse(config[slot]!);
            Compare($"{slot} model", (string)card["model"]!, there.Model);
            Compare($"{slot} bridge", (string)card["bridge"]!, there.Bridge);
            Compare($"{slot} VLAN", Said((string?)card["vlan_tag"]), Said(value["tag"]));
            Compare($"{slot} firewall", (bool)card["firewall"]!, On(value["firewall"]));
            Compare($"{slot} MTU", IsPlugin ? OrNone((int)card["mtu"]!) : None, Said(value["mtu"]));
            Compare($"{slot} queues", OrNone((int)card["packet_queues"]!), Said(value["queues"]));
        }
    }

    private void Devices()
    {
        var vga = plan.Variables["vga"]!.FirstOrDefault();
        Compare("vga", vga is null ? None : Display((string?)vga["type"], OrNone((int)vga["memory"]!)), Special("vga") is { } display ? Display(display["type"] ?? display.Default, Said(display["memory"])) : None);
        Compare(
            "serial ports", IsPlugin ? List(plan.Variables["serials"]!.Select((s, i) => $"serial{i} {(string?)s}")) : None,
            List(config.Devices("serial").Select(s => $"{s.Slot} {s.Value.Text}")));
        var rng = IsPlugin ? plan.Variables["rng0"]!.FirstOrDefault() : null;
        Compare(
            "rng0", rng is null ? None : Random((string?)rng["source"], (string?)rng["max_bytes"], (string?)rng["period"]),
            Special("rng0") is { } source ? Random(source["source"] ?? source.Default, source["max_bytes"] ?? "1024", source["period"] ?? "1000") : None);
    }

    /// <summary>What boots first: what the order begins with. Without an order it is the disk; of the older letters <c>c</c> is the disk.</summary>
    private string FirstBoot() => config["boot"] switch
    {
        null => DiskSlot,
        var boot when PropertyString.Parse(boot)["order"] is not null => facts.BootOrder is [var first, ..] ? first : None,
        var boot => (PropertyString.Parse(boot)["legacy"] ?? boot).Contains('c', StringComparison.Ordinal) ? DiskSlot : None,
    };

    private PropertyString? Special(string name) => config[name] is { } text && text.Trim().Length > 0 ? PropertyString.Parse(text) : null;

    private string Number(string variable) => Text(plan.Number(variable));

    private static bool IsCloudInit(VmCdrom drive) =>
        drive.Volume.Contains("cloudinit", StringComparison.Ordinal) && !drive.Volume.Contains(":iso/", StringComparison.Ordinal);

    private static string Storage(PropertyString drive) => (drive["file"] ?? drive.Default).Split(':')[0];

    private static string Format(string volume, PropertyString value) =>
        value["format"] ?? (volume.EndsWith(".qcow2", StringComparison.Ordinal) ? "qcow2" : volume.EndsWith(".vmdk", StringComparison.Ordinal) ? "vmdk" : "raw");

    private static string Board(string type) => type switch
    {
        "" or "pc" => "pc",
        _ when type.StartsWith("pc-i440fx-", StringComparison.Ordinal) => "pc",
        _ when type.StartsWith("pc-q35-", StringComparison.Ordinal) => "q35",
        _ => type,
    };

    private static string Cpu(string text)
    {
        var cpu = PropertyString.Parse(text);
        var flags = string.Join(';', (cpu["flags"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        string[] more = [.. cpu.Keys.Where(k => k is not ("cputype" or "flags")).Order(StringComparer.Ordinal).Select(k => $"{k}={cpu[k]}")];
        return string.Join(',', more.Prepend(flags.Length > 0 ? "flags=" + flags : "").Prepend(cpu["cputype"] ?? cpu.Default).Where(p => p.Length > 0));
    }

    private static string Notes(string description) => Said(string.Join(
        " / ", description.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => VmMarker.Parse(line) is null)));

    // The server writes them in small letters and sorted, unless the datacenter says otherwise.
    private static string Tags(IEnumerable<string> tags) => List(tags.Select(t => t.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal));

    private static string Display(string? type, string memory) => memory == None ? type ?? "" : $"{type} with {memory} MiB";

    private static string Random(string? source, string? bytes, string? period) => $"{source}, {bytes} bytes in {period} ms";

    private static string Keys(bool enrolled) => enrolled ? "keys of Secure Boot" : "no keys";

    private static string Size(long? bytes) => bytes switch
    {
        null => "unknown",
        { } b when b % (1L << 30) == 0 => Text(b >> 30) + " GiB",
        { } b => Text(b) + " bytes",
    };

    private static bool On(string? text) => PveScalarConverter.Boolean(text ?? "0") == true;

    private static string OrNone(int number) => number == 0 ? None : Text(number);

    private static string Said(string? text) => string.IsNullOrWhiteSpace(text) ? None : text;

    private static string List(IEnumerable<string> items) => Said(string.Join(", ", items));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
