using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Machines;

/// <summary>What a drive's <c>file</c> means.</summary>
internal enum DiskKind
{
    /// <summary><c>none</c>: an empty CD-ROM drive.</summary>
    None,

    /// <summary><c>cdrom</c>: the host's own drive.</summary>
    HostDrive,

    /// <summary><c>local-lvm:10</c>: a new disk of 10 GiB.</summary>
    New,

    /// <summary><c>local-lvm:cloudinit</c>: a new cloud-init drive.</summary>
    CloudInit,

    /// <summary>A volume that exists.</summary>
    Existing,
}

/// <summary>A drive's <c>file</c>, read.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Storage">The storage, empty where there is none.</param>
/// <param name="Bytes">The size of a new disk.</param>
internal sealed record DiskSpec(DiskKind Kind, string Storage, long Bytes)
{
    public static DiskSpec Parse(string file, string? defaultStorage = null)
    {
        var colon = file.IndexOf(':', StringComparison.Ordinal);
        var (storage, rest) = colon < 0 ? (defaultStorage ?? "", file) : (file[..colon], file[(colon + 1)..]);
        if (colon < 0 && file is "none" or "cdrom")
        {
            return new DiskSpec(file == "none" ? DiskKind.None : DiskKind.HostDrive, "", 0);
        }

        if (rest == "cloudinit")
        {
            return new DiskSpec(DiskKind.CloudInit, storage, 4L << 20);
        }

        return ValueCheck.Matches(@"[0-9]{1,8}(\.[0-9]+)?", rest)
            ? new DiskSpec(DiskKind.New, storage, DiskSize.Parse(rest, 1L << 30))
            : new DiskSpec(DiskKind.Existing, storage, 0);
    }
}
