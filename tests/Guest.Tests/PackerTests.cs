namespace Guest.Tests;

/// <summary>Real Packer, with its null builder, against guests: through the proxies, as in a build.</summary>
public sealed class PackerTests
{
    private const string Password = "S3cret-of-this-run";

    [OneTimeSetUp]
    public void Need() => Assume.That(Tool.Exists("packer"), "Packer is not installed");

    [Test]
    public async Task ShellAndFileProvisionersOverSsh()
    {
        var (lab, source) = await LinuxAsync("ecdsa");
        await using var _ = lab;
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "cleanup.sh"), "#!/bin/sh\n# cleanup.sh: removes things\nrm -rf /\n");
        Directory.CreateDirectory(Path.Combine(lab.Folder, "files", "sub"));
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "files", "sub", "a.txt"), "a");

        var result = await PackerAsync(lab, source, """
              provisioner "shell" {
                execute_command  = "{{ .Vars }} sudo -E sh -c '{{ .Path }}'"
                environment_vars = ["A=b c"]
                script           = "cleanup.sh"
              }
              provisioner "shell" { inline = ["echo one", "echo two"] }
              provisioner "shell" {
                execute_command = "mkdir -p /tmp/target; {{ .Path }}"
                inline          = ["echo"]
              }
              provisioner "file" {
                source      = "cleanup.sh"
                destination = "/tmp/copy.sh"
              }
              provisioner "file" {
                source      = "files/"
                destination = "/tmp/target"
              }
              provisioner "file" {
                source      = "/tmp/copy.sh"
                destination = "back.sh"
                direction   = "download"
              }
            """);

        Assert.That(result.ExitCode, Is.Zero, result.Output + lab.Log);
        Assert.That(lab.Commands.Where(c => c.Executes("cleanup.sh")).Select(c => c.Text), Has.One.Contains("sudo -E sh -c"));
        Assert.That(lab.Log, Does.Contain("uploaded /tmp/copy.sh").And.Contain("/sub/a.txt, 1 bytes"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(lab.Folder, "back.sh")), Does.StartWith("#!/bin/sh\n# cleanup.sh"));
    }

    [Test]
    public async Task GuestCanBeToldToFail()
    {
        var (lab, source) = await LinuxAsync("rsa", c => c.Executes("cleanup*") ? 3 : 0);
        await using var _ = lab;
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "x.sh"), "#!/bin/sh\n# cleanup.sh: removes things\n");

        var result = await PackerAsync(lab, source, """
              provisioner "shell" { script = "x.sh" }
            """);

        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output, Does.Contain("non-zero exit status: 3"));
    }

    [TestCase("systemctl reboot")]
    [TestCase("if true; then sudo -n /sbin/shutdown -r now; fi")]
    public async Task ARestartBreaksTheBuildUnlessItIsExpected(string command)
    {
        var (lab, source) = await LinuxAsync("ecdsa");
        await using var _ = lab;
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "restart.sh"), $"#!/bin/sh\n# restart.sh\n{command}\nsleep 300\n");
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "after.sh"), "#!/bin/sh\n# after.sh\n");

        var unexpected = await PackerAsync(lab, source, """
              provisioner "shell" { script = "restart.sh" }
              provisioner "shell" { script = "after.sh" }
            """);
        var expected = await PackerAsync(lab, source, """
              provisioner "shell" {
                script            = "restart.sh"
                expect_disconnect = true
              }
              provisioner "shell" { script = "after.sh" }
            """);

        Assert.That(unexpected.ExitCode, Is.EqualTo(1), unexpected.Output + lab.Log);
        Assert.That(unexpected.Output, Does.Contain("disconnected unexpectedly"));
        Assert.That(expected.ExitCode, Is.Zero, expected.Output + lab.Log);
        Assert.That(lab.Commands.Count(c => c.Executes("after.sh")), Is.EqualTo(1), lab.Log);
        Assert.That(lab.Log, Does.Contain("the machine restarts").And.Contain("the machine is up again"));
    }

    [Test]
    public async Task SftpTransfersToo()
    {
        var (lab, source) = await LinuxAsync("ecdsa");
        await using var _ = lab;
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "x.sh"), "#!/bin/sh\necho\n");

        var result = await PackerAsync(lab, source + "\n  ssh_file_transfer_method = \"sftp\"", """
              provisioner "shell" { script = "x.sh" }
            """);

        Assert.That(result.ExitCode, Is.Zero, result.Output + lab.Log);
        Assert.That(lab.Log, Does.Contain("[script"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task WindowsProvisionersOverWinRm(bool https)
    {
        await using var lab = GuestLab.Start(GuestLab.Windows(new WinRmListener(https, Basic: true, AllowUnencrypted: !https), Administrator));
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "setup.ps1"), "# setup.ps1: sets up\r\nWrite-Output 'x'\r\n" + new string('#', 20_000));

        var result = await PackerAsync(lab, WinRm(lab, https), """
              provisioner "powershell" {
                script           = "setup.ps1"
                environment_vars = ["A=b c"]
              }
              provisioner "powershell" {
                elevated_user     = "Administrator"
                elevated_password = build.Password
                inline            = ["Write-Output elevated"]
              }
              provisioner "windows-shell" { inline = ["dir"] }
              provisioner "windows-restart" {}
              provisioner "file" {
                source      = "setup.ps1"
                destination = "C:/Windows/Temp/setup.ps1"
              }
            """);

        Assert.That(result.ExitCode, Is.Zero, result.Output + lab.Log);
        Assert.That(lab.Commands.Count(c => c.Executes("setup.ps1")), Is.EqualTo(1), lab.Log);
        Assert.That(lab.Commands.Any(c => c.Scripts.Count == 3 && c.Scripts[^1].Text.Contains("elevated", StringComparison.Ordinal)), lab.Log);
        Assert.That(lab.Commands.Any(c => c.Scripts is [{ Name: var n }] && n.EndsWith(".bat", StringComparison.Ordinal)), lab.Log);
        Assert.That(lab.Log, Does.Contain($"uploaded C:\\Windows\\Temp\\setup.ps1, {new FileInfo(Path.Combine(lab.Folder, "setup.ps1")).Length} bytes").And.Not.Contain("winrmcp"));
        Assert.That(lab.Log, Does.Not.Contain(Password));
        Assert.That(lab.Log, Does.Contain("the machine restarts").And.Contain("the machine is up again"));
    }

    [Test]
    public async Task FailingWindowsScript()
    {
        await using var lab = GuestLab.Start(
            GuestLab.Windows(new WinRmListener(true, true, false), Administrator), c => c.Executes("setup.ps1") ? 7 : 0);
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "y.ps1"), "# setup.ps1: sets up\n");

        var result = await PackerAsync(lab, WinRm(lab, https: true), """
              provisioner "powershell" { script = "y.ps1" }
            """);

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain("non-zero exit status: 7"));
    }

    private static GuestAccount Administrator => new() { Name = "Administrator", Password = Password, Administrator = true };

    private static string WinRm(GuestLab lab, bool https) => $"""
          communicator   = "winrm"
          winrm_host     = "{lab.Address}"
          winrm_port     = {(https ? 5986 : 5985)}
          winrm_use_ssl  = {(https ? "true" : "false")}
          winrm_insecure = true
          winrm_username = "Administrator"
          winrm_password = "{Password}"
          winrm_timeout  = "60s"
        """;

    private static async Task<(GuestLab Lab, string Source)> LinuxAsync(string type, Func<GuestCommand, int>? exitCode = null)
    {
        var keys = new List<string>();
        var lab = GuestLab.Start(GuestLab.Linux(new GuestAccount { Name = "packer", AuthorizedKeys = keys }), exitCode);
        var (path, line) = await lab.KeyAsync(type);
        keys.Add(line);
        return (lab, $"""
              communicator         = "ssh"
              ssh_host             = "{lab.Address}"
              ssh_username         = "packer"
              ssh_private_key_file = "{path}"
              ssh_proxy_host       = "127.0.0.1"
              ssh_proxy_port       = {lab.Network.SocksPort}
              ssh_timeout          = "60s"
            """);
    }

    private static async Task<Tool.Result> PackerAsync(GuestLab lab, string source, string provisioners)
    {
        await File.WriteAllTextAsync(Path.Combine(lab.Folder, "t.pkr.hcl"), $"source \"null\" \"g\" {{\n{source}\n}}\nbuild {{\n  sources = [\"null.g\"]\n{provisioners}\n}}\n");
        var proxy = $"http://127.0.0.1:{lab.Network.HttpPort}";
        return await Tool.RunAsync("packer", ["build", "-color=false", "t.pkr.hcl"], lab.Folder, new Dictionary<string, string>
        {
            ["HTTP_PROXY"] = proxy, ["HTTPS_PROXY"] = proxy, ["NO_PROXY"] = "127.0.0.1,localhost", ["CHECKPOINT_DISABLE"] = "1",
            ["HOME"] = lab.Folder, ["PACKER_LOG"] = Environment.GetEnvironmentVariable("GUEST_TESTS_PACKER_LOG") ?? "",
        });
    }
}
