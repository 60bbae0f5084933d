using Foundation;
using Newtonsoft.Json.Linq;
using Packer.Tools;
using Proxmox;
using Templates;

namespace Packer.Staging;

/// <summary>What a workspace is made from.</summary>
public sealed record WorkspaceRequest
{
    /// <summary>The template.</summary>
    public required Template Template { get; init; }

    /// <summary>The run.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>The catalogue that the template is from: the folder <c>infra/packer</c>.</summary>
    public required TemplateCatalogue Catalogue { get; init; }

    /// <summary>The Packer that will run.</summary>
    public required PackerTool Packer { get; init; }

    /// <summary>The program that makes the image of the assets; needed when the template has <c>unattended: "iso"</c>.</summary>
    public IsoMaker? IsoMaker { get; init; }

    /// <summary>Where to build.</summary>
    public required ProxmoxConnection Connection { get; init; }

    /// <summary>The build user.</summary>
    public required BuildCredentials Credentials { get; init; }

    /// <summary>The VMID.</summary>
    public required int Vmid { get; init; }

    /// <summary>The VM's name while it is built, and the template's; a DNS name.</summary>
    public required string VmName { get; init; }

    /// <summary>The notes of the finished template.</summary>
    public string Description { get; init; } = "";

    /// <summary>The disk storage's type, as <c>GET /storage/{storage}</c> has it.</summary>
    public string StorageType { get; init; } = "lvm-thin";

    /// <summary>A resource pool, or empty.</summary>
    public string Pool { get; init; } = "";

    /// <summary>Where Packer serves the unattended files.</summary>
    public HttpServing Http { get; init; } = HttpServing.Anywhere;

    /// <summary>A SOCKS5 proxy on the way to the guest's SSH, or null.</summary>
    public System.Net.DnsEndPoint? SshProxy { get; init; }

    /// <summary>A proxy for Packer's HTTP calls, which WinRM's are as well, or null. Loopback addresses are exempt.</summary>
    public Uri? HttpProxy { get; init; }

    /// <summary>Leaves out the waits of the boot command: for the sandbox, whose firmware is ready at once.</summary>
    public bool WithoutBootWaits { get; init; }

    /// <summary>Values of variables by the program, which go before those made from the template.</summary>
    public IReadOnlyDictionary<string, JToken> Overrides { get; init; } = new Dictionary<string, JToken>();

    /// <summary>The user's <c>--var key=value</c>, which go before everything else.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}
