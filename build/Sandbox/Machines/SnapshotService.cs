using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Machines;

/// <summary>Takes, applies and removes snapshots, after the server's <c>AbstractConfig</c>.</summary>
internal sealed class SnapshotService(NodeServices node)
{
    // What belongs to the VM now and to no moment of it.
    private static readonly string[] NotCopied = ["lock", "digest", "parent"];

    /// <summary>The snapshot.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public static Snapshot Require(Machine machine, string name) =>
        machine.Snapshots.GetValueOrDefault(name) ?? throw ApiException.Failed($"snapshot '{name}' does not exist");

    /// <summary>The VM as it was then, to be cloned.</summary>
    public static Machine As(Machine machine, Snapshot snapshot) => new()
    {
        Id = machine.Id, Node = machine.Node, CloudInitPassword = machine.CloudInitPassword, Config = new(snapshot.Config, StringComparer.Ordinal),
    };

    /// <summary>Whether every disk is on a storage, or in a format, that knows snapshots.</summary>
    public bool IsPossible(Machine machine) => node.Runtime.Engine.TakesSnapshots && Disks(machine).All(v => node.StoragesOf(machine).Require(v.Storage) is var storage && (!storage.HasFiles || v.Format == "qcow2"));

    /// <summary>Fails unless a snapshot can be taken, and locks the VM for it.</summary>
    public void Prepare(Machine machine, string name)
    {
        if (machine.IsTemplate)
        {
            throw ApiException.Failed("you can't take a snapshot if it's a template");
        }

        MachineService.CheckLock(machine);
        if (machine.Snapshots.ContainsKey(name))
        {
            throw ApiException.Failed($"snapshot name '{name}' already used");
        }

        if (!IsPossible(machine))
        {
            throw ApiException.Failed("snapshot feature is not available");
        }

        machine.Config["lock"] = "snapshot";
    }

    /// <summary>Takes a snapshot of a VM that was prepared for it.</summary>
    public void Take(Machine machine, string name, string? description, bool withMemory)
    {
        machine.Config.Remove("lock");
        var snapshot = new Snapshot
        {
            Time = node.Now, Description = description, Parent = machine.SnapshotParent, WithMemory = withMemory && machine.Running,
            Systems = Disks(machine).Where(v => v.System is not null).ToDictionary(v => v.Id, v => v.System!),
        };
        foreach (var (key, value) in machine.Config.Where(c => !NotCopied.Contains(c.Key)))
        {
            snapshot.Config[key] = value;
        }

        machine.Snapshots[name] = snapshot;
        machine.SnapshotParent = name;
    }

    /// <summary>Brings configuration and disks back. The VM has been stopped.</summary>
    public void RollBack(Machine machine, string name)
    {
        var snapshot = Require(machine, name);
        var kept = Referenced(snapshot.Config).ToHashSet();
        var dropped = Referenced(machine.Config).Where(v => !kept.Contains(v)).Select(node.StoragesOf(machine).Find).OfType<Volume>().Where(v => v.Content == "images" && v.Owner == machine.Id).ToList();
        machine.Config.Clear();
        machine.Pending.Clear();
        machine.PendingDelete.Clear();
        foreach (var (key, value) in snapshot.Config)
        {
            machine.Config[key] = value;
        }

        // A disk that came later stays with the VM, as an unused one.
        foreach (var volume in dropped)
        {
            machine.Config[Enumerable.Range(0, 256).Select(i => $"unused{i}").First(k => !machine.Config.ContainsKey(k))] = volume.Id;
        }

        foreach (var volume in Disks(machine))
        {
            volume.System = snapshot.Systems.GetValueOrDefault(volume.Id);
        }

        machine.SnapshotParent = name;
    }

    /// <summary>Removes a snapshot; those after it follow the one before it.</summary>
    public static void Delete(Machine machine, string name)
    {
        var parent = Require(machine, name).Parent;
        machine.Snapshots.Remove(name);
        foreach (var other in machine.Snapshots.Values.Where(s => s.Parent == name))
        {
            other.Parent = parent;
        }

        if (machine.SnapshotParent == name)
        {
            machine.SnapshotParent = parent;
        }
    }

    private static IEnumerable<string> Referenced(IEnumerable<KeyValuePair<string, string>> config) =>
        config.Where(c => DriveFormats.ForDrive(c.Key) is not null).Select(c => DriveFormats.ForDrive(c.Key)!.Parse(c.Value)["file"]!);

    private IEnumerable<Volume> Disks(Machine machine) =>
        machine.Drives.Where(d => !Machine.IsCdrom(d.Drive)).Select(d => node.StoragesOf(machine).Find(d.Drive["file"]!)).OfType<Volume>();
}
