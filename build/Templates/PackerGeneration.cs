namespace Templates;

/// <summary>The two generations of Packer that builds are written for; see <c>docs/adr/0002</c>.</summary>
public enum PackerGeneration
{
    /// <summary>Packer 1.6, as Debian and Ubuntu package it, with the <c>proxmox-iso</c> builder inside.</summary>
    Builtin,

    /// <summary>Packer 1.11 and later with the plugin <c>github.com/hashicorp/proxmox</c>.</summary>
    Plugin,
}
