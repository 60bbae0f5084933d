using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Newtonsoft.Json.Serialization;

namespace Templates;

/// <summary>
/// One golden template as <c>infra/packer/templates/&lt;id&gt;/template.json</c> describes it. The id is the folder's
/// name, so that copying a folder makes a new template. The names of the fields are Packer's and Proxmox's own.
/// </summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record Template
{
    /// <summary>The id: the folder's name, such as <c>rocky-9</c>.</summary>
    [JsonIgnore]
    public string Id { get; init; } = "";

    /// <summary>The template's own folder, as a full path.</summary>
    [JsonIgnore]
    public string Folder { get; init; } = "";

    /// <summary>The name for people, such as <c>Rocky Linux 9</c>.</summary>
    [JsonProperty(Required = Required.Always)]
    public string Title { get; init; } = "";

    /// <summary>The folder under <c>infra/packer/os/</c> whose assets it uses: <c>ubuntu</c>, <c>rocky</c>, <c>windows</c>.</summary>
    [JsonProperty(Required = Required.Always)]
    public string Family { get; init; } = "";

    /// <summary>The system's version, such as <c>9.6</c>, against which unattended files are judged; empty when unknown.</summary>
    public string OsVersion { get; init; } = "";

    /// <summary>The VMIDs that its builds may take.</summary>
    [JsonProperty(Required = Required.Always)]
    public VmidRange Vmid { get; init; } = new();

    /// <summary>The installation medium.</summary>
    [JsonProperty(Required = Required.Always)]
    public IsoImage Iso { get; init; } = new();

    /// <summary>Further media, such as the VirtIO drivers for Windows.</summary>
    public IReadOnlyList<IsoImage> AdditionalIsos { get; init; } = [];

    /// <summary>The virtual machine.</summary>
    [JsonProperty(Required = Required.Always)]
    public Hardware Hardware { get; init; } = new();

    /// <summary>How the installation is started.</summary>
    [JsonProperty(Required = Required.Always)]
    public BootSettings Boot { get; init; } = new();

    /// <summary>How Packer logs in: <c>ssh</c> or <c>winrm</c>.</summary>
    [JsonProperty(Required = Required.Always)]
    public string Communicator { get; init; } = "ssh";

    /// <summary>
    /// How the unattended assets reach the installer: <c>http</c> (Packer's own server) or <c>iso</c> (an image of
    /// them, attached as a second drive).
    /// </summary>
    public string Unattended { get; init; } = "http";

    /// <summary>The volume label of that image: <c>cidata</c>, <c>OEMDRV</c>, or any for Windows.</summary>
    [JsonProperty(Required = Required.Default, NullValueHandling = NullValueHandling.Ignore)]
    public string? UnattendedLabel { get; init; }

    /// <summary>The unattended assets: Scriban templates and where they are put.</summary>
    [JsonProperty(Required = Required.Always)]
    public IReadOnlyList<Asset> Assets { get; init; } = [];

    /// <summary>The provisioning steps in the order in which they run.</summary>
    public IReadOnlyList<ProvisionStep> Provision { get; init; } = [];

    /// <summary>Whether the finished template gets a cloud-init drive: what is said, and otherwise whether it is Linux.</summary>
    public bool CloudInit
    {
        get => CloudInitSaid ?? !IsWindows;
        init => CloudInitSaid = value;
    }

    /// <summary>Whether the finished template gets a cloud-init drive; null when the template leaves it open.</summary>
    [JsonIgnore]
    public bool? CloudInitSaid { get; init; }

    /// <summary>
    /// Whether a clone brings its packages up to date at its first start (Proxmox VE's <c>ciupgrade</c>), which keeps it
    /// busy for minutes.
    /// </summary>
    [JsonProperty("ciupgrade")]
    public bool CiUpgrade { get; init; }

    /// <summary>After how many days since its release the medium is old, so that a list says it.</summary>
    public int MaxAgeDays { get; init; } = MediumAge.DefaultMaximum;

    /// <summary>The bus of that drive: <c>ide</c>, <c>scsi</c> or <c>sata</c>; under UEFI some guests do not see IDE.</summary>
    public string CloudInitDiskType { get; init; } = "ide";

    /// <summary>The guest's network interface whose address Packer takes; empty for the first IPv4 address that the agent tells.</summary>
    public string VmInterface { get; init; } = "";

    /// <summary>The guest's address where there is no DHCP server, or null for DHCP.</summary>
    [JsonProperty(Required = Required.Default)]
    public NetworkSettings? Network { get; init; }

    /// <summary>How long to wait for the login after the installation was started, such as <c>30m</c>.</summary>
    public string LoginTimeout { get; init; } = "30m";

    /// <summary>How a clone of the template is tested.</summary>
    public SmokeTestSettings SmokeTest { get; init; } = new();

    /// <summary>Values of the template's own that its assets may use, as <c>vars.&lt;name&gt;</c>.</summary>
    public JObject Vars { get; init; } = [];

    /// <summary>The names of those whose values are secret: masked wherever this program writes.</summary>
    public IReadOnlyList<string> SecretVars { get; init; } = [];

    /// <summary>Whether the assets are on an image instead of Packer's HTTP server.</summary>
    [JsonIgnore]
    public bool UnattendedIso => Unattended == "iso";

    /// <summary>Whether anything is attached beside the installation medium.</summary>
    [JsonIgnore]
    public bool HasFurtherMedia => UnattendedIso || AdditionalIsos.Count > 0;

    /// <summary>Whether something else is typed because the firmware is UEFI.</summary>
    [JsonIgnore]
    public bool TypesUefiCommand => Hardware.Bios == "ovmf" && Boot.UefiCommand.Count > 0;

    /// <summary>
    /// What is typed at the boot loader of this template's firmware, with the guest's address where the installer needs one to
    /// fetch its file.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> BootCommand
    {
        get
        {
            var command = TypesUefiCommand ? Boot.UefiCommand : Boot.Command;
            return Network is null || UnattendedIso
                ? command
                : Network.Into(command, Assets.Select(a => a.Format).FirstOrDefault(f => f != "text") ?? "", AssetFunctions.HostName(Id));
        }
    }

    /// <summary>Whether the guest is Windows, by Proxmox's OS type.</summary>
    [JsonIgnore]
    public bool IsWindows => Hardware.OsType.StartsWith('w');
}

