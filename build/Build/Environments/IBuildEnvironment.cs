using System.Net;
using Newtonsoft.Json.Linq;
using Packer.Staging;
using Proxmox;
using Templates;

namespace Build.Environments;

/// <summary>Where a build runs: a real cluster, or the sandbox node inside this program. Both go through the same client.</summary>
public interface IBuildEnvironment : IAsyncDisposable
{
    /// <summary>The name in records: <c>proxmox</c> or <c>sandbox</c>.</summary>
    string Name { get; }

    /// <summary>The client with the login for builds.</summary>
    ProxmoxClient Client { get; }

    /// <summary>What was set up or found.</summary>
    AccessOutcome Access { get; }

    /// <summary>How Packer and a guest reach each other.</summary>
    GuestRoute Route { get; }

    /// <summary>Whether a VM is still there once the run has ended.</summary>
    bool KeepsVms => true;

    /// <summary>The address of a VM's console for a browser; null where the server has no web page.</summary>
    string? ConsoleOf(string node, int vmid, string name) => null;

    /// <summary>Whether VMs have screens of which pictures can be taken.</summary>
    bool HasScreens => true;

    /// <summary>What boot loader or installer show in a VM, as text; null where nobody knows.</summary>
    string? ScreenTextOf(int vmid) => null;

    /// <summary>How to have the server again once the run has ended, as a sentence; null when it goes on by itself.</summary>
    string? Afterwards => null;

    /// <summary>What runs in its VMs; null on a cluster, where nobody has to say that it is real.</summary>
    MachineFacts? Machines => null;

    /// <summary>The label that a medium on a storage has inside; null where nobody can read it.</summary>
    /// <param name="volumeId">The volume.</param>
    string? MediumLabel(string volumeId) => null;

    /// <summary>
    /// Waits until it is known that an installation that starts from now on in this VM has failed, and says why. Only the
    /// sandbox ever knows: on a cluster nobody sees into the guest.
    /// </summary>
    Task<string> InstallationFailureAsync(int vmid, CancellationToken cancellation) => new TaskCompletionSource<string>().Task.WaitAsync(cancellation);
}

/// <summary>What runs in the VMs of a sandbox.</summary>
/// <param name="Kind"><c>simulated</c> or <c>qemu</c>.</param>
/// <param name="Accelerator">What makes guests run in QEMU: <c>kvm</c>, <c>tcg</c>, …; null when they are simulated.</param>
/// <param name="QemuVersion">QEMU's version; null when they are simulated.</param>
public sealed record MachineFacts(string Kind, string? Accelerator, string? QemuVersion)
{
    /// <summary>Whether nothing really runs.</summary>
    public bool IsSimulated => Kind == "simulated";
}

/// <summary>How Packer and a guest reach each other.</summary>
public sealed record GuestRoute
{
    /// <summary>Where Packer serves the unattended files.</summary>
    public HttpServing Http { get; init; } = HttpServing.Anywhere;

    /// <summary>Whether guests reach the address that they are told: no, surely, or not known (null).</summary>
    public bool? HttpReachable { get; init; }

    /// <summary>A SOCKS5 proxy on the way to the guest's SSH, or null.</summary>
    public DnsEndPoint? SshProxy { get; init; }

    /// <summary>An HTTP proxy on the way to the guest's WinRM, or null.</summary>
    public Uri? HttpProxy { get; init; }

    /// <summary>How many times as long as on a real machine the boot command waits; zero: the firmware is ready at once.</summary>
    public int BootWaitFactor { get; init; } = 1;

    /// <summary>The address under which guests reach Packer's HTTP server, where it is another one than Packer knows.</summary>
    public IPAddress? HttpAddressForGuests { get; init; }

    /// <summary>The ports in a row at which guests reach Packer's HTTP server; empty where they reach any.</summary>
    public IReadOnlyList<int> HttpPorts { get; init; } = [];

    /// <summary>The route as Packer's variables say it.</summary>
    public IReadOnlyDictionary<string, JToken> Variables(PackerGeneration generation)
    {
        var values = new Dictionary<string, JToken>(Http.Variables(generation));
        if (SshProxy is { } proxy)
        {
            values["ssh_proxy_host"] = proxy.Host;
            values["ssh_proxy_port"] = proxy.Port;
        }

        if (HttpPorts is [var first, .., var last])
        {
            // Packer does not take the highest.
            values["http_port_min"] = first;
            values["http_port_max"] = last + 1;
        }

        return values;
    }
}

/// <summary>How access to the server stands.</summary>
/// <param name="Version">The server's version as it says it.</param>
/// <param name="StorageType">The type of the storage for disks.</param>
/// <param name="Changes">What was changed on the server; none when everything was in place.</param>
/// <param name="Role">The role for builds, when this program manages it.</param>
/// <param name="Privileges">Its privileges.</param>
public sealed record AccessOutcome(string Version, string StorageType, IReadOnlyList<string> Changes, string? Role, IReadOnlyList<string> Privileges);
