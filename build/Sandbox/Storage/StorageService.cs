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

    /// <summary>The volumes that the node sees.</summary>
    public IEnumerable<Volume> Volumes => node.State.Volumes.Where(v => v.Node.Length == 0 || v.Node == on);

    public StorageEntry Require(string id) =>
        All.FirstOrDefault(s => s.Id == id) ?? throw ApiException.Failed($"storage '{id}' does not exist");

    /// <summary>The storage, which must take this kind of content.</summary>
    public StorageEntry Require(string id, string content)
    {
        var storage = Require(id);
        return storage.Content.Contains(content) ? storage : throw ApiException.Failed($"storage '{id}' does not support content type '{content}'");
    }

    public long UsedBytes(StorageEntry storage) => Volumes.Where(v => v.Storage == storage.Id).Sum(v => v.Parent is null ? v.SizeBytes / 4 : 0);

    public Volume? Find(string volumeId) => Volumes.FirstOrDefault(v => v.Id == volumeId);

    public Volume RequireVolume(string volumeId)
    {
        var colon = volumeId.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            throw ApiException.Failed($"unable to parse volume ID '{volumeId}'");
        }

        Require(volumeId[..colon]);
        return Find(volumeId) ?? throw ApiException.Failed($"volume '{volumeId}' does not exist");
    }

    /// <summary>The file of a volume that has one.</summary>
    public string FileOf(Volume volume) => Path.Combine(node.Paths.Storage(volume.Storage, volume.Node.Length == 0 || volume.Node == node.Options.NodeName ? null : volume.Node), volume.Name.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The path that the API shows for a volume.</summary>
    public static string ShownPath(Volume volume) =>
        volume.Storage == "local" ? $"/var/lib/vz/template/{volume.Name}" : $"/dev/pve/{volume.Name}";

    /// <summary>A new disk for a VM, named <c>vm-ID-disk-N</c> unless a name is given.</summary>
    public Volume Allocate(string storageId, int vmid, long bytes, string? name = null, string? parent = null)
    {
        var storage = Require(storageId, "images");
        name ??= FreeDiskName(storage.Id, vmid);
        if (Volumes.Any(v => v.Storage == storage.Id && v.Name == name))
        {
            throw ApiException.Failed($"lvcreate 'pve/{name}' error:   Logical Volume \"{name}\" already exists in volume group \"pve\"");
        }

        if (bytes <= 0)
        {
            throw ApiException.Failed($"unable to allocate image: invalid size '{bytes}'");
        }

        var volume = new Volume
        {
            Node = NodeOf(storage), Storage = storage.Id, Name = name, Content = "images", SizeBytes = bytes, Owner = vmid, Parent = parent, Created = node.Now,
        };
        node.State.Volumes.Add(volume);
        return volume;
    }

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
    }

    public IEnumerable<Volume> LinkedClones(Volume volume) => Volumes.Where(v => v.Parent == volume.Id);

    /// <summary>The volume under another name; what refers to it keeps working.</summary>
    public Volume Rename(Volume volume, string name)
    {
        var renamed = new Volume
        {
            Node = volume.Node, Storage = volume.Storage, Name = name, Content = volume.Content, SizeBytes = volume.SizeBytes, Owner = volume.Owner,
            Parent = volume.Parent, Created = volume.Created, Notes = volume.Notes, System = volume.System,
        };
        node.State.Volumes[node.State.Volumes.IndexOf(volume)] = renamed;
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

    private string FreeDiskName(string storage, int vmid)
    {
        for (var i = 0; ; i++)
        {
            if (!Volumes.Any(v => v.Storage == storage && (v.Name == $"vm-{vmid}-disk-{i}" || v.Name == $"base-{vmid}-disk-{i}")))
            {
                return $"vm-{vmid}-disk-{i}";
            }
        }
    }
}
