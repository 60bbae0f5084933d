using System.Globalization;
using System.Security.Cryptography;
using Sandbox.Api;
using Sandbox.Storage;
using Sandbox.Tasks;

namespace Sandbox.Machines;

/// <summary>
/// A change of a VM's configuration: makes its drives real, keeps the boot order in step, and leaves the disks that it takes
/// out with the VM. What it allocated is freed again when a later part fails.
/// </summary>
internal sealed class ConfigChange(NodeServices node, Machine machine, TaskLog? log)
{
    private const int MostCpuUnits = 10000;
    private readonly List<Volume> made = [];

    // Who names the mainboard in the same call means it.
    private bool boardIsNamed;

    /// <summary>Does the change.</summary>
    /// <param name="config">The keys that are set, with their values as the caller wrote them.</param>
    /// <param name="delete">The keys that are taken out.</param>
    /// <param name="force">Whether disks that are taken out are destroyed.</param>
    /// <param name="defaultStorage">The storage of disks that name none.</param>
    public void Apply(IReadOnlyDictionary<string, string> config, IReadOnlyCollection<string> delete, bool force, string? defaultStorage = null)
    {
        if (!machine.Running)
        {
            ApplyPending();
        }

        boardIsNamed = machine.IsMade && (config.ContainsKey("machine") || delete.Contains("machine"));
        try
        {
            foreach (var key in delete)
            {
                if (machine.Running && machine.Config.ContainsKey(key) && !Hotplug.IsPossible(machine, key, null))
                {
                    machine.Pending.Remove(key);
                    machine.PendingDelete[key] = force;
                }
                else
                {
                    Detach(key, force);
                }
            }

            foreach (var (key, value) in config.OrderBy(c => c.Key, StringComparer.Ordinal))
            {
                machine.Pending.Remove(key);
                machine.PendingDelete.Remove(key);
                if (machine.Running && !Hotplug.IsPossible(machine, key, value))
                {
                    PutOff(key, value, defaultStorage);
                }
                else
                {
                    Set(key, value, defaultStorage);
                }
            }
        }
        catch (ApiException)
        {
            made.ForEach(node.StoragesOf(machine).Free);
            throw;
        }
    }

    /// <summary>Does what was put off while the VM ran.</summary>
    public void ApplyPending()
    {
        foreach (var (key, force) in machine.PendingDelete)
        {
            Detach(key, force);
        }

        foreach (var (key, value) in machine.Pending)
        {
            if (DriveFormats.ForDrive(key) is { } format && machine.Config.TryGetValue(key, out var before) && format.Parse(before) is var replaced && replaced["file"] != format.Parse(value)["file"])
            {
                Release(replaced, force: false);
            }

            machine.Config[key] = value;
        }

        machine.PendingDelete.Clear();
        machine.Pending.Clear();
    }

    /// <summary>Frees what was allocated: the VM comes to nothing.</summary>
    public void Undo() => made.ForEach(node.StoragesOf(machine).Free);

    /// <summary>An address for a network card; BC:24:11 is the vendor prefix of Proxmox.</summary>
    public static string NewMac() =>
        "BC:24:11:" + string.Join(':', RandomNumberGenerator.GetBytes(3).Select(b => b.ToString("X2", CultureInfo.InvariantCulture)));

    // The value is made real as one that counts, and then waits for the next start.
    private void PutOff(string key, string value, string? defaultStorage)
    {
        var (now, boot) = (machine.Config.GetValueOrDefault(key), machine.Config.GetValueOrDefault("boot"));
        machine.Config.Remove(key);
        Set(key, value, defaultStorage);
        if (machine.Config[key] != now)
        {
            machine.Pending[key] = machine.Config[key];
        }

        foreach (var (name, before) in new[] { ("boot", boot), (key, now) })
        {
            if (before is null)
            {
                machine.Config.Remove(name);
            }
            else
            {
                machine.Config[name] = before;
            }
        }
    }

    private void Set(string key, string value, string? defaultStorage)
    {
        if (DriveFormats.ForDrive(key) is { } format)
        {
            SetDrive(key, format.Parse(value), defaultStorage);
        }
        else if (MachineParameters.IsNumbered(key, "net"))
        {
            var card = DriveFormats.Net.Parse(value);
            card["macaddr"] ??= NewMac();
            machine.Config[key] = card.ToString();
        }
        else
        {
            // An empty value is written to the file as a blank, and comes back as one.
            machine.Config[key] = key switch
            {
                "cipassword" => Remember(value),
                "tags" => Tags.Stored(node, value, machine),
                "vmgenid" when value == "1" => Guid.NewGuid().ToString(),
                "boot" => Boot(value),
                "cpuunits" => Math.Min(int.Parse(value, CultureInfo.InvariantCulture), MostCpuUnits).ToString(CultureInfo.InvariantCulture),
                _ => value,
            } is { Length: > 0 } stored ? stored : " ";
            if (key == "ostype" && !boardIsNamed)
            {
                PinMachine();
            }

            if (key == "boot" && machine.IsMade && value.StartsWith("order=", StringComparison.Ordinal))
            {
                // The old way to say it goes when the new one comes.
                machine.Config.Remove("bootdisk");
            }
        }
    }

