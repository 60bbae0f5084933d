using System.Net;

namespace Qemu;

/// <summary>The file of a volume.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">Its format: <c>qcow2</c> or <c>raw</c>. QEMU is told it and never guesses.</param>
public sealed record DiskFile(string Path, string Format);

/// <summary>A VM to be started: its configuration as Proxmox VE stores it, and what of this machine it gets.</summary>
public sealed record QemuMachine
{
    /// <summary>The address under which a guest reaches this machine's loopback address.</summary>
    public const string Gateway = "192.0.2.2";

    /// <summary>The name server of guests.</summary>
    public const string NameServer = "192.0.2.3";

    /// <summary>The VMID.</summary>
    public required int Id { get; init; }

    /// <summary>The configuration: one text for each key.</summary>
    public required IReadOnlyDictionary<string, string> Config { get; init; }

    /// <summary>The devices that the firmware tries, in this order.</summary>
    public IReadOnlyList<string> BootOrder { get; init; } = [];

    /// <summary>The file of a volume by its id; null for an empty drive.</summary>
    public required Func<string, DiskFile?> FileOf { get; init; }

    /// <summary>The address that the guest gets by DHCP, of the network 192.0.2.0/24; null without a connected card.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The TCP ports of the guest that are made reachable.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [22, 5986];

    /// <summary>The address under which an isolated guest reaches <see cref="Reachable"/>: QEMU forwards nothing that is sent to <see cref="Gateway"/>.</summary>
    public const string IsolatedGateway = "192.0.2.4";

    /// <summary>Whether the guest reaches nothing outside but <see cref="Reachable"/>.</summary>
    public bool Isolated { get; init; }

    /// <summary>The TCP ports of this machine's loopback address that an isolated guest reaches.</summary>
    public IReadOnlyList<int> Reachable { get; init; } = [];
}

/// <summary>What QEMU makes a guest run with.</summary>
/// <param name="Name">QEMU's name of it: <c>kvm</c>, <c>hvf</c>, <c>whpx</c> or <c>tcg</c>.</param>
public sealed record Accelerator(string Name)
{
    /// <summary>Emulation: works everywhere, and is many times slower.</summary>
    public static readonly Accelerator Emulation = new("tcg");

    /// <summary>
    /// Whether emulated processors share one thread. Before QEMU 8.2 a processor may write to a device that another one is just
    /// moving, and QEMU ends with a segmentation fault (its issue 1826): one build in a dozen on a busy machine.
    /// </summary>
    public bool OneThread { get; init; }

    /// <summary>Whether the guest's instructions are translated instead of run.</summary>
    public bool IsEmulation => Name == "tcg";
}
