using Guest;
using Guest.Network;
using Installer;
using Sandbox.Api;
using Sandbox.Storage;
using Sandbox.Tasks;
using Unattended;

namespace Sandbox.Machines;

/// <summary>Starts and stops VMs: boots the system on the disk, or lets the installer work from the CD-ROM.</summary>
internal sealed class MachineRuntime(NodeServices node) : IAsyncDisposable
{
    /// <summary>The type of the task in which an installation happens; a real node has none of the kind.</summary>
    public const string InstallTask = "sandbox-install";

    private readonly Dictionary<int, RunningMachine> running = [];
    private readonly List<(int Vmid, long After, TaskCompletionSource<string> Told)> waiting = [];
    private long installations;

    /// <summary>The network between Packer and the guests.</summary>
    public GuestNetwork Network { get; } = GuestNetwork.Start();

    /// <summary>What runs in the VM, or null when it is stopped.</summary>
    public RunningMachine? Find(int vmid) => running.GetValueOrDefault(vmid);

    /// <summary>Waits until an installation that starts from now on in the VM has failed.</summary>
    /// <returns>Why.</returns>
    public Task<string> InstallationFailureAsync(int vmid, CancellationToken cancellation)
    {
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (node.Gate)
        {
            waiting.Add((vmid, installations, told));
        }

        return told.Task.WaitAsync(cancellation);
    }

    /// <summary>Switches the VM on. Called under the node's lock.</summary>
    public void Start(Machine machine, string user, TaskLog log)
    {
        if (machine.Lock != "suspended")
        {
            MachineService.CheckLock(machine);
        }

        if (machine.IsTemplate)
        {
            throw ApiException.Failed("you can't start a vm if it's a template");
        }

        if (machine.Running)
        {
            throw ApiException.Failed($"VM {machine.Id} already running");
        }

        if (machine.Cpus > NodeServices.Cpus)
        {
            throw ApiException.Failed($"MAX {NodeServices.Cpus} vcpus allowed per VM on this node");
        }

        foreach (var (_, card) in machine.Cards.Where(c => c.Card["bridge"] is { } b && b != NodeServices.Bridge && node.State.VNets.GetValueOrDefault(b)?.Applied != true))
        {
            throw ApiException.Failed($"bridge '{card["bridge"]}' does not exist");
        }

        foreach (var (_, drive) in machine.Drives.Where(d => d.Drive["file"] is not ("none" or "cdrom")))
        {
            node.StoragesOf(machine).RequireVolume(drive["file"]!);
        }

        if (machine.Lock == "suspended")
        {
            // Its memory was on a volume, which goes when the VM runs again.
            machine.Config.Remove("lock");
            if (machine.Config.Remove("vmstate", out var state) && node.StoragesOf(machine).Find(state) is { } memory)
            {
                node.StoragesOf(machine).Free(memory);
            }
        }
        else
        {
            node.Machines.ApplyPending(machine, log);
        }

        var started = new RunningMachine(machine.Id);
        if (machine.Cards.Any(c => c.Card["bridge"] is not null && !c.Card.Flag("link_down")))
        {
            started.Address = Network.Allocate();
        }

        running[machine.Id] = started;
        machine.Running = true;
        machine.Started = node.Now;
        var disks = MachineDisks.Disks(node, machine);
        if (disks.Select(d => d.Volume.System).FirstOrDefault(s => s is not null) is { } system)
        {
            node.Log($"VM {machine.Id}: booting {system.PrettyName} from disk");
            Boot(started, CloudInitSeed.Apply(system, machine));
        }
        else
        {
            Install(started, machine, disks, user);
        }
    }

    /// <summary>Switches the VM off at once.</summary>
    public async Task StopAsync(Machine machine)
    {
        RunningMachine? stopping;
        lock (node.Gate)
        {
            machine.Running = false;
            if (!running.Remove(machine.Id, out stopping))
            {
                return;
            }

            stopping.Stopped = true;
        }

        stopping.Installation?.Dispose();
        if (stopping.Guest is { } guest)
        {
            await guest.DisposeAsync();
        }

        if (stopping.Address is { } address)
        {
            Network.Release(address);
        }

        await stopping.Settled;
    }

    /// <summary>Whether somebody in the VM hears a request to shut down.</summary>
    public bool CanShutDown(RunningMachine machine, bool byAgent) =>
        machine.System is { } system && (!byAgent || (system.GuestAgent && !node.Faults.SilentAgent));

    public async ValueTask DisposeAsync()
    {
        foreach (var id in running.Keys.ToList())
        {
            await StopAsync(node.State.Machines[id]);
        }

        await Network.DisposeAsync();
    }

    private void Install(RunningMachine started, Machine machine, IReadOnlyList<(string Name, Volume Volume)> disks, string user)
    {
        var media = MachineDisks.Media(node, machine);
        if (media.Count == 0 || disks.Count == 0)
        {
            node.Log($"VM {machine.Id}: no bootable device");
            return;
        }

        var task = node.Tasks.Begin(machine.Node, InstallTask, machine.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), user);
        var log = new TaskLog(task);
        started.InstallTask = task;
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
            Network.Expect(address, started.Installation.Completion);
        }

        started.Settled = SettleAsync(started, machine, task, ++installations);
    }

    private InstallationMedium Medium(Machine machine, Volume volume) => new()
    {
        VolumeId = volume.Id,
        FilePath = volume.PlaceholderFor is null ? node.StoragesOf(machine).FileOf(volume) : null,
        Identity = volume.PlaceholderFor is { } name ? new MediumIdentity(name) : null,
    };

    private async Task SettleAsync(RunningMachine started, Machine machine, TaskEntry task, long number)
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
                foreach (var one in waiting.Where(w => w.Vmid == machine.Id && number > w.After).ToList())
                {
                    waiting.Remove(one);
                    one.Told.TrySetResult(why);
                }
            }
            else
            {
                if (MachineDisks.Disks(node, machine) is [var disk, ..])
                {
                    disk.Volume.System = system;
                }

                Boot(started, system);
                node.Tasks.End(task, outcome.Doubts.Count == 0 ? "OK" : string.Join("; ", outcome.Doubts));
            }

            node.Save();
        }
    }

    private void Boot(RunningMachine started, GuestSystem system)
    {
        started.System = system;
        if (started.Address is { } address)
        {
            started.Guest = RunningGuest.Start(system, Network, address, new GuestRecorder(line => node.Log($"guest {started.Id}: {line}"), node.Faults.ExitCode));
        }
    }
}
