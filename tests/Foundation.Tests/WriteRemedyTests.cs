namespace Foundation.Tests;

public sealed class WriteRemedyTests
{
    private const int Enospc = 28;

    [Test]
    public void A_full_disk_is_not_answered_with_permissions() =>
        Assert.That(WriteRemedy.For(new IOException("No space left on device", Enospc), "/r", "choose another one"), Is.EqualTo("Free space on that disk and run it again"));

    [Test, Platform(Exclude = "Win")]
    public void Another_users_files_are_given_back_by_a_command() =>
        Assert.That(WriteRemedy.For(new UnauthorizedAccessException(), "/r", "choose another one"), Does.Contain($"sudo chown -R {Environment.UserName} '/r'"));

    [Test, Platform("Linux")]
    public void A_runtime_root_on_a_full_disk_says_so()
    {
        // Whatever is written to this device finds no space.
        var failure = Assert.Throws<IOException>(() => File.WriteAllText("/dev/full", "x"))!;
        Assert.That(WriteRemedy.IsFull(failure), Is.True);
    }
}
