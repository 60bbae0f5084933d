using System.Globalization;
using Guest;
using Sandbox.Api;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox.Machines;

/// <summary>Creates, changes, clones, converts and destroys VMs, with the words of Proxmox VE where it refuses.</summary>
internal sealed class MachineService(NodeServices node)
{
    private SortedDictionary<int, Machine> Machines => node.State.Machines;

    /// <summary>The VM.</summary>
    /// <exception cref="ApiException">There is none (500, as the real server answers).</exception>
    public Machine Require(int vmid, string on) =>
        Machines.GetValueOrDefault(vmid) is { } machine && machine.Node == on
        ? machine
        : throw ApiException.Failed($"Configuration file 'nodes/{on}/qemu-server/{vmid}.conf' does not exist");

    /// <summary>The VM, for what asks first whether it runs: then a missing one has another name.</summary>
    public Machine RequireOnNode(int vmid, string on) =>
        Machines.GetValueOrDefault(vmid) is { } machine && machine.Node == on ? machine : throw ApiException.Failed($"unable to find configuration file for VM {vmid} on node '{on}'");

    /// <summary>Fails when the VM is locked.</summary>
    public static void CheckLock(Machine machine)
    {
        if (machine.Lock is { } held)
        {
            throw ApiException.Failed($"VM is locked ({held})");
        }
    }

    /// <summary>Fails when the configuration is no longer the one that the client saw.</summary>
    public static void CheckDigest(Machine machine, string? digest)
    {
        if (digest is not null && digest != machine.Digest)
        {
            throw ApiException.Failed("checksum mismatch (file change by other user?)");
        }
    }

    /// <summary>Fails when the VM is protected from losing what it has.</summary>
    public static void CheckProtection(Machine machine, string what)
    {
        if (machine.Config.GetValueOrDefault("protection") == "1")
        {
            throw ApiException.Failed($"{what} - protection mode enabled");
        }
    }

    /// <summary>Fails when the least memory of a VM would be more than all of it.</summary>
    public static void CheckBalloon(Machine machine, IReadOnlyDictionary<string, string> config)
    {
        if (!config.ContainsKey("memory") && !config.ContainsKey("balloon"))
        {
            return;
        }

        var memory = long.Parse(MachineParameters.Memory.Parse(config.GetValueOrDefault("memory") ?? machine.Config.GetValueOrDefault("memory") ?? "512")["current"]!, CultureInfo.InvariantCulture);
        if (long.Parse(config.GetValueOrDefault("balloon") ?? machine.Config.GetValueOrDefault("balloon") ?? "0", CultureInfo.InvariantCulture) > memory)
        {
            throw ApiException.Failed("balloon value too large (must be smaller than assigned memory)");
        }
    }

    public int NextFreeId(int from = 100)
    {
        while (Machines.ContainsKey(from))
        {
            from++;
        }

        return from;
    }

    /// <summary>Takes a VMID: until a task has made the VM it has nothing but a lock.</summary>
    /// <exception cref="ApiException">It is taken.</exception>
    public Machine Reserve(int vmid, string on, string locked = "create")
    {
        if (Machines.GetValueOrDefault(vmid) is { } there)
        {
            throw ApiException.Failed($"unable to create VM {vmid} - VM {vmid} already exists on node '{there.Node}'");
        }

        var machine = new Machine { Id = vmid, Node = on };
        Machines.Add(vmid, machine);
        machine.Config["lock"] = locked;
        return machine;
    }

    /// <summary>Takes back a reservation.</summary>
    public void Forget(Machine machine)
    {
        if (Machines.GetValueOrDefault(machine.Id) == machine)
        {
            Machines.Remove(machine.Id);
        }
    }

