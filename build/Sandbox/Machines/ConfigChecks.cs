using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Machines;

/// <summary>What is looked at in a configuration before anything is done, beside privileges.</summary>
internal static class ConfigChecks
{
    // What ssh-keygen -l reads: the types of keys that OpenSSH knows.
    private static readonly string[] KeyTypes =
    [
        "ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ];

    private static readonly string[] ClipboardDisplays = ["std", "cirrus", "vmware", "virtio", "qxl"];

    /// <summary>Fails unless every line of <c>sshkeys</c> is a public key that OpenSSH would read.</summary>
    public static void RequireSshKeys(IReadOnlyDictionary<string, string> config)
    {
        if (config.TryGetValue("sshkeys", out var keys)
            && Uri.UnescapeDataString(keys).Split('\n').Where(l => !string.IsNullOrWhiteSpace(l)).Any(l => !IsPublicKey(l)))
        {
            throw ApiException.Failed("SSH public key validation error");
        }
    }

    /// <summary>Fails when a drive's options do not fit together: an ISO image is a CD-ROM, an import has its own way of writing.</summary>
    public static void CheckDrives(StorageService storages, IReadOnlyDictionary<string, string> config)
    {
        foreach (var (key, value) in config.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            if (DriveFormats.ForDrive(key) is not { } format)
            {
                continue;
            }

            var drive = format.Parse(value);
            var file = drive["file"]!;
            var spec = DiskSpec.Parse(file);
            if (drive["import-from"] is not null)
            {
                CheckImport(key, drive, spec);
            }

            if (spec.Kind == DiskKind.Existing && file.IndexOf(':', StringComparison.Ordinal) > 0 && file[0] != '/'
                && storages.Parse(file).Content == "iso" && !Machine.IsCdrom(drive))
            {
                throw ApiException.Parameter(key, "explicit 'media=cdrom' is required for iso images");
            }
        }
    }

    /// <summary>Fails when the parts of a mainboard or a display do not fit together.</summary>
    public static void RequireFitting(string key, string value)
    {
        if (key == "machine")
        {
            RequireAddressing(MachineParameters.MachineFormat.Parse(value));
        }
        else if (key == "vga" && MachineParameters.Display.Parse(value) is var display && display["clipboard"] == "vnc"
            && display["type"] is { } type && !ClipboardDisplays.Any(t => type.StartsWith(t, StringComparison.Ordinal)))
        {
            throw ApiException.Failed($"vga type {type} is not compatible with VNC clipboard");
        }
    }

    private static void RequireAddressing(PropertyString board)
    {
        if (board["viommu"] == "intel")
        {
            if (board["type"]?.Contains("q35", StringComparison.Ordinal) != true)
            {
                throw ApiException.Failed("to use Intel vIOMMU please set the machine type to q35");
            }

            if (board["aw-bits"] is not (null or "0" or "39" or "48"))
            {
                throw ApiException.Failed("Intel vIOMMU supports only 39 or 48 bits as address width");
            }
        }

        if (board["aw-bits"] is not (null or "0") && board["viommu"] is null)
        {
            throw ApiException.Failed("cannot set aw-bits if no vIOMMU is configured");
        }
    }

    /// <summary>Fails unless there is the script of <c>hookscript</c>.</summary>
    public static void CheckHookScript(StorageService storages, IReadOnlyDictionary<string, string> config)
    {
        if (!config.TryGetValue("hookscript", out var script))
        {
            return;
        }

        try
        {
            if (storages.Parse(script).Content != "snippets")
            {
                throw ApiException.Failed($"'{script}' is not in the snippets directory");
            }
        }
        catch (ApiException e)
        {
            throw ApiException.Parameter("hookscript", e.Message + "\n");
        }

        if (storages.Find(script) is null)
        {
            throw ApiException.Parameter("hookscript", $"script '{script}' does not exist\n");
        }
    }

    private static void CheckImport(string key, PropertyString drive, DiskSpec spec)
    {
        if (spec.Kind != DiskKind.New || spec.Bytes != 0)
        {
            throw ApiException.Parameter(key, "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>");
        }

        string[] needed = key switch
        {
            "efidisk0" => ["efitype", "pre-enrolled-keys"],
            "tpmstate0" => ["version"],
            _ => [],
        };
        if (needed.FirstOrDefault(n => drive[n] is null) is { } missing)
        {
            throw ApiException.Parameter(key, $"need to specify '{missing}' when using 'import-from'");
        }
    }

    // The type is written twice: as a word, and at the beginning of the key itself.
    private static bool IsPublicKey(string line)
    {
        var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var at = Array.FindIndex(words, KeyTypes.Contains);
        if (at < 0 || at + 1 >= words.Length)
        {
            return false;
        }

        var key = new byte[words[at + 1].Length];
        return Convert.TryFromBase64String(words[at + 1], key, out var length) && length > 4
            && System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(key) is var name && name == words[at].Length && length > 4 + name
            && System.Text.Encoding.ASCII.GetString(key, 4, name) == words[at];
    }
}
