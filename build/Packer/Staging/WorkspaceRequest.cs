using Packer.Tools;
using Proxmox;
using Templates;

namespace Packer.Staging;

/// <summary>What a workspace is made from.</summary>
public sealed record WorkspaceRequest
{
    /// <summary>What is built.</summary>
    public required BuildPlan Plan { get; init; }

    /// <summary>The catalogue that the template is from: the folder <c>infra/packer</c>.</summary>
    public required TemplateCatalogue Catalogue { get; init; }

    /// <summary>The Packer that will run.</summary>
    public required PackerTool Packer { get; init; }

    /// <summary>The program that makes the image of the assets; needed when the template has <c>unattended: "iso"</c>.</summary>
    public IsoMaker? IsoMaker { get; init; }

    /// <summary>The server, and how to log in there.</summary>
    public required ProxmoxConnection Connection { get; init; }

    /// <summary>The build user.</summary>
    public required BuildCredentials Credentials { get; init; }

    /// <summary>A proxy for Packer's HTTP calls, which WinRM's are as well, or null. Loopback addresses are exempt.</summary>
    public Uri? HttpProxy { get; init; }
}