/// <summary>A range of VMIDs, both ends included.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.Always)]
public sealed record VmidRange
{
    /// <summary>The lowest VMID, 100 at least.</summary>
    public int First { get; init; }

    /// <summary>The highest VMID.</summary>
    public int Last { get; init; }
}

/// <summary>An installation medium with its checksum.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.Always)]
public sealed record IsoImage
{
    /// <summary>The name on the storage.</summary>
    public string File { get; init; } = "";

    /// <summary>Where it can be downloaded, in the order in which to try.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>The SHA-256, 64 lowercase hexadecimal digits.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The day on which its maker released it, such as <c>2026-09-12</c>; null when it is not known.</summary>
    [JsonProperty(Required = Required.Default, NullValueHandling = NullValueHandling.Ignore)]
    public string? Released { get; init; }
}

/// <summary>The virtual machine's hardware, in Proxmox's terms.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record Hardware
{
    /// <summary>Proxmox's <c>ostype</c>: <c>l26</c>, <c>win11</c>, …</summary>
    [JsonProperty(Required = Required.Always)]
    public string OsType { get; init; } = "";

    /// <summary>Sockets.</summary>
    public int Sockets { get; init; } = 1;

    /// <summary>Cores for each socket.</summary>
    [JsonProperty(Required = Required.Always)]
    public int Cores { get; init; }

    /// <summary>Proxmox's CPU type, such as <c>host</c> or <c>x86-64-v2-AES</c>.</summary>
    public string CpuType { get; init; } = "host";

    /// <summary>Memory in MiB.</summary>
    [JsonProperty(Required = Required.Always)]
    public int MemoryMb { get; init; }

    /// <summary>The size of the system disk in GiB.</summary>
    [JsonProperty(Required = Required.Always)]
    public int DiskGb { get; init; }

    /// <summary>The bus of the disk: <c>scsi</c>, <c>virtio</c>, <c>sata</c>, <c>ide</c>.</summary>
    public string DiskType { get; init; } = "scsi";

    /// <summary>Proxmox's <c>scsihw</c>.</summary>
    public string ScsiController { get; init; } = "virtio-scsi-single";

    /// <summary>The model of the network card.</summary>
    public string NetworkModel { get; init; } = "virtio";

    /// <summary>The firmware: <c>seabios</c> or <c>ovmf</c>. Packer 1.6 cannot set <c>ovmf</c>.</summary>
    public string Bios { get; init; } = "seabios";

    /// <summary>Whether to add a TPM 2.0. Packer 1.6 cannot add one.</summary>
    public bool Tpm { get; init; }

    /// <summary>Whether the firmware's store holds the keys of Secure Boot; only with <c>ovmf</c>.</summary>
    public bool PreEnrolledKeys { get; init; } = true;

    /// <summary>Flags to add to or take from the CPU type, such as <c>+aes</c> and <c>-pcid</c>.</summary>
    public IReadOnlyList<string> CpuFlags { get; init; } = [];

    /// <summary>Proxmox's machine type, such as <c>q35</c>; empty for <c>q35</c> with UEFI and the server's default otherwise.</summary>
    public string Machine { get; init; } = "";

    /// <summary>Whether the guest sees NUMA nodes.</summary>
    public bool Numa { get; init; }

    /// <summary>How the system disk is attached.</summary>
    public DiskSettings Disk { get; init; } = new();

    /// <summary>The network cards in their order; empty for one of <see cref="NetworkModel"/>.</summary>
    public IReadOnlyList<NetworkAdapter> NetworkAdapters { get; init; } = [];

    /// <summary>The display, or null for the server's default.</summary>
    [JsonProperty(Required = Required.Default, NullValueHandling = NullValueHandling.Ignore)]
    public VgaSettings? Vga { get; init; }

    /// <summary>Serial ports: <c>socket</c>, or a device of the host.</summary>
    public IReadOnlyList<string> Serials { get; init; } = [];

    /// <summary>The source of random numbers that the guest is given, or null.</summary>
    [JsonProperty(Required = Required.Default, NullValueHandling = NullValueHandling.Ignore)]
    public RngSettings? Rng0 { get; init; }

    /// <summary>The network cards, one at least.</summary>
    [JsonIgnore]
    public IReadOnlyList<NetworkAdapter> Adapters => NetworkAdapters.Count > 0 ? NetworkAdapters : [new NetworkAdapter { Model = NetworkModel }];
}

