using static Unattended.Tests.Samples;

namespace Unattended.Tests;

public sealed class ExpectationTests
{
    private static readonly UnattendedExpectations Ssh = new() { UserName = "packer", PublicKey = Key, NeedsCloudInit = true };
    private static readonly UnattendedExpectations WinRm = new() { Communicator = "winrm", UserName = "Administrator", Password = "S3cret-of-the-run" };

    [Test]
    public void Careful_files_meet_them()
    {
        Assert.That(ReadKickstart(KickstartText).Check(Ssh, "ks.cfg"), Is.Empty);
        Assert.That(ReadAutoinstall(AutoinstallText).Check(Ssh, "user-data"), Is.Empty);
        Assert.That(ReadAnswerFile(AnswerFileText).Check(WinRm, "Autounattend.xml"), Is.Empty);
    }

    [Test]
    public void A_user_without_a_key_is_named()
    {
        var reading = ReadKickstart(KickstartText.With($"sshkey --username=packer \"{Key}\"", "").With("rootpw --lock", "rootpw secret"));
        Assert.That(reading.Check(Ssh, "ks.cfg").Single().ToString(), Is.EqualTo(
            "ks.cfg: the file creates the user packer but has no sshkey for it: Packer's login would be refused until ssh_timeout"));
    }

    [Test]
    public void Each_expectation_has_its_own_code()
    {
        static string[] Codes(UnattendedReading reading, UnattendedExpectations expected) => [.. reading.Check(expected, "f").Select(f => f.Code)];
        var kickstart = ReadKickstart(KickstartText);
        Assert.Multiple(() =>
        {
            Assert.That(Codes(kickstart, Ssh with { UserName = "ansible" }), Is.EqualTo(new[] { "no-such-user" }));
            Assert.That(Codes(kickstart, Ssh with { PublicKey = OtherKey }), Is.EqualTo(new[] { "wrong-ssh-key" }));
            Assert.That(Codes(kickstart, Ssh with { PublicKey = null, Password = "x" }), Is.EqualTo(new[] { "no-password" }));
            Assert.That(Codes(ReadKickstart(KickstartText.With("NOPASSWD: ALL", "ALL")), Ssh), Is.EqualTo(new[] { "not-administrator" }));
            Assert.That(Codes(ReadKickstart(KickstartText.With("qemu-guest-agent\ncloud-init\n", "")), Ssh), Is.EqualTo(new[] { "no-guest-agent", "no-cloud-init" }));
            Assert.That(Codes(ReadKickstart(KickstartText.With("reboot --eject", "poweroff")), Ssh), Is.EqualTo(new[] { "no-reboot" }));
            Assert.That(Codes(ReadKickstart(KickstartText.With("--enabled=sshd,", "--disabled=sshd --enabled=")), Ssh), Is.EqualTo(new[] { "no-ssh" }));
            Assert.That(Codes(ReadAnswerFile(AnswerFileText), WinRm with { Password = "other" }), Is.EqualTo(new[] { "wrong-password" }));
            Assert.That(Codes(ReadAnswerFile(AnswerFileText), WinRm with { WinRmPort = 5985 }), Is.EqualTo(new[] { "no-winrm" }));
            var noBasic = new Dictionary<string, string> { ["setup.ps1"] = SetupText.With("Set-Item -Path WSMan:\\localhost\\Service\\Auth\\Basic -Value $true", "") };
            Assert.That(Codes(ReadAnswerFile(AnswerFileText, Windows2022 with { Siblings = noBasic }), WinRm), Is.EqualTo(new[] { "winrm-basic" }));
        });
    }
}
