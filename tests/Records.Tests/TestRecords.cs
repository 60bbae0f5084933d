using System.Security.Cryptography;
using Foundation;

using Records.Model;
using Records.Sealing;
using Records.Signing;
using Records.Verification;

namespace Records.Tests;

/// <summary>A records folder of a test's own, with a key, and what is needed to seal into it.</summary>
internal sealed class TestRecords : IDisposable
{
    private readonly bool isOwner = true;

    public static readonly UtcStamp Start = UtcStamp.From(new DateTimeOffset(2026, 11, 22, 19, 16, 27, TimeSpan.Zero));

    public TestRecords(string environment = "proxmox")
    {
        Folder = Directory.CreateTempSubdirectory("records-test-").FullName;
        Environment = environment;
        Root = RecordRoot.For(Path.Combine(Folder, "records"), environment);
        Signer = SigningKeyFile.Open(null, Path.Combine(Folder, "runtime"), "reviewer@example.net");
        Store = new RecordStore(Root, Signer);
    }

    /// <summary>The folder of another test, which keeps it.</summary>
    public TestRecords(string folder, RecordSigner signer)
    {
        Folder = folder;
        Environment = "proxmox";
        Root = RecordRoot.For(Path.Combine(Folder, "records"), Environment);
        Signer = signer;
        Store = new RecordStore(Root, Signer);
        isOwner = false;
    }

    public string Folder { get; }

    public string Environment { get; }

    public RecordRoot Root { get; }

    public RecordSigner Signer { get; }

    public RecordStore Store { get; }

