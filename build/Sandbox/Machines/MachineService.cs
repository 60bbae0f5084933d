using System.Security.Cryptography;
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
            throw ApiException.Failed("detected modified configuration - file changed by other user? Try again.");
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
        var made = new List<Volume>();
        machine.Config.Clear();
        try
        {
            Apply(machine, config, defaultStorage, made, log);
            checkTags();
        }
        catch (ApiException)
        {
            made.ForEach(node.StoragesOf(machine).Free);
            throw;
        }

        machine.Config.TryAdd("boot", "order=" + string.Join(';', DefaultBootOrder(machine)));
        machine.Config.TryAdd("vmgenid", NewUuid());
        machine.Config.TryAdd("smbios1", "uuid=" + NewUuid());
        machine.Config["meta"] = $"creation-qemu={node.QemuVersion},ctime={node.Now}";
        if (pool is not null)
        {
            node.State.Pools[pool].Machines.Add(machine.Id);
        }
    }

    /// <summary>Changes a VM's configuration.</summary>
    public void Update(Machine machine, IReadOnlyDictionary<string, string> config, IReadOnlyCollection<string> delete, bool force, TaskLog? log)
    {
        foreach (var key in delete)
        {
            Detach(machine, key, force, log);
        }

        var made = new List<Volume>();
        try
        {
            Apply(machine, config, null, made, log);
        }
        catch (ApiException)
        {
            made.ForEach(node.StoragesOf(machine).Free);
            throw;
        }
    }

    /// <summary>Removes a key; a disk becomes unused, or is destroyed when it was unused or by force.</summary>
    public void Detach(Machine machine, string key, bool force, TaskLog? log)
    {
        if (!machine.Config.TryGetValue(key, out var value))
        {
            log?.Write($"cannot delete '{key}' - not set in current configuration!");
            return;
        }

        var unused = MachineParameters.IsNumbered(key, "unused");
        var drive = unused ? DriveFormats.Unused.Parse(value) : DriveFormats.ForDrive(key)?.Parse(value);
        machine.Config.Remove(key);
        if (drive is null || node.StoragesOf(machine).Find(drive["file"]!) is not { Content: "images" } volume || volume.Owner != machine.Id)
        {
            return;
        }

        if (force || unused || Machine.IsCloudInit(drive))
        {
            node.StoragesOf(machine).Free(volume);
        }
        else
        {
            machine.Config[FreeUnused(machine)] = volume.Id;
        }
    }

    /// <summary>Makes a copy: a linked one of a template, a full one otherwise or when asked.</summary>
    public void Clone(Machine source, Machine clone, string? name, string? description, bool full, string? storage, string? pool, TaskLog log)
    {
        var newId = clone.Id;
        clone.CloudInitPassword = source.CloudInitPassword;
        foreach (var (key, value) in source.Config)
        {
            if (key is not ("template" or "lock" or "parent") && !MachineParameters.IsNumbered(key, "unused"))
            {
                clone.Config[key] = value;
            }
        }

        foreach (var (key, drive) in source.Drives.Where(d => node.StoragesOf(source).Find(d.Drive["file"]!) is { Content: "images" }))
        {
            var volume = node.StoragesOf(source).Find(drive["file"]!)!;
            var cloudInit = Machine.IsCloudInit(drive);
            var copy = node.StoragesOf(clone).Allocate(
                storage ?? volume.Storage, newId, volume.SizeBytes, cloudInit ? $"vm-{newId}-cloudinit" : null, full || cloudInit ? null : volume.Id);
            copy.System = volume.System;
            drive["file"] = copy.Id;
            drive["format"] = null;
            clone.Config[key] = drive.ToString();
            log.Write(full || cloudInit ? $"create full clone of drive {key} ({volume.Id})" : $"create linked clone of drive {key} ({volume.Id})");
        }

        foreach (var (key, card) in clone.Cards.ToList())
        {
            card["macaddr"] = NewMac();
            clone.Config[key] = card.ToString();
        }

        clone.Config["name"] = name ?? $"Copy-of-VM-{source.Config.GetValueOrDefault("name") ?? source.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        if (description is not null)
        {
            clone.Config["description"] = description;
        }

        clone.Config["vmgenid"] = NewUuid();
        clone.Config["smbios1"] = "uuid=" + NewUuid();
        clone.Config["meta"] = $"creation-qemu={node.QemuVersion},ctime={node.Now}";
        clone.Config.Remove("lock");
        if (pool is not null)
        {
            node.State.Pools[pool].Machines.Add(newId);
        }
    }

    /// <summary>Makes the VM a template: its disks become base images that are never written again.</summary>
    public void MakeTemplate(Machine machine, string? only, TaskLog log)
    {
        foreach (var (key, drive) in machine.Drives.Where(d => !Machine.IsCdrom(d.Drive) && (only is null || d.Name == only)).ToList())
        {
            if (node.StoragesOf(machine).Find(drive["file"]!) is { } volume && volume.Name.StartsWith("vm-", StringComparison.Ordinal))
            {
                var renamed = node.StoragesOf(machine).Rename(volume, "base-" + volume.Name["vm-".Length..]);
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

    // BC:24:11 is the vendor prefix of Proxmox.
    private static string NewMac() => "BC:24:11:" + string.Join(':', RandomNumberGenerator.GetBytes(3).Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    private static string FreeUnused(Machine machine) =>
        Enumerable.Range(0, 256).Select(i => $"unused{i}").First(k => !machine.Config.ContainsKey(k));

    private static IEnumerable<string> DefaultBootOrder(Machine machine)
    {
        string? First(Func<(string Name, PropertyString Drive), bool> test) => machine.Drives.Where(d => d.Name is not ("efidisk0" or "tpmstate0")).Where(test).Select(d => d.Name).FirstOrDefault();
        return new[] { First(d => !Machine.IsCdrom(d.Drive)), First(d => Machine.IsCdrom(d.Drive)), machine.Cards.Select(c => c.Name).FirstOrDefault() }.OfType<string>();
    }

    private void Apply(Machine machine, IReadOnlyDictionary<string, string> config, string? defaultStorage, List<Volume> made, TaskLog? log)
    {
        var changed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (given, value) in config)
        {
            var key = given == "cdrom" ? "ide2" : given;
            if (DriveFormats.ForDrive(key) is not null)
            {
                changed[key] = MachineDisks.Realise(node, machine, key, given == "cdrom" && !value.Contains("media=", StringComparison.Ordinal) ? value + ",media=cdrom" : value, defaultStorage, made);
            }
            else if (MachineParameters.IsNumbered(key, "net"))
            {
                var card = DriveFormats.Net.Parse(value);
                card["macaddr"] ??= (machine.Config.TryGetValue(key, out var old) ? DriveFormats.Net.Parse(old)["macaddr"] : null) ?? NewMac();
                card["macaddr"] = card["macaddr"]!.ToUpperInvariant();
                changed[key] = card.ToString();
            }
            else if (key == "cipassword")
            {
                machine.CloudInitPassword = node.Credentials.Remember(value);
                changed[key] = "**********";
            }
            else if (key == "tags")
            {
                changed[key] = Tags.Stored(node, value);
            }
            else if (key == "vmgenid" && value == "1")
            {
                changed[key] = NewUuid();
            }
            else
            {
                var parameter = ParameterCheck.Find(MachineParameters.All, key)!;
                changed[key] = parameter.Type == ParameterType.Boolean ? ValueCheck.Boolean(value) == true ? "1" : "0" : value;
            }
        }

        foreach (var (key, value) in changed)
        {
            if (DriveFormats.ForDrive(key) is { } format && machine.Config.TryGetValue(key, out var before))
            {
                ReplaceDrive(machine, key, format.Parse(before), format.Parse(value), log);
            }

            machine.Config[key] = value;
        }
    }

    // A disk whose drive gets another one stays with the VM as an unused disk; a cloud-init drive is made anew.
    private void ReplaceDrive(Machine machine, string key, PropertyString before, PropertyString after, TaskLog? log)
    {
        if (before["file"] != after["file"])
        {
            Detach(machine, key, force: false, log);
        }
    }
}
