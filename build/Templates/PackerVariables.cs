using System.Text.RegularExpressions;
using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>A variable of <c>variables.pkr.hcl</c>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Default">The value when none is given; null when one must be given.</param>
/// <param name="Sensitive">Whether it is a secret: it is given in the environment only.</param>
/// <param name="Type">The type as HCL writes it: <c>string</c>, <c>number</c>, <c>bool</c>, <c>list(string)</c>, <c>list(object({</c>.</param>
public sealed record PackerVariable(string Name, string Description, JToken? Default, bool Sensitive, string Type = "string");

/// <summary>
/// The variables of <c>variables.pkr.hcl</c>. Only as much HCL is understood as that file has: one block a variable,
/// one attribute a line, and defaults that are JSON as well.
/// </summary>
public sealed partial class PackerVariables
{
    private PackerVariables(IReadOnlyDictionary<string, PackerVariable> all) => All = all;

    /// <summary>The variables by their names.</summary>
    public IReadOnlyDictionary<string, PackerVariable> All { get; }

    /// <summary>Reads the variables of a catalogue.</summary>
    public static PackerVariables Read(TemplateCatalogue catalogue)
    {
        var all = new Dictionary<string, PackerVariable>();
        PackerVariable? current = null;
        foreach (var line in File.ReadLines(Path.Combine(catalogue.Root, WorkspaceSources.VariablesFile)))
        {
            if (Block().Match(line) is { Success: true } block)
            {
                current = new PackerVariable(block.Groups["name"].Value, "", null, false);
            }
            else if (current is not null && Attribute().Match(line) is { Success: true } attribute)
            {
                var value = attribute.Groups["value"].Value;
                current = attribute.Groups["name"].Value switch
                {
                    "type" => current with { Type = value },
                    "description" => current with { Description = (string)JToken.Parse(value)! },
                    "default" => current with { Default = JToken.Parse(value) },
                    "sensitive" => current with { Sensitive = value == "true" },
                    _ => current,
                };
            }
            else if (line == "}" && current is not null)
            {
                all.Add(current.Name, current);
                current = null;
            }
        }

        return new PackerVariables(all);
    }

    /// <summary>The values of a template's own: everything that does not depend on where and when it is built.</summary>
    public static JObject Of(Template template)
    {
        var h = template.Hardware;
        return new JObject
        {
            ["template_id"] = template.Id,
            ["vm_name"] = template.Id,
            ["template_name"] = template.Id,
            ["os_type"] = h.OsType,
            ["sockets"] = h.Sockets,
            ["cores"] = h.Cores,
            ["cpu_type"] = h.CpuFlags.Count == 0 ? h.CpuType : $"{h.CpuType},flags={string.Join(';', h.CpuFlags)}",
            ["memory_mb"] = h.MemoryMb,
            ["bios"] = h.Bios,
            ["tpm"] = h.Tpm,
            ["scsi_controller"] = h.ScsiController,
            ["disk_type"] = h.DiskType,
            ["disk_size"] = $"{h.DiskGb}G",
            ["disk_io_thread"] = h.ScsiController == "virtio-scsi-single" && h.DiskType is "scsi" or "virtio",
            ["disk_cache_mode"] = h.Disk.CacheMode,
            ["disk_discard"] = h.Disk.Discard ?? h.DiskType is "scsi" or "virtio",
            ["disk_ssd"] = h.Disk.Ssd,
            ["disk_asyncio"] = h.Disk.Asyncio,
            ["machine"] = h.Machine.Length == 0 && h.Bios == "ovmf" ? "q35" : h.Machine,
            ["numa"] = h.Numa,
            ["pre_enrolled_keys"] = h.PreEnrolledKeys,
            ["vga"] = h.Vga is { } vga ? new JArray(new JObject { ["type"] = vga.Type, ["memory"] = vga.Memory }) : new JArray(),
            ["serials"] = new JArray(h.Serials),
            ["rng0"] = h.Rng0 is { } rng ? new JArray(new JObject { ["source"] = rng.Source, ["max_bytes"] = rng.MaxBytes, ["period"] = rng.Period }) : new JArray(),
            ["network_model"] = h.Adapters[0].Model,
            ["vlan_tag"] = Tag(h.Adapters[0]),
            ["network_firewall"] = h.Adapters[0].Firewall,
            ["network_mtu"] = h.Adapters[0].Mtu,
            ["network_packet_queues"] = h.Adapters[0].PacketQueues,
            ["vm_interface"] = template.VmInterface,
            ["boot_wait"] = template.Boot.Wait,
            ["boot_command"] = new JArray(template.BootCommand),
            ["http_directory"] = template.UnattendedIso ? "" : WorkspaceSources.HttpFolder,
            ["communicator"] = template.Communicator,
            ["login_timeout"] = template.LoginTimeout,
            ["provision_scripts"] = new JArray(template.Provision.Select((step, i) => WorkspaceSources.ScriptTarget(i, step.Script))),
            ["cloud_init"] = template.CloudInit,
            ["cloud_init_disk_type"] = template.CloudInitDiskType,
        };
    }

