namespace Provisioning.Tests;

/// <summary>The provisioning steps and set-up scripts for Windows, run by PowerShell on each of their paths.</summary>
public sealed class WindowsStepsTests
{
    private const string Reached = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE";

    private WindowsRun run = null!;

    [SetUp]
    public void SetUp() => run = new WindowsRun();

    [TearDown]
    public void TearDown() => run.Dispose();

    private void Medium(string file, string text = "x")
    {
        var path = Path.Combine(run.Root, "medium", file.Replace('\\', Path.DirectorySeparatorChar));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        run.Given($"$global:Drives = @('{Path.Combine(run.Root, "empty")}', '{Path.Combine(run.Root, "medium")}')");
    }

    private void States(params string[] states) => run.Given(string.Join('\n', states.Select(s => $"$global:ImageStates.Enqueue('{s}')")));

    [Test]
    public void SysprepWaitsForTheStateOfTheImage()
    {
        Medium(@"setup\sysprep.xml", "<unattend/>");
        States("IMAGE_STATE_COMPLETE", "IMAGE_STATE_COMPLETE", "IMAGE_STATE_UNDEPLOYABLE", Reached);
        run.Given("$global:Task = 'RemoveBuildAccess'; $global:ProcessEnds = $false");

        var (error, _, _) = run.Run("os/windows/sysprep.ps1");

        Assert.That(error, Is.Null);
        Assert.That(run.Calls, Has.One.Contains("Sysprep.exe /generalize /oobe /quit /quiet"));
        Assert.That(File.ReadAllText(run.InWindows(@"Setup\Scripts\sysprep.xml")), Is.EqualTo("<unattend/>"));
        Assert.That(int.Parse(File.ReadAllText(run.InWindows(@"Setup\Scripts\sysprep.done")).Trim(), null), Is.EqualTo(Environment.ProcessId));
    }

    [TestCase("$global:ProcessEnds = $false", "30 minutes", TestName = "never reached")]
    [TestCase("$global:ProcessExit = 0", "30 minutes", TestName = "ended early and said nothing")]
    [TestCase("$global:ProcessExit = 31", "ended with 31", TestName = "failed")]
    public void SysprepThatFailsShowsTheEndOfItsLogs(string given, string says)
    {
        Medium(@"setup\sysprep.xml");
        States("IMAGE_STATE_COMPLETE");
        run.Given($"$global:Task = 'RemoveBuildAccess'; {given}");
        Directory.CreateDirectory(run.InWindows(@"System32\Sysprep\Panther"));
        File.WriteAllLines(run.InWindows(@"System32\Sysprep\Panther\setuperr.log"), Enumerable.Range(0, 100).Select(i => $"error {i}."));
        File.WriteAllText(run.InWindows(@"System32\Sysprep\Panther\setupact.log"), "the last act");

        var (error, output, _) = run.Run("os/windows/sysprep.ps1");

        Assert.Multiple(() =>
        {
            Assert.That(error, Does.Contain(says).And.Contain("IMAGE_STATE_COMPLETE"));
            Assert.That(output, Does.Contain("error 99.").And.Contain("error 60.").And.Not.Contain("error 59.").And.Contain("the last act"));
            Assert.That(File.Exists(run.InWindows(@"Setup\Scripts\sysprep.done")), Is.False, "the removal of the build user goes on waiting");
        });
    }

    [TestCase("$global:Task = $null")]
    [TestCase("$global:TaskState = 'Ready'")]
    public void SysprepDoesNotBeginBeforeTheRemovalIsArmed(string given)
    {
        Medium(@"setup\sysprep.xml");
        States(Reached);
        run.Given($"$global:Task = 'RemoveBuildAccess'; {given}");

        Assert.That(run.Run("os/windows/sysprep.ps1").Error, Does.Contain("RemoveBuildAccess does not run"));
        Assert.That(run.Calls, Has.None.Contains("Sysprep.exe"));
    }

    [Test]
    public void SysprepNeedsItsAnswers()
    {
        States(Reached);
        Assert.That(run.Run("os/windows/sysprep.ps1").Error, Does.Contain("not attached"));
    }