/// <summary>How the installation is started.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.Always)]
public sealed record BootSettings
{
    /// <summary>How long the firmware needs before keys can be typed, such as <c>10s</c>.</summary>
    public string Wait { get; init; } = "10s";

    /// <summary>Packer's <c>boot_command</c>.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>What is typed instead where the firmware is UEFI, whose boot loader can be another; empty for the same.</summary>
    [JsonProperty(Required = Required.DisallowNull)]
    public IReadOnlyList<string> UefiCommand { get; init; } = [];
}

/// <summary>An unattended asset.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record Asset
{
    /// <summary>
    /// The file: beside <c>template.json</c>, in <c>os/&lt;family&gt;/</c> or in <c>os/common/</c>, found in that order.
    /// What ends in <c>.scriban</c> is rendered, everything else is taken as it is.
    /// </summary>
    [JsonProperty(Required = Required.Always)]
    public string Source { get; init; } = "";

    /// <summary>The name under which the installer finds it, such as <c>ks.cfg</c> or <c>user-data</c>.</summary>
    [JsonProperty(Required = Required.Always)]
    public string Target { get; init; } = "";

    /// <summary>What it is, so that it can be checked: <c>kickstart</c>, <c>autoinstall</c>, <c>unattend</c>, <c>preseed</c> or <c>text</c>.</summary>
    public string Format { get; init; } = "text";
}

/// <summary>How a clone of the template is tested.</summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record SmokeTestSettings
{
    /// <summary>How long the clone may take until its guest agent reports an address, in seconds.</summary>
    public int TimeoutSeconds { get; init; } = 300;

    /// <summary>Why no clone is tested, which the record states; empty when one is.</summary>
    public string Skip { get; init; } = "";
}
