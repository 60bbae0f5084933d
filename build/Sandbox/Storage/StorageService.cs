using Sandbox.Api;

namespace Sandbox.Storage;

/// <summary>The storages as one node sees them, with their volumes: its own local ones and those that are shared.</summary>
internal sealed class StorageService(NodeServices node, string on)
{
    /// <summary>The node's storages.</summary>
    public IReadOnlyList<StorageEntry> All { get; } =
    [
        .. StorageEntry.OfFreshNode,
        .. node.NodeNames.Count > 1 ? [StorageEntry.OfCluster] : Array.Empty<StorageEntry>(),
        .. node.Options.FurtherStorages.Select(StorageEntry.Parse),
    ];

    private Machines.IDiskFiles Files => node.Runtime.Engine.Files;

    /// <summary>The volumes that the node sees.</summary>
    public IEnumerable<Volume> Volumes => node.State.Volumes.Where(v => v.Node.Length == 0 || v.Node == on);

    public StorageEntry Require(string id) =>
        All.FirstOrDefault(s => s.Id == id) ?? throw ApiException.Failed($"storage '{id}' does not exist");

    public long UsedBytes(StorageEntry storage) => Volumes.Where(v => v.Storage == storage.Id).Sum(v => v.Parent is null ? v.SizeBytes / 4 : 0);

    public Volume? Find(string volumeId) => Volumes.FirstOrDefault(v => v.Id == volumeId);

    /// <summary>What a volume's id says, whether there is the volume or not.</summary>
    /// <exception cref="ApiException">There is no such storage, or its volumes have no such names.</exception>
    public VolumeName Parse(string volumeId)
    {
        var colon = volumeId.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? VolumeName.Parse(Require(volumeId[..colon]), volumeId[(colon + 1)..])
            : throw ApiException.Failed($"unable to parse volume ID '{volumeId}'");
    }

    public Volume RequireVolume(string volumeId)
    {
        Parse(volumeId);
        return Find(volumeId) ?? throw ApiException.Failed($"volume '{volumeId}' does not exist");
    }