    /// <summary>Windows does not bear another mainboard after an upgrade: without a version it gets that of today.</summary>
    public void PinMachine()
    {
        if (machine.Config.GetValueOrDefault("ostype") is not { } system || (system[0] != 'w' && system is not "win7"))
        {
            return;
        }

        var board = MachineParameters.MachineFormat.Parse(machine.Config.GetValueOrDefault("machine") ?? "");
        var version = node.QemuVersion[..node.QemuVersion.LastIndexOf('.')];
        var pinned = board["type"] switch
        {
            null or "pc" => $"pc-i440fx-{version}",
            "q35" => $"pc-q35-{version}",
            _ => null,
        };
        if (pinned is not null)
        {
            board["type"] = pinned;
            machine.Config["machine"] = board.ToString();
        }
    }

    private string Remember(string password)
    {
        machine.CloudInitPassword = node.Credentials.Remember(password);
        return "**********";
    }

    private string Boot(string value)
    {
        if (!value.StartsWith("order=", StringComparison.Ordinal) || !machine.IsMade)
        {
            return value;
        }

        foreach (var device in Formats.Split(value["order=".Length..]).Where(d => !machine.Config.ContainsKey(d)))
        {
            throw ApiException.Failed($"invalid bootorder: device '{device}' does not exist'");
        }

        return "order=" + string.Join(';', Formats.Split(value["order=".Length..]));
    }

    private void SetDrive(string key, PropertyString drive, string? defaultStorage)
    {
        if (key == "tpmstate0" && machine.Config.TryGetValue(key, out var tpm) && DriveFormats.TpmState.Parse(tpm) is var old
            && old["file"] == drive["file"] && (old["version"] ?? "v1.2") != (drive["version"] ?? "v1.2"))
        {
            throw ApiException.Failed("cannot change TPM state version after creation");
        }

        MachineDisks.Realise(node, machine, key, drive, defaultStorage, made);
        if (machine.Config.TryGetValue(key, out var before) && DriveFormats.ForDrive(key)!.Parse(before) is var replaced && replaced["file"] != drive["file"])
        {
            Release(replaced, force: false);
        }

        machine.Config[key] = drive.ToString();
        if (machine.IsMade && Machine.IsCdrom(drive) && !Machine.IsCloudInit(drive) && Order() is { Count: > 0 } order && !order.Contains(key))
        {
            machine.Config["boot"] = "order=" + string.Join(';', [.. order, key]);
        }
    }

    /// <summary>Removes a key; a disk becomes unused, or is destroyed when it was unused or by force.</summary>
    private void Detach(string key, bool force)
    {
        if (!machine.Config.TryGetValue(key, out var value))
        {
            log?.Write($"cannot delete '{key}' - not set in current configuration!");
            return;
        }

        machine.Config.Remove(key);
        if (Order() is { Count: > 0 } order && order.Remove(key))
        {
            machine.Config["boot"] = order.Count == 0 ? " " : "order=" + string.Join(';', order);
        }

        if (MachineParameters.IsNumbered(key, "unused"))
        {
            Release(DriveFormats.Unused.Parse(value), force: true);
        }
        else if (DriveFormats.ForDrive(key) is { } format)
        {
            Release(format.Parse(value), force);
        }
    }

    private void Release(PropertyString drive, bool force)
    {
        if (node.StoragesOf(machine).Find(drive["file"]!) is not { Content: "images" } volume || volume.Owner != machine.Id)
        {
            return;
        }

        if (force || Machine.IsCloudInit(drive))
        {
            node.StoragesOf(machine).Free(volume);
        }
        else
        {
            machine.Config[Enumerable.Range(0, 256).Select(i => $"unused{i}").First(k => !machine.Config.ContainsKey(k))] = volume.Id;
        }
    }

    private List<string> Order() =>
        machine.Config.GetValueOrDefault("boot") is { } boot && boot.StartsWith("order=", StringComparison.Ordinal) ? [.. Formats.Split(boot["order=".Length..])] : [];
}
