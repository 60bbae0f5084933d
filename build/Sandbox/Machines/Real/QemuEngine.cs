using System.Net;
using Qemu;
using Qemu.Running;
using Sandbox.Api;
using Sandbox.Downloads;
using Sandbox.Storage;

namespace Sandbox.Machines.Real;

/// <summary>Lets VMs run in QEMU, one process each; their disks are files.</summary>
internal sealed class QemuEngine : IMachineEngine
{
    /// <summary>The folder of the marks of running VMs, in the node's state.</summary>
    public const string MarksFolder = "running";

    private readonly NodeServices node;
    private readonly QemuDiskFiles files;

    public QemuEngine(NodeServices node, RealMachines real)
    {
        (this.node, Real) = (node, real);
        Media = new MediaCache(real.MediaCache ?? Path.Combine(node.Paths.Root, "cache"), node.Time, real.DownloadHandler?.Invoke(), real.DownloadLimits, real.Proxies);
        files = new QemuDiskFiles(real.Tools);
        foreach (var id in QemuProcess.EndLeft(Marks))
        {
            node.Log($"VM {id}: ended, an earlier sandbox had been killed and left it running");
        }
    }

    public RealMachines Real { get; }

    public IDiskFiles Files => files;

    public MediaCache Media { get; }

    public bool TakesSnapshots => false;

    public IPAddress? GuestGateway => IPAddress.Parse(Real.Isolated ? QemuMachine.IsolatedGateway : QemuMachine.Gateway);

    public int BootWaitFactor => Real.Accelerator.IsEmulation ? 3 : 1;

    /// <summary>Where the marks of running VMs are.</summary>
    public string Marks => Path.Combine(node.Paths.Root, MarksFolder);

    public RunningMachine Start(MachineStart start)
    {
        var machine = start.Machine;
        var description = new QemuMachine
        {
            Id = machine.Id, Config = new Dictionary<string, string>(machine.Config), BootOrder = machine.BootOrder(), Address = start.Address, Isolated = Real.Isolated, Reachable = Real.Reachable,
            FileOf = id => FileOf(machine, id),
        };
        try
        {
            QemuProcess.Check(Real.Tools, description, Real.Accelerator);
        }
        catch (QemuException e)
        {
            throw ApiException.Failed(e.Message);
        }

        return new QemuRun(node, this, start, description);
    }

    /// <summary>Does something after what was asked for before.</summary>
    public void Enqueue(Func<Task> work) => files.Enqueue(work);

    public async ValueTask DisposeAsync()
    {
        Media.Dispose();
        await files.DisposeAsync();
    }

    /// <summary>The file of a volume; null for an empty drive.</summary>
    /// <exception cref="QemuException">It has none.</exception>
    public DiskFile? FileOf(Machine machine, string id)
    {
        if (id == "none")
        {
            return null;
        }

        if (id == "cdrom")
        {
            throw new QemuException("the CD-ROM drive of this machine is nothing that the sandbox gives to VMs");
        }

        var storages = node.StoragesOf(machine);
        var volume = storages.Find(id) ?? throw new QemuException($"volume '{id}' does not exist");
        if (volume.PlaceholderFor is { } medium)
        {
            throw new QemuException($"'{id}' is a placeholder for {medium}, which a real machine cannot read");
        }

        return new DiskFile(storages.FileOf(volume), volume is { Content: "images", Purpose: not (VolumePurpose.TpmState or VolumePurpose.CloudInit) } ? Qemu.Disks.DiskImages.Format : "raw");
    }
}
