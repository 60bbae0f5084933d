using System.Net;
using Installer;
using Sandbox.Storage;
using Sandbox.Tasks;
using Unattended;

namespace Sandbox.Machines.Simulated;

/// <summary>Boots the system on the disk, or lets the installer work from the CD-ROM; both are simulated, and disks have no files.</summary>
internal sealed class SimulatedEngine(NodeServices node) : IMachineEngine
{
    /// <summary>The type of the task in which an installation happens; a real node has none of the kind.</summary>
    public const string InstallTask = "sandbox-install";

    public IDiskFiles Files { get; } = new NoDiskFiles();

    public Downloads.MediaCache? Media => null;

    public bool TakesSnapshots => true;

    public IPAddress? GuestGateway => null;

    public int BootWaitFactor => 0;

    public RunningMachine Start(MachineStart start)
    {
        var (machine, started) = (start.Machine, new SimulatedMachine(node, start));
        var disks = MachineDisks.Disks(node, machine);
        if (disks.Select(d => d.Volume.System).FirstOrDefault(s => s is not null) is { } system)
        {
            node.Log($"VM {machine.Id}: booting {system.PrettyName} from disk");
            started.Boot(CloudInitSeed.Apply(system, machine));
        }
        else
        {
            Install(started, machine, disks, start.User);
        }

        return started;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Install(SimulatedMachine started, Machine machine, IReadOnlyList<(string Name, Volume Volume)> disks, string user)
    {
        var media = MachineDisks.Media(node, machine);
        if (media.Count == 0 || disks.Count == 0)
        {
            node.Log($"VM {machine.Id}: no bootable device");
            return;
        }

        var task = node.Tasks.Begin(machine.Node, InstallTask, machine.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), user);
        var log = new TaskLog(task);
        started.Installation = new Installation(new InstallationRequest
        {
            Media = [.. media.Select(m => Medium(machine, m))],
            Disks = [.. disks.Select(d => new InstallationDisk(d.Name.TrimEnd("0123456789".ToCharArray()), d.Volume.SizeBytes, machine.Config.GetValueOrDefault("scsihw")))],
            Firmware = machine.Config.GetValueOrDefault("bios") == "ovmf" ? Firmware.Ovmf : Firmware.SeaBios,
            CpuType = CpuLevel.TypeIn(machine.Config.GetValueOrDefault("cpu") ?? "kvm64"),
            MemoryMb = (int)(machine.MemoryBytes >> 20),
            NetworkModel = machine.Cards.Where(c => c.Card["bridge"] is not null && !c.Card.Flag("link_down")).Select(c => c.Card["model"]).FirstOrDefault(),
            Log = line =>
            {
                log.Write(line);
                node.Log($"VM {machine.Id}: {line}");
            },
            Time = node.Time,
            FirstKeyTimeout = TimeSpan.FromSeconds(node.Options.PatientBootLoaders ? 60 : 10),
            KeyIdle = TimeSpan.FromSeconds(node.Options.PatientBootLoaders ? 10 : 2),
        });
        if (started.Address is { } address)
        {
            node.Runtime.Network.Expect(address, started.Installation.Completion);
        }

        started.Settled = SettleAsync(started, machine, task);
    }

    private InstallationMedium Medium(Machine machine, Volume volume) => new()
    {
        VolumeId = volume.Id,
        FilePath = volume.PlaceholderFor is null ? node.StoragesOf(machine).FileOf(volume) : null,
        Identity = volume.PlaceholderFor is { } name ? new MediumIdentity(name) : null,
    };

    private async Task SettleAsync(SimulatedMachine started, Machine machine, TaskEntry task)
    {
        InstallationOutcome? outcome;
        try
        {
            outcome = await started.Installation!.Completion.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            outcome = null;
        }

        lock (node.Gate)
        {
            if (outcome is null || started.Stopped)
            {
                new TaskLog(task).Write("the VM was switched off before the installation had ended");
                node.Tasks.End(task, "WARNINGS: 1");
                return;
            }

            if (outcome.Guest is not { } system)
            {
                var why = outcome.Failure ?? "the installation failed";
                node.Tasks.End(task, why);
                node.Runtime.Failures.Tell(started, why);
            }
            else
            {
                if (MachineDisks.Disks(node, machine) is [var disk, ..])
                {
                    disk.Volume.System = system;
                }

                started.Boot(system);
                node.Tasks.End(task, outcome.Doubts.Count == 0 ? "OK" : string.Join("; ", outcome.Doubts));
            }

            node.Save();
        }
    }

    private sealed class NoDiskFiles : IDiskFiles
    {
        public void Create(Volume volume, string file, string? source, bool linked)
        {
        }

        public void Resize(Volume volume, string file)
        {
        }

        public void MakeBase(Volume volume, string file, string baseFile)
        {
        }

        public void Delete(string file)
        {
        }

        public Task SettledAsync() => Task.CompletedTask;
    }
}
