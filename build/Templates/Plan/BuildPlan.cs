using System.Globalization;
using System.Text.RegularExpressions;
using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>What a plan is made of.</summary>
public sealed record BuildPlanRequest
{
    /// <summary>The template, as the user chose it.</summary>
    public required Template Template { get; init; }

    /// <summary>What the user gave for single variables, see <see cref="ChosenTemplate.Given"/>.</summary>
    public IReadOnlyList<GivenVariable> Given { get; init; } = [];

    /// <summary>What of that is for Packer alone, see <see cref="ChosenTemplate.Values"/>.</summary>
    public IReadOnlyDictionary<string, JToken> Values { get; init; } = new Dictionary<string, JToken>();

    /// <summary>The generation of the Packer that will run.</summary>
    public required PackerGeneration Generation { get; init; }

    /// <summary>The run.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>Where it is built.</summary>
    public required BuildPlace Place { get; init; }

    /// <summary>The VMID.</summary>
    public required int Vmid { get; init; }

    /// <summary>The VM's name while it is built, and the template's; a DNS name.</summary>
    public required string VmName { get; init; }

    /// <summary>The notes of the finished template.</summary>
    public string Description { get; init; } = "";

    /// <summary>The user of this run in the guest.</summary>
    public required string Username { get; init; }

    /// <summary>The variables that say how Packer and the guest reach each other.</summary>
    public IReadOnlyDictionary<string, JToken> Route { get; init; } = new Dictionary<string, JToken>();

    /// <summary>How many times as long as written the boot command waits: not at all in the sandbox, whose firmware is ready at once.</summary>
    public int BootWaitFactor { get; init; } = 1;

    /// <summary>The address of Packer's HTTP server as guests see it, or null for the one that Packer tells them.</summary>
    public string? HttpAddressForGuests { get; init; }
}

/// <summary>
/// What one build is made of, computed once: from the template, what the user gave, the settings and the defaults. What
/// renders, runs Packer, tests, compares and records reads this and nothing else, so that a record states what was given
/// to Packer. See <c>docs/adr/0007</c>.
/// </summary>
public sealed partial class BuildPlan
{
    private BuildPlan(BuildPlanRequest request, JObject variables)
    {
        Template = request.Template;
        Given = request.Given;
        Generation = request.Generation;
        Chain = request.Chain;
        Place = request.Place;
        Vmid = request.Vmid;
        VmName = request.VmName;
        Variables = variables;
    }

    /// <summary>The template as it is built.</summary>
    public Template Template { get; }

    /// <summary>What the user gave for single variables.</summary>
    public IReadOnlyList<GivenVariable> Given { get; }

    /// <summary>The generation of the Packer that builds it.</summary>
    public PackerGeneration Generation { get; }

    /// <summary>The run.</summary>
    public ChainId Chain { get; }

    /// <summary>Where it is built.</summary>
    public BuildPlace Place { get; }

    /// <summary>The VMID.</summary>
    public int Vmid { get; }

    /// <summary>The VM's name while it is built, and the template's.</summary>
    public string VmName { get; }

    /// <summary>
    /// All variables that are no secrets, as Packer gets them. Only <c>http_directory</c> is another path where the served
    /// files are secret.
    /// </summary>
    public JObject Variables { get; }

    /// <summary>The name of the image of the unattended files, or null when Packer serves them.</summary>
    public string? AssetImage => ImageName(Template, VmName);

    /// <summary>The installation medium, such as <c>local:iso/Rocky-9.6-x86_64-minimal.iso</c>.</summary>
    public string InstallationMedium => Text("iso_file");

    /// <summary>The media beside it, the image of the unattended files first: <c>sata1</c> and up.</summary>
    public IReadOnlyList<string> FurtherMedia => Further(Template, Place, AssetImage);

    /// <summary>
    /// Whether the program attaches further media beside Packer. Packer 1.6 uploads them but never attaches them, and its HCL
    /// rejects the block that names them.
    /// </summary>
    public bool AttachesMedia => Attaches(Generation, Template);

    /// <summary>The tags of the finished template as they were given, or empty. Packer gets none of them.</summary>
    public string Tags => Given.FirstOrDefault(g => g.Name == ChosenTemplate.TagsVariable)?.Text ?? "";

    /// <summary>A variable's text.</summary>
    public string Text(string variable) => (string?)Variables[variable] ?? "";

    /// <summary>A variable's number.</summary>
    public int Number(string variable) => (int)Variables[variable]!;

    /// <summary>Whether a variable is true.</summary>
    public bool IsOn(string variable) => (bool)Variables[variable]!;