    public LogFile Log(string text = "==> proxmox-iso: done\n")
    {
        var path = Path.Combine(Folder, $"{Guid.NewGuid():N}.log");
        File.WriteAllText(path, text);
        return new(path, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), new FileInfo(path).Length);
    }

    public SealedRecord Seal(UtcStamp? stamp = null, string template = "rocky-9", RunRecord? record = null, LogFile? log = null, RecordAttachments? attachments = null) =>
        Store.Seal(record ?? Build(template), stamp ?? Start, log ?? Log(), attachments ?? (record is { Type: RecordType.Init } ? null : Attachments()));

    public SealedRecord Publish(UtcStamp? stamp = null, string template = "rocky-9")
    {
        var sealedRecord = Seal(stamp, template);
        Store.PublishLatest(sealedRecord);
        return sealedRecord;
    }

    /// <summary>Two records that follow the same one, as a merge of two branches leaves them.</summary>
    public (SealedRecord Ours, SealedRecord Theirs) Fork(UtcStamp ours, UtcStamp theirs)
    {
        var made = Publish(ours);
        Unlock(Root.Path);
        var away = Path.Combine(Folder, "away");
        Directory.Move(made.Path, away);
        var other = Publish(theirs);
        Directory.Move(away, made.Path);
        return (made, other);
    }

    /// <summary>What a build brings into its record beside the log.</summary>
    public RecordAttachments Attachments(string note = "") => new()
    {
        BuildLog = Log($"2026-11-22T19:16:27Z PackerBuild Creating VM{note}\n"),
        Unattended = [new("http/ks.cfg", System.Text.Encoding.UTF8.GetBytes($"rootpw ***{note}\n"), new string('e', 64), "1 secret is masked"), new("http/extra/post.sh", System.Text.Encoding.UTF8.GetBytes($"true{note}\n"), Hash($"true{note}\n"), null)],
    };

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    public RunRecord Build(string template = "rocky-9") => new()
    {
        Type = RecordType.Build,
        Environment = Environment,
        StartedUtc = Start.Moment,
        FinishedUtc = Start.Moment.AddSeconds(754),
        DurationSeconds = 754,
        Host = "builder",
        Invocation = new() { Ci = "github", Builder = "https://github.com/o/r/.github/workflows/build.yml@refs/heads/main", Url = "https://github.com/o/r/actions/runs/7/attempts/1", Actor = "octo", Repository = "o/r", Job = "build", User = "runner" },
        ChainId = new ChainId(Start, template).ToString(),
        ProgramVersion = "1.2.3",
        Template = template,
        Vmid = 9010,
        Node = "pve1",
        Proxmox = new("https://pve1.example.net:8006", "9.0.3", "local-lvm", "local", "vmbr0"),
        Packer = new("1.6.6", new string('1', 64), "proxmox-iso", null, null)
        {
            Started = "2026/11/22 19:16:28 Starting plugin: /usr/bin/packer []string{\"/usr/bin/packer\", \"plugin\", \"packer-builder-proxmox-iso\"}",
        },
        Source = new("0123456789abcdef0123456789abcdef01234567", false, "https://git.example.net/templates.git"),
        Parameters = [new("parallel", "2"), new("var.cores", "2")],
        Allowed = ["allow-unversioned"],
        Inputs = [new("http/ks.cfg", new string('a', 64), "infra/packer/os/rocky/ks.cfg.scriban"), new("proxmox.pkr.hcl", new string('b', 64))],
        VmFacts = new()
        {
            Name = $"{template}-template",
            Template = true,
            Sockets = 1,
            Cores = 2,
            CpuType = "host",
            MemoryMb = 2048,
            OsType = template.StartsWith("windows", StringComparison.Ordinal) ? "win11" : "l26",
            Bios = "ovmf",
            Machine = "q35",
            EfiDisk = new("efidisk0", "local-lvm:base-9010-disk-1,size=4M", "efidisk", "local-lvm:base-9010-disk-1", "4M", "none"),
            ScsiController = "virtio-scsi-single",
            Agent = true,
            BootOrder = ["scsi0", "ide2"],
            Tags = ["golden"],
            Pool = "packer",
            ConfigDigest = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            Volumes = [new("local-lvm:base-9010-disk-0", "raw", 20L << 30)],
            Disks = [new("scsi0", "local-lvm:base-9010-disk-0,size=20G", "scsi", "local-lvm:base-9010-disk-0", "20G", "none")],
            Cdrom = [new("ide2", "none,media=cdrom")],
            Networks = [new("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0")],
        },
        Iso = new("rocky.iso", "https://mirror.example.net/rocky.iso", new string('c', 64)),
        Media = [new("ide2", "local:iso/rocky.iso", 1L << 30, new string('c', 64)), new("ide3", "local:iso/answers.iso", null, null)],
        Provisioning = [new("scripts/01-first-boot.sh", 0, 3), new("scripts/02-update.sh", null, null)],
        ValidationTest = new() { Status = "passed", GuestAgent = true, Network = true, Address = "192.0.2.10", Os = "Rocky Linux 9" },
    };

    public RunRecord Init() => Build() with
    {
        Type = RecordType.Init,
        Template = null,
        Vmid = null,
        Media = null,
        Provisioning = null,
        Inputs = null,
        VmFacts = null,
        Iso = null,
        ValidationTest = null,
        TokenId = "packer@pve!build",
        Role = "PackerBuild",
        Privileges = ["VM.Allocate", "VM.Clone"],
        RenderedAssets = [new("ks.cfg", new string('d', 64))],
    };

    public IReadOnlyList<RecordVerdict> Verify(Func<VerifyOptions, VerifyOptions>? change = null)
    {
        var options = new VerifyOptions { Root = Root };
        return new RecordVerifier().VerifyAsync(change?.Invoke(options) ?? options).GetAwaiter().GetResult();
    }

    /// <summary>All findings as <c>path: name</c>.</summary>
    public string[] Findings() => [.. Verify().SelectMany(v => v.Findings.Select(f => $"{v.Path}: {f.Name}")).Distinct()];

    /// <summary>All findings with what is said of them: <c>path: name: file: message</c>.</summary>
    public string[] Said(Func<VerifyOptions, VerifyOptions>? change = null) =>
        [.. Verify(change).SelectMany(v => v.Findings.Select(f => $"{v.Path}: {f.Name}: {f.File}: {f.Message}"))];

    public void Dispose()
    {
        if (isOwner)
        {
            Signer.Dispose();
            DeleteTree(Folder);
        }
    }

    /// <summary>Makes a tree writable, so that a test can tamper with it.</summary>
    public static void Unlock(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var directory in Directory.EnumerateDirectories(folder, "*", Deep).Prepend(folder))
        {
            File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*", Deep))
        {
            if (new FileInfo(file).LinkTarget is null)
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
    }

    public static void DeleteTree(string folder)
    {
        if (Directory.Exists(folder))
        {
            Unlock(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static EnumerationOptions Deep => new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
}