    /// <summary>The file of a volume that has one.</summary>
    public string FileOf(Volume volume) => Path.Combine(node.Paths.Storage(volume.Storage, volume.Node.Length == 0 || volume.Node == node.Options.NodeName ? null : volume.Node), volume.Name.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The path that the API shows for a volume.</summary>
    public string ShownPath(Volume volume)
    {
        var storage = Require(volume.Storage);
        return !storage.HasFiles ? $"/dev/pve/{volume.Name}" : volume.Content == "images" ? $"{storage.Path}/images/{OwnName(volume.Name)}" : $"{storage.Path}/template/{volume.Name}";
    }

    /// <summary>
    /// A new disk for a VM. Its name is the next one that is free (<c>vm-101-disk-0</c>) unless one is given; on a
    /// directory it ends with the format.
    /// </summary>
    /// <param name="storageId">The storage.</param>
    /// <param name="vmid">The VM.</param>
    /// <param name="bytes">The size; LVM rounds it up to whole extents of 4 MiB.</param>
    /// <param name="format">The format, or null for the storage's own.</param>
    /// <param name="name">The name without the VM's folder, or null.</param>
    /// <param name="parent">The base image of a linked clone, or null.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="copyOf">The disk whose content it gets, or null.</param>
    /// <exception cref="ApiException">The storage takes no such format or name, or there is one of that name.</exception>
    public Volume Allocate(string storageId, int vmid, long bytes, string? format = null, string? name = null, Volume? parent = null, VolumePurpose purpose = default, Volume? copyOf = null)
    {
        var storage = Require(storageId);
        format ??= "raw";
        if (!storage.HasFiles)
        {
            if (format != "raw")
            {
                throw ApiException.Failed($"unsupported format '{format}' at /usr/share/perl5/PVE/Storage/LvmThinPlugin.pm line 102.");
            }

            if (name?.StartsWith($"vm-{vmid}-", StringComparison.Ordinal) == false)
            {
                throw ApiException.Failed($"illegal name '{name}' - should be 'vm-{vmid}-*'");
            }

            const long Extent = 4L << 20;
            bytes = (bytes + Extent - 1) / Extent * Extent;
            name ??= FreeDiskName(storage.Id, vmid, "");
        }
        else
        {
            name ??= FreeDiskName(storage.Id, vmid, "." + format);
            if (VolumeName.ParseFile(name).Format is var own && own != format)
            {
                throw ApiException.Failed($"illegal name '{name}' - wrong extension for format ('{own} != '{format}')");
            }

            name = parent is null ? $"{vmid}/{name}" : $"{OwnName(parent.Name)}/{vmid}/{name}";
        }

        var volume = new Volume
        {
            Node = NodeOf(storage), Storage = storage.Id, Name = name, Content = "images", Format = format, SizeBytes = bytes, Owner = VolumeName.Parse(storage, name).Owner,
            Parent = parent?.Id, Created = node.Now, Purpose = parent?.Purpose ?? purpose,
        };
        if (Volumes.Any(v => v.Storage == storage.Id && OwnName(v.Name) == OwnName(name)))
        {
            throw ApiException.Failed(storage.HasFiles
                ? $"disk image '{ShownPath(volume)}' already exists"
                : $"lvcreate 'pve/{name}' error:   Logical Volume \"{name}\" already exists in volume group \"pve\"");
        }

        node.State.Volumes.Add(volume);
        Files.Create(volume, FileOf(volume), (parent ?? copyOf) is { } source ? FileOf(source) : null, parent is not null);
        return volume;
    }

    /// <summary>The file of a disk gets the disk's size.</summary>
    public void ResizeFile(Volume volume) => Files.Resize(volume, FileOf(volume));

    /// <summary>A linked clone of a base image.</summary>
    public Volume CloneLinked(Volume source, int vmid) =>
        Allocate(source.Storage, vmid, source.SizeBytes, Require(source.Storage).HasFiles ? "qcow2" : "raw", null, source);

    /// <summary>The disk as a base image, which is never written again: it has another name.</summary>
    public Volume MakeBase(Volume volume)
    {
        var slash = volume.Name.LastIndexOf('/') + 1;
        return Rename(volume, string.Concat(volume.Name.AsSpan(0, slash), "base-", volume.Name.AsSpan(slash + "vm-".Length)));
    }

    /// <summary>Whether it is a base image.</summary>
    public bool IsBase(Volume volume) => VolumeName.Parse(Require(volume.Storage), volume.Name).IsBase;

    /// <summary>Deletes a volume and its file.</summary>
    public void Free(Volume volume)
    {
        if (volume.Protected)
        {
            throw ApiException.Failed($"can't remove volume '{volume.Id}' - protected");
        }

        if (LinkedClones(volume).Any())
        {
            throw ApiException.Failed($"base volume '{volume.Id}' is still in use by linked cloned");
        }

        node.State.Volumes.Remove(volume);
        if (volume.Content != "images")
        {
            File.Delete(FileOf(volume));
        }
        else
        {
            Files.Delete(FileOf(volume));
        }
    }

    public IEnumerable<Volume> LinkedClones(Volume volume) => Volumes.Where(v => v.Parent == volume.Id);

    private Volume Rename(Volume volume, string name)
    {
        var renamed = new Volume
        {
            Node = volume.Node, Storage = volume.Storage, Name = name, Content = volume.Content, Format = volume.Format, SizeBytes = volume.SizeBytes, Owner = volume.Owner,
            Parent = volume.Parent, Created = volume.Created, Purpose = volume.Purpose, Notes = volume.Notes, System = volume.System,
        };
        node.State.Volumes[node.State.Volumes.IndexOf(volume)] = renamed;
        Files.MakeBase(renamed, FileOf(volume), FileOf(renamed));
        return renamed;
    }

    /// <summary>Puts a file that is already on this machine onto a storage, replacing one of that name.</summary>
    public Volume Import(string storageId, string content, string fileName, string file, string? placeholderFor = null, string? notes = null, long? size = null)
    {
        var name = $"{content}/{fileName}";
        var volume = new Volume
        {
            Node = NodeOf(Require(storageId)), Storage = storageId, Name = name, Content = content, Created = node.Now, PlaceholderFor = placeholderFor, Notes = notes,
            Format = content == "iso" ? "iso" : Path.GetExtension(fileName).TrimStart('.'), SizeBytes = size ?? new FileInfo(file).Length,
        };
        var target = FileOf(volume);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Move(file, target, overwrite: true);
        node.State.Volumes.RemoveAll(v => v.Id == volume.Id && v.Node == volume.Node);
        node.State.Volumes.Add(volume);
        return volume;
    }

    /// <summary>The node that a new volume on the storage belongs to.</summary>
    public string NodeOf(StorageEntry storage) => storage.Shared ? "" : on;

    // A linked clone's name begins with that of its base: 100/base-100-disk-0.qcow2/101/vm-101-disk-0.qcow2.
    private static string OwnName(string name) => string.Join('/', name.Split('/')[^Math.Min(2, name.Count(c => c == '/') + 1)..]);

    private string FreeDiskName(string storage, int vmid, string suffix)
    {
        var taken = Volumes.Where(v => v.Storage == storage).Select(v => v.Name[(v.Name.LastIndexOf('/') + 1)..]).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(0, int.MaxValue).Select(i => $"-{vmid}-disk-{i}{suffix}").First(n => !taken.Contains("vm" + n) && !taken.Contains("base" + n))
            .Insert(0, "vm");
    }
}
