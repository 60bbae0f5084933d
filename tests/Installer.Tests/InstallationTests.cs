using CsCheck;
using static Installer.Tests.Rig;

namespace Installer.Tests;

public sealed class InstallationTests
{
    [TestCase("a")]
    [TestCase("shift-a")]
    [TestCase("ctrl-x")]
    [TestCase("ctrl-alt-delete")]
    [TestCase("f10")]
    [TestCase("shift-semicolon")]
    [TestCase("kp_enter")]
    [TestCase("shift")]
    public void Keys_that_QEMU_knows(string key) => Assert.That(Installation.IsKnownKey(key), Is.True);

    [TestCase("")]
    [TestCase("A")]
    [TestCase("enter")]
    [TestCase("colon")]
    [TestCase("f13")]
    [TestCase("a-")]
    [TestCase("shift--a")]
    public void Keys_that_QEMU_refuses(string key) => Assert.That(Installation.IsKnownKey(key), Is.False);

    [Test]
    public void Switching_off_cancels()
    {
        var installation = new Installation(Machine("Rocky-9.6-x86_64-minimal.iso") with { FirstKeyTimeout = TimeSpan.FromHours(1) });
        installation.Type("<up>");
        Assert.That(installation.Screen, Does.Contain("*Install Rocky Linux 9.6"));
        installation.Dispose();
        installation.Dispose();
        installation.TypeKey("ret");
        Assert.That(installation.Completion.IsCanceled, Is.True);
    }

    [Test]
    public async Task Without_media_nothing_boots()
    {
        var outcome = await Run(Machine("x") with { Media = [] }, "<ret>");
        Assert.That(outcome.Failure, Does.Contain("no bootable device"));
        Assert.That(outcome.Log, Is.Not.Empty);
    }

    [Test]
    public void No_typing_breaks_a_boot_loader()
    {
        string[] keys = ["e", "c", "tab", "esc", "ret", "up", "down", "left", "right", "home", "end", "backspace", "delete", "spc", "a", "semicolon", "apostrophe", "backslash", "ctrl-k", "ctrl-u", "shift-4", "f10"];
        string[] media = ["Rocky-9.6-x86_64-minimal.iso", "Rocky-10.0-x86_64-minimal.iso", "ubuntu-24.04.3-live-server-amd64.iso"];
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, keys.Length - 1].Array[0, 60]).Sample(
            (medium, typed) =>
            {
                using var installation = new Installation(Machine(media[medium]) with { FirstKeyTimeout = TimeSpan.FromHours(1), KeyIdle = TimeSpan.FromHours(1), NetworkModel = null });
                foreach (var key in typed)
                {
                    installation.TypeKey(keys[key]);
                }

                return installation.Screen.Length > 0;
            },
            iter: 2000);
    }
}