    /// <summary>Makes a VM from its configuration. It joins its pool when all else is done.</summary>
    /// <param name="machine">The VM, reserved.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="pool">The pool, or null.</param>
    /// <param name="defaultStorage">The storage of disks that name none.</param>
    /// <param name="checkTags">Whether who makes it may give it these tags.</param>
    /// <param name="log">The task's log.</param>
    public void Create(Machine machine, IReadOnlyDictionary<string, string> config, string? pool, string? defaultStorage, Action checkTags, TaskLog log)
    {
        machine.Config.Clear();
        var change = new ConfigChange(node, machine, log);
        change.Apply(config, [], force: false, defaultStorage);
        try
        {
            // The display first, as the server looks at them.
            foreach (var (key, value) in config.OrderByDescending(c => c.Key, StringComparer.Ordinal))
            {
                ConfigChecks.RequireFitting(key, value);
            }

            checkTags();
        }
        catch (ApiException)
        {
            change.Undo();
            throw;
        }

        var order = string.Join(';', DefaultBootOrder(machine));
        machine.Config.TryAdd("boot", order.Length == 0 ? " " : "order=" + order);
        machine.Config.TryAdd("vmgenid", NewUuid());
        machine.Config.TryAdd("smbios1", "uuid=" + NewUuid());
        machine.Config["meta"] = $"creation-qemu={node.QemuVersion},ctime={node.Now}";
        change.PinMachine();
        if (pool is not null)
        {
            node.State.Pools[pool].Machines.Add(machine.Id);
        }
    }

    /// <summary>Changes a VM's configuration.</summary>
    public void Update(Machine machine, IReadOnlyDictionary<string, string> config, IReadOnlyCollection<string> delete, bool force, TaskLog? log)
    {
        new ConfigChange(node, machine, log).Apply(config, delete, force);
        node.Runtime.Find(machine.Id)?.ConfigChanged();
    }

    /// <summary>Does what was put off while the VM ran.</summary>
    public void ApplyPending(Machine machine, TaskLog? log) => new ConfigChange(node, machine, log).ApplyPending();

    /// <summary>Takes back what was put off; a disk that was made for it stays as an unused one.</summary>
    public static void Revert(Machine machine, IEnumerable<string> keys)
    {
        foreach (var key in keys)
        {
            machine.PendingDelete.Remove(key);
            if (machine.Pending.Remove(key, out var value) && DriveFormats.ForDrive(key)?.Parse(value) is { } drive && !Machine.IsCdrom(drive))
            {
                machine.Config[Enumerable.Range(0, 256).Select(i => $"unused{i}").First(k => !machine.Config.ContainsKey(k))] = drive["file"]!;
            }
        }
    }

    /// <summary>The first disk that cannot be cloned linked: only base images can.</summary>
    public (string Key, string Volume)? FirstUncloneable(Machine source)
    {
        foreach (var (key, drive) in source.Drives)
        {
            if (!Machine.IsCdrom(drive) && key != "tpmstate0" && node.StoragesOf(source).Find(drive["file"]!) is { } volume && !node.StoragesOf(source).IsBase(volume))
            {
                return (key, volume.Id);
            }
        }

        return null;
    }

    /// <summary>Makes a copy: a linked one of a template, a full one otherwise or when asked.</summary>
    public void Clone(Machine source, IReadOnlyDictionary<string, GuestSystem>? systems, Machine clone, string? name, string? description, bool full, string? storage, string? format, string? pool, TaskLog log)
    {
        var (origin, destination) = (node.StoragesOf(source), node.StoragesOf(clone));
        clone.CloudInitPassword = source.CloudInitPassword;
        foreach (var (key, value) in source.Config)
        {
            if (key is not ("template" or "lock" or "parent") && !MachineParameters.IsNumbered(key, "unused"))
            {
                clone.Config[key] = value;
            }
        }

        foreach (var (key, drive) in source.Drives.Where(d => origin.Find(d.Drive["file"]!) is { Content: "images" }))
        {
            var volume = origin.Find(drive["file"]!)!;
            var target = storage ?? volume.Storage;
            var cloudInit = Machine.IsCloudInit(drive);
            var copied = full || cloudInit || key == "tpmstate0";
            log.Write($"create {(copied ? "full" : "linked")} clone of drive {key} ({volume.Id})");
            var copy = cloudInit ? MachineDisks.AllocateCloudInit(destination, target, clone.Id, null)
                : copied ? destination.Allocate(target, clone.Id, volume.SizeBytes, format ?? MachineDisks.FormatOf(destination, target, volume), purpose: volume.Purpose, copyOf: volume)
                : destination.CloneLinked(volume, clone.Id);
            copy.System = systems is null ? volume.System : systems.GetValueOrDefault(volume.Id);
            drive["file"] = copy.Id;
            drive["format"] = null;
            drive["size"] = DiskSize.Print(copy.SizeBytes);
            clone.Config[key] = drive.ToString();
        }

        foreach (var (key, card) in clone.Cards.ToList())
        {
            card["macaddr"] = ConfigChange.NewMac();
            clone.Config[key] = card.ToString();
        }

        clone.Config["name"] = name ?? $"Copy-of-VM-{source.Config.GetValueOrDefault("name") ?? source.Id.ToString(CultureInfo.InvariantCulture)}";
        if (description is { Length: > 0 })
        {
            clone.Config["description"] = description;
        }

        if (clone.Config.ContainsKey("vmgenid"))
        {
            clone.Config["vmgenid"] = NewUuid();
        }

        var others = clone.Config.GetValueOrDefault("smbios1")?.Split(',').Where(p => !p.StartsWith("uuid=", StringComparison.Ordinal)) ?? [];
        clone.Config["smbios1"] = string.Join(',', others.Append("uuid=" + NewUuid()).Order(StringComparer.Ordinal));
        clone.Config.Remove("lock");
        if (pool is not null)
        {
            node.State.Pools[pool].Machines.Add(clone.Id);
        }
    }

