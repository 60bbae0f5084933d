using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Newtonsoft.Json.Linq;
using Templates;

namespace Packer.Staging;

/// <summary>
/// Where Packer serves the unattended files: at one address, which the guest is told; or at all addresses of this machine,
/// and the guest is told the first IPv4 address of an interface that is no loopback address. Packer takes one or the other.
/// Sources: <c>packer-plugin-sdk</c>, <c>multistep/commonsteps/http_config.go</c> and <c>net/configure_port.go</c>;
/// <c>packer-plugin-proxmox</c>, <c>builder/proxmox/common/step_type_boot_command.go</c>; the same files of Packer 1.6.6.
/// </summary>
public sealed record HttpServing
{
    /// <summary>The address that Packer takes for all addresses.</summary>
    public const string AllAddresses = "0.0.0.0";

    private HttpServing(string bindAddress, string interfaceName)
    {
        BindAddress = bindAddress;
        Interface = interfaceName;
    }

    /// <summary>At all addresses; the guest is told the first one of this machine.</summary>
    public static HttpServing Anywhere { get; } = new("", "");

    /// <summary>The IPv4 address to listen on; empty for all.</summary>
    public string BindAddress { get; }

    /// <summary>The interface whose address the guest is told, or empty.</summary>
    public string Interface { get; }

    /// <summary>The address that the guest is told; null when Packer would find none.</summary>
    public string? Told => BindAddress is "" or AllAddresses
        ? Ipv4Addresses(Interface).FirstOrDefault()?.ToString()
        : BindAddress;

    /// <summary>At one address of this machine.</summary>
    public static HttpServing At(IPAddress address) => new(address.ToString(), "");

    /// <summary>At all addresses, and the guest is told the one of an interface.</summary>
    public static HttpServing On(string interfaceName) => new("", interfaceName);

    /// <summary>The IPv4 addresses of an interface (of all when it is empty) that Packer may tell a guest, the one that it tells first.</summary>
    public static IEnumerable<IPAddress> Ipv4Addresses(string interfaceName) =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        where interfaceName.Length == 0 || network.Name == interfaceName
        from unicast in network.GetIPProperties().UnicastAddresses
        where unicast.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(unicast.Address)
        select unicast.Address;

    /// <summary>The variables: never both, which the plugin refuses.</summary>
    /// <remarks>Packer 1.6 refuses an interface unless it has no effect, so there the interface's address takes its place.</remarks>
    public IReadOnlyDictionary<string, JToken> Variables(PackerGeneration generation)
    {
        var byAddress = generation == PackerGeneration.Builtin && Told is not null;
        return new Dictionary<string, JToken>
        {
            ["http_bind_address"] = Interface.Length == 0 ? BindAddress : byAddress ? Told! : "",
            ["http_interface"] = byAddress ? "" : Interface,
        };
    }
}
