using System.Diagnostics;
using Foundation;
using Packer.Staging;
using Packer.Tools;
using Templates;

namespace Packer.Tests.Staging;

public sealed class BuildCredentialsTests
{
    private static readonly ChainId Chain = new(UtcStamp.From(DateTimeOffset.UnixEpoch), "rocky-9");

    [Test]
    public void OpenSsh_reads_the_private_key_and_gets_the_same_public_key()
    {
        Assume.That(ToolHost.Current().Programs("ssh-keygen"), Is.Not.Empty, "OpenSSH is not installed");
        using var folder = new TestFolder();
        using var hidden = SecretsFolder.Create(folder.Path);
        var credentials = BuildCredentials.Create(new Template { Communicator = "ssh" }, Chain, new SecretSet());
        var file = hidden.Write("key", credentials.PrivateKeyPem!);

        using var process = Process.Start(new ProcessStartInfo("ssh-keygen", ["-y", "-f", file]) { RedirectStandardOutput = true })!;
        var derived = process.StandardOutput.ReadToEnd().Trim();
        Assert.That(credentials.Access.SshPublicKey, Does.StartWith(derived));
        Assert.That(derived, Does.StartWith("ecdsa-sha2-nistp256 "));
    }

    [Test]
    public void Vars_that_the_template_calls_secret_are_masked()
    {
        var secrets = new SecretSet();
        var template = new Template { Communicator = "ssh", Vars = new() { ["locale"] = "en_US.UTF-8", ["registration"] = "abcd-efgh" }, SecretVars = ["registration"] };
        BuildCredentials.Create(template, Chain, secrets);
        Assert.That(secrets.MaskIn("register abcd-efgh en_US.UTF-8"), Is.EqualTo("register *** en_US.UTF-8"));
        var failure = Assert.Throws<FailureException>(() => BuildCredentials.Create(template with { SecretVars = ["other"] }, Chain, secrets))!;
        Assert.That(failure.Message, Does.Contain("calls other secret"));
    }

    [Test]
    public void The_private_key_and_the_password_are_masked_also_line_by_line()
    {
        var secrets = new SecretSet();
        var ssh = BuildCredentials.Create(new Template { Communicator = "ssh" }, Chain, secrets);
        var winrm = BuildCredentials.Create(new Template { Communicator = "winrm" }, Chain, secrets);
        foreach (var line in ssh.PrivateKeyPem!.Split('\n').Where(l => l.Length > 16 && l[0] != '-'))
        {
            Assert.That(secrets.MaskIn($"    vm: {line}"), Is.EqualTo("    vm: ***"));
        }

        Assert.That(secrets.MaskIn(winrm.Access.Password!), Is.EqualTo("***"));
        Assert.That(winrm.PrivateKeyPem, Is.Null);
    }

    [Test]
    public void The_secret_folder_is_its_owners_alone_and_gone_at_the_end()
    {
        using var folder = new TestFolder();
        var hidden = SecretsFolder.Create(folder.Path);
        var file = hidden.Write("a/key", "x");
        Assert.That(File.GetUnixFileMode(hidden.Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        hidden.Dispose();
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void The_folder_of_a_crashed_run_is_deleted_by_the_next_and_that_of_a_running_one_is_not()
    {
        using var folder = new TestFolder();
        using var dead = Process.Start("true");
        dead.WaitForExit();
        folder.Write($"packer-build-{dead.Id}-abc/key", "x");
        using var running = SecretsFolder.Create(folder.Path);
        using var next = SecretsFolder.Create(folder.Path);
        Assert.That(Directory.GetDirectories(folder.Path), Is.EquivalentTo((string[])[running.Path, next.Path]));
    }
}