    /// <summary>Makes the VM a template: its disks become base images that are never written again.</summary>
    public void MakeTemplate(Machine machine, string? only, TaskLog log)
    {
        foreach (var (key, drive) in machine.Drives.Where(d => !Machine.IsCdrom(d.Drive) && (only is null || d.Name == only)).ToList())
        {
            if (node.StoragesOf(machine).Find(drive["file"]!) is { } volume && !node.StoragesOf(machine).IsBase(volume))
            {
                var renamed = node.StoragesOf(machine).MakeBase(volume);
                drive["file"] = renamed.Id;
                machine.Config[key] = drive.ToString();
                log.Write($"  Renamed \"{volume.Name}\" to \"{renamed.Name}\" in volume group \"pve\"");
            }
        }

        machine.Config["template"] = "1";
    }

    /// <summary>Destroys the VM with its disks, its place in pools and what is permitted on it.</summary>
    public void Destroy(Machine machine, bool unreferenced, TaskLog log)
    {
        var mine = machine.Drives.Select(d => d.Drive["file"]!)
            .Concat(machine.Config.Where(c => MachineParameters.IsNumbered(c.Key, "unused")).Select(c => DriveFormats.Unused.Parse(c.Value)["file"]!))
            .Select(node.StoragesOf(machine).Find)
            .OfType<Volume>().Where(v => v.Content == "images" && v.Owner == machine.Id).ToList();
        if (mine.FirstOrDefault(v => node.StoragesOf(machine).LinkedClones(v).Any()) is { } used)
        {
            throw ApiException.Failed($"base volume '{used.Id}' is still in use by linked cloned");
        }

        if (unreferenced)
        {
            mine = [.. mine.Union(node.State.Volumes.Where(v => v.Content == "images" && v.Owner == machine.Id))];
        }

        foreach (var volume in mine)
        {
            node.StoragesOf(machine).Free(volume);
            log.Write($"  Logical volume \"{volume.Name}\" successfully removed.");
        }

        Machines.Remove(machine.Id);
        node.State.Acl.RemoveAll(a => a.Path == $"/vms/{machine.Id}");
        foreach (var pool in node.State.Pools.Values)
        {
            pool.Machines.Remove(machine.Id);
        }
    }

    private static string NewUuid() => Guid.NewGuid().ToString();

    private static IEnumerable<string> DefaultBootOrder(Machine machine)
    {
        // In the order in which the server goes through the buses.
        string? First(Func<(string Name, PropertyString Drive), bool> test) => machine.Drives.Where(d => d.Name is not ("efidisk0" or "tpmstate0")).Where(test)
            .Select(d => d.Name).OrderBy(n => Array.IndexOf(MachineParameters.DriveNames, n)).FirstOrDefault();
        return new[] { First(d => !Machine.IsCdrom(d.Drive)), First(d => Machine.IsCdrom(d.Drive) && !Machine.IsCloudInit(d.Drive)), machine.Cards.Select(c => c.Name).FirstOrDefault() }.OfType<string>();
    }
}