    /// <summary>The elements of <c>further_network_adapters</c>: all cards but the first.</summary>
    /// <param name="template">The template.</param>
    /// <param name="bridge">The bridge of a card that names none.</param>
    public static JArray FurtherAdapters(Template template, string bridge) => new(template.Hardware.Adapters.Skip(1).Select(a => new JObject
    {
        ["model"] = a.Model,
        ["bridge"] = a.Bridge.Length > 0 ? a.Bridge : bridge,
        ["vlan_tag"] = Tag(a),
        ["firewall"] = a.Firewall,
        ["mtu"] = a.Mtu,
        ["packet_queues"] = a.PacketQueues,
    }));

    private static string Tag(NetworkAdapter adapter) =>
        adapter.VlanTag == 0 ? "" : adapter.VlanTag.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>An element of <c>additional_iso_files</c>: a medium that is on a storage already.</summary>
    /// <param name="index">Its place among the further media, from 0; it decides the device.</param>
    /// <param name="isoFile">The volume, such as <c>local:iso/virtio-win-0.1.285.iso</c>.</param>
    /// <remarks>
    /// The boot medium is <c>ide2</c>, and Packer takes a free <c>ide</c> for cloud-init, so these are on <c>sata</c>;
    /// <c>sata0</c> is left to a system disk.
    /// </remarks>
    public static JObject Medium(int index, string isoFile)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 4);
        return new JObject
        {
            ["device"] = $"sata{index + 1}",
            ["iso_file"] = isoFile,
            ["iso_url"] = "",
            ["iso_checksum"] = "",
            ["iso_storage_pool"] = "",
            ["unmount"] = true,
        };
    }

    /// <summary>The variable for which something was given.</summary>
    /// <exception cref="FailureException">Usage: there is none.</exception>
    internal PackerVariable Require(GivenVariable given)
    {
        if (All.TryGetValue(given.Name, out var variable))
        {
            return variable;
        }

        var near = NearMiss.Find(given.Name, All.Keys);
        throw new FailureException(
            FailureKind.Usage, $"There is no Packer variable '{given.Name}' ({given.Place})", null,
            near.Count > 0 ? $"Did you mean {near[0]}?" : $"The variables are in {WorkspaceSources.VariablesFile}");
    }

    /// <summary>All values: those given, and the defaults of the rest. Secrets are left out.</summary>
    /// <exception cref="FailureException">A variable that must be given is not, or one that is given does not exist.</exception>
    public JObject Complete(JObject given)
    {
        foreach (var (name, _) in given)
        {
            var variable = Require(GivenVariable.Argument(name, ""));
            if (variable.Sensitive)
            {
                throw new FailureException(FailureKind.Usage, $"The Packer variable '{name}' is a secret", null, $"Give it in the environment as PKR_VAR_{name}");
            }
        }

        var missing = All.Values.Where(v => v.Default is null && !given.ContainsKey(v.Name)).Select(v => v.Name).ToList();
        return missing.Count > 0
            ? throw new FailureException(FailureKind.Validation, "Packer's variables are incomplete", $"there is no value for {string.Join(", ", missing)}")
            : new JObject(All.Values.Where(v => !v.Sensitive).Select(v => new JProperty(v.Name, given[v.Name] ?? v.Default!)));
    }

    [GeneratedRegex("^variable \"(?<name>[a-z0-9_]+)\" \\{$")]
    private static partial Regex Block();

    [GeneratedRegex("^  (?<name>[a-z_]+) += (?<value>.+)$")]
    private static partial Regex Attribute();
}
