using System.Collections.Concurrent;
using Foundation;
using Sandbox.Access;
using Sandbox.Machines;
using Sandbox.Machines.Real;
using Sandbox.Machines.Simulated;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox;

/// <summary>Where the node's files are.</summary>
/// <param name="Root">The folder of its state.</param>
internal sealed record NodePaths(string Root)
{
    public string State => Path.Combine(Root, "node.json");

    public string Certificate => Path.Combine(Root, "certificate.pem");

    public string LockFile => Path.Combine(Root, "lock");

    /// <summary>Where uploads are while they arrive.</summary>
    public string Incoming => Path.Combine(Root, "incoming");

    /// <summary>The files of all storages.</summary>
    public string Storages => Path.Combine(Root, "storage");

    /// <summary>The files of a storage.</summary>
    /// <param name="id">The storage.</param>
    /// <param name="on">The node, where it is a local storage of another than the first.</param>
    public string Storage(string id, string? on = null) => Path.Combine(Root, "storage", on is null ? id : $"{id}@{on}");
}

/// <summary>A console that somebody asked for.</summary>
/// <param name="AuthId">Who asked.</param>
/// <param name="VmId">Of which VM.</param>
/// <param name="Port">The port that was named.</param>
/// <param name="Password">What a viewer has to know.</param>
internal sealed record ConsoleTicket(string AuthId, int VmId, int Port, string Password)
{
    /// <summary>Ends when it was opened.</summary>
    public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when it was closed.</summary>
    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The parts of one node, which the endpoints use. Its state is read and changed under <see cref="Gate"/>.</summary>
internal sealed class NodeServices : IAsyncDisposable
{
    /// <summary>How many processors the node has.</summary>
    public const int Cpus = 16;

    /// <summary>The one bridge of the node.</summary>
    public const string Bridge = "vmbr0";

    private readonly ConcurrentDictionary<string, StorageService> storages = new(StringComparer.Ordinal);
    private bool closed;

    public NodeServices(SandboxOptions options, NodePaths paths, NodeState state)
    {
        (Options, Paths, State) = (options, paths, state);
        State.PlaceOn(options.NodeName);
        Version = PveVersionInfo.TryParse(options.PveVersion, out var version) ? version : throw new ArgumentException(options.PveVersion, nameof(options));
        Privileges = new Privileges(Version.Before9);
        Faults = new FaultSet(options.Faults);
        Access = new AccessControl(state, Privileges, Faults);
        Credentials = new Credentials(state, options.Time);
        ConfigLocks = new ConfigLocks(options.Time);
        Tasks = new TaskService(this);
        Machines = new MachineService(this);
        Snapshots = new SnapshotService(this);
        Runtime = new MachineRuntime(this, options.RealMachines is { } real ? new QemuEngine(this, real) : new SimulatedEngine(this));
        Status = new StatusDaemon(this);
        Started = Now;
    }

    public Lock Gate { get; } = new();

    public SandboxOptions Options { get; }

    public NodePaths Paths { get; }

    public NodeState State { get; }

    public PveVersionInfo Version { get; }

    public Privileges Privileges { get; }

    public FaultSet Faults { get; }

    public AccessControl Access { get; }

    public Credentials Credentials { get; }

    /// <summary>The names of the cluster's nodes; the first is the one that is asked.</summary>
    public IReadOnlyList<string> NodeNames => Options.NodeNames;

    /// <summary>The storages as a node sees them.</summary>
    public StorageService StoragesOn(string nodeName) => storages.GetOrAdd(nodeName, on => new StorageService(this, on));

    /// <summary>The storages as the VM's node sees them.</summary>
    public StorageService StoragesOf(Machine machine) => StoragesOn(machine.Node);

    public TaskService Tasks { get; }

    public ConfigLocks ConfigLocks { get; }

    public MachineService Machines { get; }

    public SnapshotService Snapshots { get; }

    public MachineRuntime Runtime { get; }

    public StatusDaemon Status { get; }

    /// <summary>The consoles that were asked for and not opened yet, by ticket.</summary>
    public ConcurrentDictionary<string, ConsoleTicket> Consoles { get; } = new(StringComparer.Ordinal);

    public NodeCertificate? Certificate { get; set; }

    public TimeProvider Time => Options.Time;

    /// <summary>Seconds since 1970.</summary>
    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>When the node was started, in seconds since 1970.</summary>
    public long Started { get; }

    /// <summary>The QEMU that this version of Proxmox VE comes with.</summary>
    public string QemuVersion => Version.Before9 ? "9.2.0" : Version.Minor < 2 ? "10.1.2" : "11.0.0";

    public void Log(string line) => Options.Log?.Invoke(line);

    /// <summary>
    /// Writes the state to the disk. Where that is full, the node goes on with what it knows, and writes it with the next change:
    /// to destroy a VM is what makes room.
    /// </summary>
    public void Save()
    {
        lock (Gate)
        {
            try
            {
                if (!closed)
                {
                    State.Save(Paths.State);
                }
            }
            catch (IOException e) when (WriteRemedy.IsFull(e))
            {
                Log($"The node's state could not be written ({e.Message}); it is with its next change");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Status.DisposeAsync();
        await Tasks.DisposeAsync();
        await Runtime.DisposeAsync();
        if (!closed)
        {
            State.Save(Paths.State);
            closed = true;
        }
    }
}