    /// <summary>Computes a plan.</summary>
    /// <exception cref="FailureException">Usage: a value that was given cannot be had at this place.</exception>
    public static BuildPlan Of(TemplateCatalogue catalogue, BuildPlanRequest request)
    {
        var template = request.Template;
        var place = request.Place;
        var values = PackerVariables.Of(template);
        values["chain_id"] = request.Chain.ToString();
        values["proxmox_url"] = place.Api;
        values["insecure_skip_tls_verify"] = place.Insecure;
        values["node"] = place.Node;
        values["pool"] = place.Pool;
        values["vm_id"] = request.Vmid;
        values["vm_name"] = request.VmName;
        values["template_name"] = request.VmName;
        values["template_description"] = request.Description;
        values["storage_pool"] = place.StorageVm;
        values["storage_pool_type"] = place.StorageType switch { "lvmthin" => "lvm-thin", "dir" => "directory", var type => type };
        var first = template.Hardware.Adapters[0];
        values["bridge"] = first.Bridge.Length > 0 ? first.Bridge : place.Bridge;
        if (first is { VlanTag: 0, Bridge.Length: 0 })
        {
            values["vlan_tag"] = place.Vlan?.ToString(CultureInfo.InvariantCulture) ?? "";
        }

        values["further_network_adapters"] = PackerVariables.FurtherAdapters(template, place.Bridge);
        values["iso_file"] = Volume(place, template.Iso.File);
        values["additional_iso_files"] = Drives(request);
        values["build_username"] = request.Username;
        foreach (var (name, value) in request.Route.Concat(Typing(request)).Concat(request.Values))
        {
            values[name] = value;
        }

        if (place.IsBlockStorage && (string?)values["disk_format"] is { } format and not "raw")
        {
            throw new FailureException(
                FailureKind.Usage, $"{request.Given.First(g => g.Name == "disk_format")} cannot be {format}",
                $"{place.StorageVm} ({place.StorageType}) holds raw volumes only", "Leave it out, or choose a storage of files with --storage-vm=<name>");
        }

        return new BuildPlan(request, PackerVariables.Read(catalogue).Complete(values));
    }

    private static string? ImageName(Template template, string vmName) => template.UnattendedIso ? vmName + "-assets.iso" : null;

    private static string Volume(BuildPlace place, string file) => $"{place.StorageIso}:iso/{file}";

    private static IReadOnlyList<string> Further(Template template, BuildPlace place, string? image) =>
        [.. (image is null ? [] : new[] { image }).Concat(template.AdditionalIsos.Select(i => i.File)).Select(file => Volume(place, file))];

    private static bool Attaches(PackerGeneration generation, Template template) => generation == PackerGeneration.Builtin && template.HasFurtherMedia;

    private static JArray Drives(BuildPlanRequest request)
    {
        var media = new JArray();
        if (request.Generation == PackerGeneration.Plugin)
        {
            foreach (var volume in Further(request.Template, request.Place, ImageName(request.Template, request.VmName)))
            {
                media.Add(PackerVariables.Medium(media.Count, volume));
            }
        }

        return media;
    }

    /// <summary>What differs from the template in how it is typed; what the user gave stays.</summary>
    private static IEnumerable<KeyValuePair<string, JToken>> Typing(BuildPlanRequest request)
    {
        var template = request.Template;
        var attaches = Attaches(request.Generation, template);
        var values = new Dictionary<string, JToken>();
        if (attaches)
        {
            values["boot_wait"] = "60s";
        }

        if (request.BootWaitFactor > 1 || request.HttpAddressForGuests is not null)
        {
            var typed = template.BootCommand.Select(c => Wait().Replace(c, w => string.Concat(Enumerable.Repeat(w.Value, request.BootWaitFactor))));
            values["boot_command"] = new JArray(typed.Select(c => request.HttpAddressForGuests is { } address ? HttpIp().Replace(c, address) : c));
            values["boot_wait"] = attaches ? values["boot_wait"] : Seconds().Match(template.Boot.Wait) is { Success: true } seconds
                ? $"{int.Parse(seconds.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * request.BootWaitFactor}s" : template.Boot.Wait;
        }

        if (request.BootWaitFactor > 1)
        {
            // Packer's own default instead of this project's, at which a key comes after a twentieth of a second: an emulated boot
            // loader may need that long to show it at the end of a long line, and of those that wait the keyboard keeps few.
            values["boot_key_interval"] = "100ms";
        }

        if (request.BootWaitFactor == 0)
        {
            // A VM is off for a moment while it is given its media, and takes no keys then. Windows needs none: with nothing
            // to start on the disk, its medium does not ask for one under SeaBIOS, the only firmware of Packer 1.6. So it need
            // not wait that long; but Packer waits five seconds when it finds no address the first time that it asks.
            var needsKeys = template.Family != "windows" || !attaches;
            string[] command = needsKeys ? [.. template.BootCommand.Select(c => Wait().Replace(c, ""))] : ["<wait1s>"];
            values["boot_command"] = new JArray(command);

            // Packer takes a negative wait for none, and zero for its default.
            values["boot_wait"] = attaches && needsKeys ? "4s" : "-1s";
            values["boot_key_interval"] = "1ms";
        }

        return values.Where(v => !request.Given.Any(g => g.Name == v.Key));
    }

    [GeneratedRegex(@"\{\{\s*\.HTTPIP\s*\}\}")]
    private static partial Regex HttpIp();

    [GeneratedRegex(@"\A([0-9]{1,4})s\z")]
    private static partial Regex Seconds();

    [GeneratedRegex("<wait[0-9a-z.]{0,16}>", RegexOptions.IgnoreCase)]
    private static partial Regex Wait();
}
