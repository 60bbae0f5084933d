using System.Security.Cryptography;

namespace Sandbox.Tests;

public sealed class StorageTests
{
    private static readonly string Url = TestNode.Medium.Urls[0].AbsoluteUri;

    [Test]
    public async Task An_uploaded_file_is_kept_when_its_checksum_is_right()
    {
        await using var node = await TestNode.StartAsync();
        var content = RandomNumberGenerator.GetBytes(300_000);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        await node.Root.DoAsync(node.Root.UploadAsync("nodes/pve/storage/local/upload", "my disc.iso", content, ("content", "iso"), ("checksum", hash), ("checksum-algorithm", "sha256")));
        var volume = (await node.Root.GetAsync("nodes/pve/storage/local/content", ("content", "iso"))).Data!.AsArray().Single()!;
        Assert.That((string?)volume["volid"], Is.EqualTo("local:iso/my_disc.iso"));
        Assert.That((long?)volume["size"], Is.EqualTo(300_000));
        Assert.That(await File.ReadAllBytesAsync(node.Folder.File("storage/local/iso/my_disc.iso")), Is.EqualTo(content));
        Assert.That(Directory.GetFiles(node.Folder.File("incoming")), Is.Empty);
    }

    [Test]
    public async Task A_wrong_checksum_or_name_or_storage_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        var bad = await node.Root.UploadAsync("nodes/pve/storage/local/upload", "a.iso", [1], ("content", "iso"), ("checksum", "00"), ("checksum-algorithm", "sha256"));
        Assert.That(await node.Root.ExitStatusAsync(bad.Text), Does.StartWith("checksum mismatch: got "));
        Assert.That((await node.Root.UploadAsync("nodes/pve/storage/local/upload", "a.exe", [1], ("content", "iso"))).Error("filename"), Is.EqualTo("wrong file extension"));
        Assert.That((await node.Root.UploadAsync("nodes/pve/storage/local-lvm/upload", "a.iso", [1], ("content", "iso"))).Reason, Does.StartWith("can't upload to storage type 'lvmthin'"));
        Assert.That((await node.Root.GetAsync("nodes/pve/storage/local/content")).Data!.AsArray(), Is.Empty);
        Assert.That(Directory.GetFiles(node.Folder.File("incoming")), Is.Empty);
    }

    [Test]
    public async Task A_name_cannot_leave_the_storage()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.UploadAsync("nodes/pve/storage/local/upload", "../../../evil.iso", [1], ("content", "iso")));
        Assert.That(File.Exists(node.Folder.File("storage/local/iso/evil.iso")));
    }

    [Test]
    public async Task A_catalogued_medium_becomes_a_placeholder_that_says_so()
    {
        await using var node = await TestNode.StartAsync();
        var parameters = new[] { ("content", "iso"), ("filename", "rocky.iso"), ("url", Url), ("checksum", TestNode.Medium.Sha256), ("checksum-algorithm", "sha256") };
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/storage/local/download-url", parameters));
        var volume = (await node.Root.GetAsync("nodes/pve/storage/local/content")).Data!.AsArray().Single()!;
        Assert.That((string?)volume["notes"], Does.Contain("Placeholder of Rocky-9.6").And.Contain(TestNode.Medium.Sha256));
        Assert.That(await File.ReadAllTextAsync(node.Folder.File("storage/local/iso/rocky.iso")), Does.StartWith("Placeholder of Rocky-9.6"));

        // Once more: the file is there and right.
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/storage/local/download-url", parameters));
    }

    [Test]
    public async Task Another_checksum_or_address_fails_as_on_a_real_node()
    {
        await using var node = await TestNode.StartAsync();
        var wrong = await node.Root.PostAsync("nodes/pve/storage/local/download-url", ("content", "iso"), ("filename", "a.iso"), ("url", Url), ("checksum", "ff"), ("checksum-algorithm", "sha256"));
        Assert.That(await node.Root.ExitStatusAsync(wrong.Text), Is.EqualTo($"checksum mismatch: got '{TestNode.Medium.Sha256}' != expect 'ff'"));
        var unknown = await node.Root.PostAsync("nodes/pve/storage/local/download-url", ("content", "iso"), ("filename", "a.iso"), ("url", "https://example.org/a.iso"));
        Assert.That(await node.Root.ExitStatusAsync(unknown.Text), Is.EqualTo("download failed: exit code 4"));
        Assert.That((await node.Root.GetAsync("nodes/pve/query-url-metadata", ("url", "https://example.org/a.iso"))).Status, Is.EqualTo(500));
    }

    [Test]
    public async Task A_missing_file_is_missed_by_the_task_that_removes_it()
    {
        await using var node = await TestNode.StartAsync();
        var answer = await node.Root.DeleteAsync("nodes/pve/storage/local/content/local:iso/gone.iso");
        Assert.That(answer.Text, Does.Contain(":imgdel:local:root@pam:"));
        Assert.That(await node.Root.ExitStatusAsync(answer.Text), Is.EqualTo("WARNINGS: 1"));
        var log = (await node.Root.GetAsync($"nodes/pve/tasks/{answer.Text}/log")).Data!.AsArray();
        Assert.That(log.Select(l => (string)l!["t"]!), Has.Member("WARN: disk image '/var/lib/vz/template/iso/gone.iso' does not exist"));
    }

    [Test]
    public async Task Another_file_of_that_name_is_never_written_over_by_a_download()
    {
        await using var node = await TestNode.StartAsync();
        await node.Root.DoAsync(node.Root.UploadAsync("nodes/pve/storage/local/upload", "a.iso", [1, 2, 3], ("content", "iso")));
        var answer = await node.Root.PostAsync(
            "nodes/pve/storage/local/download-url", ("content", "iso"), ("filename", "a.iso"), ("url", Url), ("checksum", TestNode.Medium.Sha256), ("checksum-algorithm", "sha256"));
        var got = Convert.ToHexStringLower(SHA256.HashData([1, 2, 3]));
        Assert.That(await node.Root.ExitStatusAsync(answer.Text), Is.EqualTo($"checksum mismatch: got '{got}' != expect '{TestNode.Medium.Sha256}', aborting"));
    }

    [Test]
    public async Task An_image_that_refers_to_other_files_is_no_medium()
    {
        await using var node = await TestNode.StartAsync();
        var image = new byte[512];
        new byte[] { 0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3 }.CopyTo(image, 0);
        await node.Root.DoAsync(node.Root.UploadAsync("nodes/pve/storage/local/upload", "alone.iso", image, ("content", "iso")));
        image[15] = 112;
        var backed = await node.Root.UploadAsync("nodes/pve/storage/local/upload", "backed.iso", image, ("content", "iso"));
        Assert.That(await node.Root.ExitStatusAsync(backed.Text), Does.StartWith("backing file not allowed for untrusted image '/var/tmp/pveupload-"));
        image[15] = 0;
        image[79] = 4;
        var outside = await node.Root.UploadAsync("nodes/pve/storage/local/upload", "outside.iso", image, ("content", "iso"));
        Assert.That(await node.Root.ExitStatusAsync(outside.Text), Does.EndWith(": 'data-file' references are not allowed!"));
    }
}
