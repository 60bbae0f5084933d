using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;
using Proxmox;
using Templates;

namespace Packer.Staging;

/// <summary>The values of the variables that <c>variables.pkr.hcl</c> declares, from a request.</summary>
public static partial class BuildVariables
{
    /// <summary>Every variable that does not come through the environment.</summary>
    /// <param name="request">The run.</param>
    /// <param name="httpFolder">The folder that Packer serves, or empty.</param>
    /// <param name="assetIso">The image of the assets, or null.</param>
    internal static JObject From(WorkspaceRequest request, string httpFolder, AssetIso? assetIso)
    {
        var connection = request.Connection;
        var values = PackerVariables.Of(request.Template);
        values["chain_id"] = request.Chain.ToString();
        values["manifest_file"] = Workspace.ManifestName;
        values["proxmox_url"] = ApiUrl(connection.Url);
        values["insecure_skip_tls_verify"] = connection.Insecure;
        values["node"] = connection.Node;
        values["pool"] = request.Pool;
        values["vm_id"] = request.Vmid;
        values["vm_name"] = request.VmName;
        values["template_name"] = request.VmName;
        values["template_description"] = request.Description;
        values["storage_pool"] = connection.StorageVm;
        values["storage_pool_type"] = request.StorageType switch { "lvmthin" => "lvm-thin", "dir" => "directory", var type => type };
        values["bridge"] = connection.Bridge;
        if (connection.Vlan is { } vlan)
        {
            values["vlan_tag"] = vlan.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        values["iso_file"] = $"{connection.StorageIso}:iso/{request.Template.Iso.File}";
        values["additional_iso_files"] = FurtherMedia(request, assetIso);
        values["http_directory"] = httpFolder;
        request.Http.Set(values, request.Packer.Generation);
        values["build_username"] = request.Credentials.Access.Username;
        var attaches = request.Packer.Generation == PackerGeneration.Builtin && request.Template.HasFurtherMedia;
        if (attaches)
        {
            values["boot_wait"] = "60s";
        }

        if (request.WithoutBootWaits)
        {
            // A VM is off for a moment while it is given its media, and takes no keys then. Windows needs none: with nothing
            // to start on the disk, its medium does not ask for one under SeaBIOS, the only firmware of Packer 1.6. So it need
            // not wait that long; but Packer waits five seconds when it finds no address the first time that it asks.
            var needsKeys = request.Template.Family != "windows" || !attaches;
            string[] command = needsKeys ? [.. request.Template.Boot.Command.Select(c => Wait().Replace(c, ""))] : ["<wait1s>"];
            values["boot_command"] = new JArray(command);

            // Packer takes a negative wait for none, and zero for its default.
            values["boot_wait"] = attaches && needsKeys ? "4s" : "-1s";
            values["boot_key_interval"] = "1ms";
        }

        if (request.SshProxy is { } proxy)
        {
            values["ssh_proxy_host"] = proxy.Host;
            values["ssh_proxy_port"] = proxy.Port;
        }

        foreach (var (name, value) in request.Overrides)
        {
            values[name] = value;
        }

        return values;
    }

    /// <summary>The volumes of the media beside the installation medium, the image of the assets first.</summary>
    public static IReadOnlyList<string> Volumes(ProxmoxConnection connection, Template template, string? assetImage) =>
    [
        .. assetImage is null ? Array.Empty<string>() : [$"{connection.StorageIso}:iso/{Path.GetFileName(assetImage)}"],
        .. template.AdditionalIsos.Select(iso => $"{connection.StorageIso}:iso/{iso.File}"),
    ];

    /// <summary>The address of the API as Packer wants it.</summary>
    public static string ApiUrl(Uri server) => $"{server.GetLeftPart(UriPartial.Authority)}/api2/json";

    // Packer 1.6 uploads further media but never attaches them (and its HCL rejects the block that names them): there
    // the program attaches them beside Packer, while Packer waits to type the boot command.
    private static JArray FurtherMedia(WorkspaceRequest request, AssetIso? assetIso)
    {
        var media = new JArray();
        if (request.Packer.Generation == PackerGeneration.Plugin)
        {
            foreach (var volume in Volumes(request.Connection, request.Template, assetIso?.Path))
            {
                media.Add(PackerVariables.Medium(media.Count, volume));
            }
        }

        return media;
    }

    [GeneratedRegex("<wait[0-9a-z.]{0,16}>", RegexOptions.IgnoreCase)]
    private static partial Regex Wait();
}
