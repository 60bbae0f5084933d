using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>How a user can give a variable of <c>variables.pkr.hcl</c>.</summary>
internal enum VariableUse
{
    /// <summary>It stands for a field of <c>template.json</c>: a value changes the template, and is checked as the file is.</summary>
    Field,

    /// <summary>It stands for an option of the program, which reads it with its own.</summary>
    Option,

    /// <summary>Packer's own affair: nothing else is made of it.</summary>
    Packer,

    /// <summary>The program sets it for each run.</summary>
    Program,
}

/// <summary>The rule of one variable.</summary>
/// <param name="Use">How it can be given.</param>
/// <param name="Field">The path in <c>template.json</c> for which it stands, or empty.</param>
/// <param name="Remedy">For a variable that the program sets: how to say instead what is meant.</param>
internal sealed record VariableRule(VariableUse Use, string Field = "", string Remedy = "")
{
    /// <summary>Makes the field's value of the variable's and of the one that the file has; null when there is none that means the same.</summary>
    public Func<JToken, JToken?, JToken?> ToField { get; init; } = (value, _) => value;

    /// <summary>A field that would go before that one, and is left out; or empty.</summary>
    public string Instead { get; init; } = "";

    /// <summary>Why a value of the right type is none for this variable, or null.</summary>
    public Func<JToken, string?> Objection { get; init; } = _ => null;
}

/// <summary>
/// What may be given for which variable. A variable without a rule is set by the program: whoever adds one says here what
/// it stands for, or nobody can override it.
/// </summary>
internal static class VariableRules
{
    private const string MadeForEachRun = "It is made anew for each run, and the unattended files are rendered with it";

    private const string InAdapters = "Say it with hardware.network_adapters in template.json";

    private static readonly Dictionary<string, VariableRule> All = new(StringComparer.Ordinal)
    {
        ["os_type"] = Field("hardware.os_type"),
        ["sockets"] = Field("hardware.sockets"),
        ["cores"] = Field("hardware.cores"),
        ["cpu_type"] = Field("hardware.cpu_type"),
        ["memory_mb"] = Field("hardware.memory_mb"),
        ["bios"] = Field("hardware.bios"),
        ["tpm"] = Field("hardware.tpm"),
        ["scsi_controller"] = Field("hardware.scsi_controller"),
        ["disk_type"] = Field("hardware.disk_type"),
        ["disk_size"] = Field("hardware.disk_gb") with { ToField = VariableValue.Gibibytes, Objection = VariableValue.NoSize },
        ["network_model"] = Field("hardware.network_model"),
        ["machine"] = Field("hardware.machine"),
        ["numa"] = Field("hardware.numa"),
        ["serials"] = Field("hardware.serials"),
        ["pre_enrolled_keys"] = Field("hardware.pre_enrolled_keys"),
        ["disk_cache_mode"] = Field("hardware.disk.cache_mode"),
        ["disk_discard"] = Field("hardware.disk.discard"),
        ["disk_ssd"] = Field("hardware.disk.ssd"),
        ["disk_asyncio"] = Field("hardware.disk.asyncio"),
        ["vm_interface"] = Field("vm_interface"),
        ["cloud_init_disk_type"] = Field("cloud_init_disk_type"),
        ["boot_wait"] = Field("boot.wait") with { Objection = VariableValue.NoDuration },
        ["boot_command"] = Field("boot.command") with { Instead = "boot.uefi_command" },
        ["communicator"] = Field("communicator"),
        ["login_timeout"] = Field("login_timeout") with { Objection = VariableValue.NoTimeout },
        ["provision_scripts"] = Field("provision") with { ToField = VariableValue.Steps },
        ["cloud_init"] = Field("cloud_init"),

        ["http_bind_address"] = new(VariableUse.Option),
        ["http_interface"] = new(VariableUse.Option),
        [ChosenTemplate.TagsVariable] = new(VariableUse.Option),

        ["disk_format"] = new(VariableUse.Packer) { Objection = v => (string?)v is "raw" or "qcow2" or "vmdk" ? null : "the formats are raw, qcow2 and vmdk" },
        ["task_timeout"] = new(VariableUse.Packer) { Objection = VariableValue.NoTimeout },
        ["boot_key_interval"] = new(VariableUse.Packer) { Objection = VariableValue.NoDuration },
        ["http_port_min"] = new(VariableUse.Packer) { Objection = VariableValue.NoPort },
        ["http_port_max"] = new(VariableUse.Packer) { Objection = VariableValue.NoPort },

        ["template_id"] = Program("--template=<id> chooses the template"),
        ["chain_id"] = Program("It names the run in logs and record"),
        ["manifest_file"] = Program("The program reads it when Packer has ended"),
        ["proxmox_url"] = Program("Say it with --proxmox-url=<url>"),
        ["insecure_skip_tls_verify"] = Program("Say it with PROXMOX_INSECURE=true"),
        ["node"] = Program("Say it with --node=<name>"),
        ["pool"] = Program("Say it with --pool=<name>"),
        ["vm_id"] = Program("vmid in template.json is the range of which the program takes the first that is free"),
        ["vm_name"] = Program("Each build has a name of its own, made of the template's id and the time"),
        ["template_name"] = Program("Each build has a name of its own, made of the template's id and the time"),
        ["template_description"] = Program("It begins with title in template.json, and ends with the mark by which --keep finds the build again"),
        ["disk_io_thread"] = Program("It follows from scsi_controller and disk_type"),
        ["storage_pool"] = Program("Say it with --storage-vm=<name>"),
        ["storage_pool_type"] = Program("The server is asked for it; --storage-vm=<name> chooses the storage"),
        ["bridge"] = Program("Say it with --bridge=<name>"),
        ["vlan_tag"] = Program("Say it with --bridge=<name>:<tag>"),
        ["network_firewall"] = Program(InAdapters),
        ["network_mtu"] = Program(InAdapters),
        ["network_packet_queues"] = Program(InAdapters),
        ["further_network_adapters"] = Program(InAdapters),
        ["vga"] = Program("Say it with hardware.vga in template.json"),
        ["rng0"] = Program("Say it with hardware.rng0 in template.json"),
        ["iso_file"] = Program("iso in template.json names the medium with its checksum; --iso=<file> uploads a local one, --storage-iso=<name> says where media are"),
        ["additional_iso_files"] = Program("additional_isos in template.json names further media with their checksums"),
        ["http_directory"] = Program("unattended in template.json says how the unattended files reach the installer"),
        ["build_username"] = Program(MadeForEachRun),
        ["ssh_private_key_file"] = Program(MadeForEachRun),
        ["winrm_password"] = Program(MadeForEachRun),
        ["winrm_port"] = Program("It is the port at which the unattended files let WinRM listen"),
        ["ssh_proxy_host"] = Program("Say it with --ssh-proxy=<host>:<port>"),
        ["ssh_proxy_port"] = Program("Say it with --ssh-proxy=<host>:<port>"),
    };

    /// <summary>The rule of a variable.</summary>
    public static VariableRule Of(string name) => All.GetValueOrDefault(name) ?? Program("template.json and the options of the program decide it, see --help");

    /// <summary>The variables that have a rule of their own.</summary>
    public static IReadOnlyCollection<string> Names => All.Keys;

    private static VariableRule Field(string path) => new(VariableUse.Field, path);

    private static VariableRule Program(string remedy) => new(VariableUse.Program, Remedy: remedy);
}
