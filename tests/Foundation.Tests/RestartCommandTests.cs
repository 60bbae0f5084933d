namespace Foundation.Tests;

public sealed class RestartCommandTests
{
    [TestCase("reboot")]
    [TestCase("systemctl reboot")]
    [TestCase("systemctl --no-block reboot")]
    [TestCase("sudo -n systemctl reboot")]
    [TestCase("set -eu\n/sbin/shutdown -r now")]
    [TestCase("test -e /x && init 6")]
    [TestCase("if [ -e /x ]; then reboot; fi")]
    [TestCase("nohup sh -c true; exec reboot -f")]
    [TestCase("Restart-Computer -Force")]
    [TestCase("shutdown.exe /r /f /t 0 /c \"packer restart\"")]
    public void ARestartIsSeen(string text) => Assert.That(RestartCommand.IsIn(text), Is.True);

    [TestCase("")]
    [TestCase("# reboot")]
    [TestCase("echo a reboot is needed")]
    [TestCase("systemctl enable reboot.target")]
    [TestCase("rm -f /var/run/reboot-required")]
    [TestCase("shutdown -h now")]
    [TestCase("shutdown /r /f /t 60 /c \"packer restart test\"")]
    [TestCase("shutdown.exe /a")]
    [TestCase("init 3")]
    public void AnythingElseIsNone(string text) => Assert.That(RestartCommand.IsIn(text), Is.False);

    [Test]
    public void TheLineIsTold() => Assert.That(RestartCommand.LineOf("#!/bin/sh\n# reboot\n\nsystemctl reboot\n"), Is.EqualTo(4));
}