    [Test]
    public void TheRemovalIsArmedAndWaitsForSysprepAndTheSession()
    {
        var (error, _, _) = run.Run("os/windows/remove-build-user.ps1");
        var file = run.InWindows(@"Setup\Scripts\remove-build-access.ps1");
        var armed = run.Calls;

        Assert.That(error, Is.Null);
        Assert.That(armed, Has.One.Match("^Register-ScheduledTask RemoveBuildAccess powershell.exe .*remove-build-access.ps1 -Wait SYSTEM$"));
        Assert.That(armed, Has.One.EqualTo("Start-ScheduledTask RemoveBuildAccess"));
        Assert.That(armed, Has.None.Contains("Remove-LocalUser"), "nothing goes while the build still needs it");
        Assert.That(WindowsPowerShellSyntax.Findings(File.ReadAllText(file)), Is.Empty);

        // Sysprep is done after a minute: the clock of the stand-in moves only by waiting.
        run.Given($"function global:Start-Sleep {{ param($Seconds) $global:Clock = $global:Clock.AddSeconds($Seconds); if ($global:Clock.Minute -ge 17) {{ [IO.File]::WriteAllText('{run.InWindows(@"Setup\Scripts\sysprep.done")}', '4711') }} }}");
        run.RunFile(file, "-Wait");
        var calls = run.Calls.Skip(armed.Count).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(calls[0], Does.StartWith("Wait-Process").And.Contain("4711"));
            Assert.That(calls, Has.One.EqualTo("Remove-LocalUser build-abcdefgh"));
            Assert.That(calls, Has.One.EqualTo("Remove-Item listener").And.One.EqualTo("Remove-Item certificate"));
            Assert.That(calls, Has.One.Contains("Remove-NetFirewallRule").And.One.Contains(@"Policy\Secrets\DefaultPassword"));
            Assert.That(calls, Has.One.Contains("LocalAccountTokenFilterPolicy").And.One.Contains("Unregister-ScheduledTask"));
            Assert.That(File.Exists(file), Is.False, "it removes itself when the user is gone");
        });
    }

    [Test]
    public void TheRemovalGivesUpWithoutSysprep()
    {
        run.Run("os/windows/remove-build-user.ps1");
        run.RunFile(run.InWindows(@"Setup\Scripts\remove-build-access.ps1"), "-Wait");

        Assert.That(run.Calls, Has.None.Contains("Remove-LocalUser"));
    }

    [Test]
    public void AClonesFirstStartRemovesWithoutWaiting()
    {
        run.Run("os/windows/remove-build-user.ps1");
        run.RunFile(run.InWindows(@"Setup\Scripts\remove-build-access.ps1"));

        Assert.That(run.Calls, Has.One.EqualTo("Remove-LocalUser build-abcdefgh").And.None.StartsWith("Wait-Process"));
    }

    [TestCase("$env:BUILD_USER = ''", "BUILD_USER")]
    [TestCase("$global:TaskState = 'Ready'", "does not run")]
    public void ARemovalThatCannotBeArmedIsAnError(string given, string says)
    {
        run.Given(given);
        Assert.That(run.Run("os/windows/remove-build-user.ps1").Error, Does.Contain(says));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void AVolumeThatCannotBeTrimmedIsSaidAndNotMore(bool fails)
    {
        Directory.CreateDirectory(run.InWindows("Panther"));
        File.WriteAllText(run.InWindows(@"Panther\unattend.xml"), "<secret/>");
        File.WriteAllText(run.InWindows(@"Temp\left.log"), "x");
        File.WriteAllText(run.InWindows(@"Temp\script-1.ps1"), "x");
        run.Given($"$global:OptimizeFails = ${fails}");

        var (error, _, warnings) = run.Run("os/windows/cleanup.ps1");

        Assert.Multiple(() =>
        {
            Assert.That(error, Is.Null);
            Assert.That(warnings, fails ? Has.One.Contains("cannot be trimmed") : Is.Empty);
            Assert.That(File.Exists(run.InWindows(@"Panther\unattend.xml")), Is.False);
            Assert.That(File.Exists(run.InWindows(@"Temp\left.log")), Is.False);
            Assert.That(File.Exists(run.InWindows(@"Temp\script-1.ps1")), Is.True, "Packer still needs it");
            Assert.That(run.Calls.Count(c => c.StartsWith("wevtutil.exe clear-log", StringComparison.Ordinal)), Is.EqualTo(4));
        });
    }

    [Test]
    public void ALogThatCannotBeClearedIsAnError()
    {
        run.Given("$global:LogFails = $true");
        Assert.That(run.Run("os/windows/cleanup.ps1").Error, Does.Contain("wevtutil ended with 5"));
    }

    [TestCase("Running", "Automatic", true)]
    [TestCase("Stopped", "Automatic", false)]
    [TestCase("Running", "Manual", false)]
    public void TheGuestAgentRunsAndStartsByItself(string status, string type, bool good)
    {
        run.Given($"$global:Service = [pscustomobject]@{{ Status = '{status}'; StartType = '{type}' }}");
        Assert.That(run.Run("os/windows/guest-agent.ps1").Error, good ? Is.Null : Does.Contain($"{status}, start type {type}"));
    }

    [TestCase(0, true)]
    [TestCase(3010, true)]
    [TestCase(1603, false)]
    public void TheDriversAreInstalledFromTheirMedium(int exit, bool good)
    {
        Medium("virtio-win-gt-x64.msi");
        run.Given($"$global:ProcessExit = {exit}");

        var error = run.Run("os/windows/setup/virtio.ps1").Error;

        Assert.That(error, good ? Is.Null : Does.Contain("msiexec ended with 1603"));
        Assert.That(run.Calls.Count(c => c.StartsWith("Start-Process msiexec.exe", StringComparison.Ordinal)), Is.EqualTo(good ? 2 : 1));
    }

    [Test]
    public void MissingDriversAreAnError() =>
        Assert.That(run.Run("os/windows/setup/virtio.ps1").Error, Does.Contain("VirtIO medium is not attached"));

    [Test]
    public void WinRmIsOpenedOverHttpsAlone()
    {
        Assert.That(run.Run("os/windows/setup/winrm.ps1").Error, Is.Null);
        Assert.That(run.Calls, Has.One.EqualTo(@"New-Item WSMan:\localhost\Listener HTTPS ABCD"));
        Assert.That(run.Calls, Has.One.EqualTo(@"Set-Item WSMan:\localhost\Service\AllowUnencrypted False"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void CloudbaseInitIsInstalledWithProxmoxsDriveAsItsSource(bool onMedium)
    {
        if (onMedium)
        {
            Medium("CloudbaseInitSetup_x64.msi");
        }

        var conf = Path.Combine(run.Root, "Cloudbase Solutions", "Cloudbase-Init", "conf");
        run.Given($"$global:OnProcess = {{ $null = [IO.Directory]::CreateDirectory('{conf}') }}");

        Assert.That(run.Run("os/windows/cloudbase-init.ps1").Error, Is.Null);
        Assert.That(run.Calls.Any(c => c.StartsWith("Invoke-WebRequest", StringComparison.Ordinal)), Is.EqualTo(!onMedium));
        foreach (var file in (string[])["cloudbase-init.conf", "cloudbase-init-unattend.conf"])
        {
            Assert.That(File.ReadAllText(Path.Combine(conf, file)), Does.StartWith("[DEFAULT]").And.Contain("configdrive.ConfigDriveService").And.Contain("plugins="));
        }
    }

    [Test]
    public void CloudbaseInitOfSomebodyElseIsNotInstalled()
    {
        Medium("CloudbaseInitSetup_x64.msi");
        run.Given("$global:Signature = 'HashMismatch'");

        Assert.That(run.Run("os/windows/cloudbase-init.ps1").Error, Does.Contain("not signed by Cloudbase Solutions"));
        Assert.That(run.Calls, Has.None.StartsWith("Start-Process"));
    }
}
