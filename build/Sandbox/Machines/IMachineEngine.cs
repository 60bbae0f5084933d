using System.Net;
using Sandbox.Storage;

namespace Sandbox.Machines;

/// <summary>
/// What lets started VMs do something: an installer and guests that are simulated, or QEMU. Everything that the API shows of a
/// VM is the node's; an engine knows what runs in it and what is on its disks.
/// </summary>
internal interface IMachineEngine : IAsyncDisposable
{
    /// <summary>The files of disks.</summary>
    IDiskFiles Files { get; }

    /// <summary>What downloads media; null where a placeholder stands for each.</summary>
    Downloads.MediaCache? Media { get; }

    /// <summary>Whether snapshots can be taken.</summary>
    bool TakesSnapshots { get; }

    /// <summary>The address under which guests reach this machine's loopback address; null where it is the loopback address itself.</summary>
    IPAddress? GuestGateway { get; }

    /// <summary>How many times as long as on a real machine the firmware and the boot loader have to be waited for.</summary>
    int BootWaitFactor { get; }

    /// <summary>Begins to run a VM; it does once <see cref="RunningMachine.Ready"/> has ended. Called under the node's lock.</summary>
    /// <exception cref="Api.ApiException">It cannot be run.</exception>
    RunningMachine Start(MachineStart start);
}

/// <summary>A VM that is to be run.</summary>
/// <param name="Machine">The VM.</param>
/// <param name="Address">Its address on the guest network, or null when it has no connected network card.</param>
/// <param name="User">Who starts it.</param>
/// <param name="Number">The number of this start.</param>
internal sealed record MachineStart(Machine Machine, IPAddress? Address, string User, long Number);

/// <summary>The files of the disks on the storages. What is asked for is done in this order, beside other work.</summary>
internal interface IDiskFiles
{
    /// <summary>A new disk.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="file">Its file.</param>
    /// <param name="source">The file whose content it has, or null for an empty one.</param>
    /// <param name="linked">Whether it refers to the source instead of being a copy.</param>
    void Create(Volume volume, string file, string? source, bool linked);

    /// <summary>A disk becomes larger.</summary>
    void Resize(Volume volume, string file);

    /// <summary>A disk becomes a base, which has another name.</summary>
    void MakeBase(Volume volume, string file, string baseFile);

    /// <summary>A disk goes.</summary>
    void Delete(string file);

    /// <summary>Waits until all is done that was asked for.</summary>
    /// <exception cref="Api.ApiException">Something of it failed.</exception>
    Task SettledAsync();
}
