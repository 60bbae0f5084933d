using Foundation;
using Packer.Running;

namespace Packer.Tests.Running;

/// <summary>The log for people.</summary>
public sealed class TranscriptTests
{
    [Test]
    public void Stages_and_Packer_s_words_are_in_it_with_times_and_without_secrets()
    {
        using var folder = new TestFolder();
        var secrets = new SecretSet();
        secrets.Add("hunter2222");
        using var log = new RunLogFile(new RuntimePaths(folder.Path), new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), "rocky-9"), secrets, new Clock());
        log.Write("StageIso", EventLevel.Info, "in place");
        log.Write("StageIso", EventLevel.Debug, "not for people");
        log.Write(PackerRunner.Stage, EventLevel.Info, "Creating VM");
        log.Say(PackerRunner.Stage, "==> proxmox-iso.vm: Creating VM with hunter2222");
        log.Write("SmokeTest", EventLevel.Warning, "slow\nand long");
        var done = log.CloseTranscript()!;
        log.Write("Evidence", EventLevel.Info, "too late");
        Assert.That(File.ReadAllText(done.Path), Is.EqualTo(
            "2026-11-22T19:16:27Z StageIso     in place\n"
            + "2026-11-22T19:16:27Z packer       ==> proxmox-iso.vm: Creating VM with ***\n"
            + "2026-11-22T19:16:27Z SmokeTest    Warning: slow and long\n"));
        Assert.That((done.Sha256, done.Bytes), Is.EqualTo((FileHash.Sha256(done.Path), new FileInfo(done.Path).Length)));
        Assert.That(log.CloseTranscript(), Is.Null, "closed once");
    }

    [Test]
    public void A_line_can_be_read_as_soon_as_it_is_told()
    {
        using var folder = new TestFolder();
        var paths = new RuntimePaths(folder.Path);
        using var log = new RunLogFile(paths, new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), "rocky-9"), new SecretSet(), new Clock());
        log.Say(PackerRunner.Stage, "==> proxmox-iso.vm: Waiting for SSH to become available...");
        using var reader = new StreamReader(new FileStream(Path.Combine(log.Folder, "build.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.That(reader.ReadToEnd(), Is.EqualTo("2026-11-22T19:16:27Z packer       ==> proxmox-iso.vm: Waiting for SSH to become available...\n"));
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 22, 19, 16, 27, TimeSpan.Zero);
    }
}
