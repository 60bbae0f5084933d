using System.Globalization;
using System.Text.RegularExpressions;

namespace Qemu.Arguments;

/// <summary>
/// QEMU's arguments for a VM, made of its configuration as <c>qemu-server</c> does it. Each key is done in one place: a section
/// lists the keys that it reads. A key that no section reads and that is not without effect here is refused by name.
/// </summary>
internal static partial class CommandLine
{
    // What the node itself does, what only a cluster has, and what limits a VM beside others.
    private static readonly string[] WithoutEffect =
    [
        "description", "tags", "meta", "digest", "onboot", "ostype", "protection", "startup", "template", "lock", "parent", "unused*", "ciuser", "cipassword", "ciupgrade",
        "citype", "ipconfig*", "sshkeys", "nameserver", "searchdomain", "hotplug", "bootdisk", "boot", "cpulimit", "cpuunits", "shares", "autostart", "migrate_downtime",
        "migrate_speed", "keyboard", "freeze", "tdf", "vmstatestorage", "allow-ksm", "numa",
    ];

    private static readonly (string[] Keys, Action<Writer> Write)[] Sections =
    [
        (Board.Keys, Board.Write), (Processor.Keys, Processor.Write), (Memory.Keys, Memory.Write), (FirmwareFiles.Keys, FirmwareFiles.Write), (Display.Keys, Display.Write),
        (Drives.Keys, Drives.Write), (Cards.Keys, Cards.Write), (Channels.Keys, Channels.Write),
    ];

    /// <summary>The keys that are done, as patterns.</summary>
    public static IEnumerable<string> Keys => Sections.SelectMany(s => s.Keys);

    /// <summary>Makes the arguments.</summary>
    /// <exception cref="QemuException">A key is not done here.</exception>
    public static IReadOnlyList<string> Of(QemuMachine machine, Host host)
    {
        foreach (var (key, value) in machine.Config)
        {
            if (!Keys.Concat(WithoutEffect).Any(pattern => Matches(pattern, key)))
            {
                throw new QemuException($"'{key}' is nothing that the sandbox does with real machines: take it out of the configuration");
            }

            if (key == "numa" && value != "0")
            {
                throw new QemuException("'numa' is nothing that the sandbox does with real machines: take it out of the configuration");
            }
        }

        var writer = new Writer(machine, host);
        foreach (var (_, write) in Sections)
        {
            write(writer);
        }

        return writer.Arguments;
    }

    private static bool Matches(string pattern, string key) => pattern.EndsWith('*') ? Numbered().Match(key) is { Success: true } m && m.Groups[1].Value == pattern[..^1] : pattern == key;

    [GeneratedRegex(@"\A([a-z]+)[0-9]+\z")]
    private static partial Regex Numbered();
}

/// <summary>What the arguments depend on beside the VM.</summary>
/// <param name="Folder">The folder of the sockets, of mode 0700.</param>
/// <param name="Accelerator">What makes the guest run.</param>
/// <param name="Firmware">Where OVMF's files are, or null when it is not installed.</param>
internal sealed record Host(string Folder, Accelerator Accelerator, OvmfFiles? Firmware)
{
    public string Socket(string name) => Path.Combine(Folder, name);
}

/// <summary>Collects the arguments of one VM.</summary>
internal sealed class Writer(QemuMachine machine, Host host)
{
    private readonly List<string> arguments = [];

    public QemuMachine Machine => machine;

    public Host Host => host;

    public IReadOnlyList<string> Arguments => arguments;

    public bool IsQ35 => PropertyList.Parse(this["machine"] ?? "pc", "type")["type"]?.Contains("q35", StringComparison.Ordinal) == true;

    public string? this[string key] => machine.Config.GetValueOrDefault(key);

    public void Add(string name, OptionText value) => Add(name, value.ToString());

    public void Add(string name, string value)
    {
        arguments.Add(name);
        arguments.Add(value);
    }

    public void Add(string name) => arguments.Add(name);

    public int Number(string key, int otherwise) => this[key] is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>The keys of a kind with their numbers, such as <c>net0</c>, lowest first.</summary>
    public IEnumerable<(string Key, int Number, string Value)> All(string kind) =>
        machine.Config.Where(c => c.Key.StartsWith(kind, StringComparison.Ordinal) && int.TryParse(c.Key.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(c => (c.Key, Number: int.Parse(c.Key.AsSpan(kind.Length), CultureInfo.InvariantCulture), c.Value)).OrderBy(c => c.Number);

    /// <summary>The place of a device in the firmware's order, as a number for QEMU; null when it is not tried.</summary>
    public int? BootIndex(string key) => machine.BootOrder.ToList().IndexOf(key) is >= 0 and var at ? 100 + at : null;
}
