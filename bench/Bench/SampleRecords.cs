using Foundation;
using Records;
using Records.Model;
using Records.Sealing;
using Records.Signing;

namespace Bench;

/// <summary>A folder of records, sealed by the code that seals real ones.</summary>
internal sealed class SampleRecords
{
    private static readonly string[] Templates = ["rocky-9", "ubuntu-22.04", "ubuntu-24.04", "windows-2022"];
    private static readonly UtcStamp Start = UtcStamp.From(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public SampleRecords(string folder)
    {
        Folder = folder;
        Root = RecordRoot.For(Path.Combine(folder, "records"), "proxmox");
        Signer = SigningKeyFile.Open(null, Path.Combine(folder, "runtime"), "bench@example.net");
        Store = new RecordStore(Root, Signer);
    }

    public string Folder { get; }

    public RecordRoot Root { get; }

    public RecordSigner Signer { get; }

    public RecordStore Store { get; }

    /// <summary>Seals records with a log of so many bytes each, and publishes them at the end.</summary>
    /// <param name="count">How many.</param>
    /// <param name="logBytes">The size of a log.</param>
    /// <param name="oneLog">Whether all have the same file as their log, so that many need no room.</param>
    public void Add(int count, int logBytes, bool oneLog = false)
    {
        var pattern = Path.Combine(Folder, "pattern.log");
        Logs.Write(pattern, logBytes);
        var content = File.ReadAllBytes(pattern);
        var same = oneLog ? new LogFile(pattern, Logs.Hash(pattern), content.Length) : null;
        for (var i = 0; i < count; i++)
        {
            Store.Seal(Build(Templates[i % Templates.Length]), At(i), same ?? Log(content, i), Attachments(i));
        }

        Publication.PublishAll(Root, Signer);
    }

    private LogFile Log(byte[] content, int index)
    {
        var log = Path.Combine(Folder, $"{index}.log");
        BitConverter.TryWriteBytes(content, index);
        content[4] = (byte)'\n';
        File.WriteAllBytes(log, content);
        return new LogFile(log, Logs.Hash(log), content.Length);
    }

    /// <summary>Seals one more record, without publishing it.</summary>
    public SealedRecord AddOne(int index)
    {
        var log = Path.Combine(Folder, $"{index}.log");
        Logs.Write(log, 64 * 1024);
        return Store.Seal(Build(Templates[0]), At(index), new LogFile(log, Logs.Hash(log), new FileInfo(log).Length), Attachments(index));
    }

    /// <summary>What else a build brings into its record, of the sizes that they have.</summary>
    private RecordAttachments Attachments(int index)
    {
        var log = Path.Combine(Folder, $"{index}.build.log");
        Logs.Write(log, 8 * 1024);
        return new()
        {
            BuildLog = new LogFile(log, Logs.Hash(log), new FileInfo(log).Length),
            Unattended = [new("http/ks.cfg", new byte[4096], new string('e', 64), "masked as *** in 1 places")],
        };
    }

    /// <summary>The moment of the n-th record, each some hours after the last.</summary>
    public static UtcStamp At(int index) => UtcStamp.From(Start.Moment.AddHours(7 * index));

    /// <summary>A build as Evidence describes it.</summary>
    public static RunRecord Build(string template) => new()
    {
        Type = RecordType.Build,
        Environment = "proxmox",
        StartedUtc = Start.Moment,
        FinishedUtc = Start.Moment.AddSeconds(754),
        DurationSeconds = 754,
        Host = "builder",
        ChainId = new ChainId(Start, template).ToString(),
        Template = template,
        Vmid = 9010,
        Node = "pve1",
        Proxmox = new("https://pve1.example.net:8006", "9.0.3", "local-lvm", "local", "vmbr0"),
        Packer = new("1.6.6", new string('1', 64), "proxmox-iso", null, null),
        Source = new("0123456789abcdef0123456789abcdef01234567", false),
        Inputs = [.. Enumerable.Range(0, 12).Select(i => new InputFile($"scripts/{i:00}.sh", new string((char)('a' + (i % 6)), 64)))],
        VmFacts = new()
        {
            Name = $"{template}-template",
            Template = true,
            Sockets = 1,
            Cores = 2,
            CpuType = "host",
            MemoryMb = 2048,
            OsType = template.StartsWith("windows", StringComparison.Ordinal) ? "win11" : "l26",
            Disks = [new("scsi0", "local-lvm:base-9010-disk-0,size=20G", "scsi", "local-lvm:base-9010-disk-0", "20G", "none")],
            Cdrom = [],
            Networks = [new("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0")],
        },
        Iso = new("system.iso", "https://example.org/system.iso", new string('c', 64)),
        ValidationTest = new() { Status = "passed", GuestAgent = true, Network = true, Address = "192.0.2.10", Os = template },
    };
}
