using System.Security.Cryptography;

namespace Guest.Tests;

/// <summary>OpenSSH's client against a guest.</summary>
public sealed class OpenSshTests
{
    private static readonly string[] KeyTypes = ["ecdsa", "rsa", "ed25519"];

    [OneTimeSetUp]
    public void Need() => Assume.That(Tool.Exists("ssh") && Tool.Exists("ssh-keygen"), "OpenSSH's client is not installed");

    [TestCase("ecdsa", 256)]
    [TestCase("ecdsa", 384)]
    [TestCase("ecdsa", 521)]
    [TestCase("rsa", 2048)]
    [TestCase("ed25519", null)]
    public async Task AdmitsTheAccountsKey(string type, int? bits)
    {
        var (lab, key) = await StartAsync(type, bits);
        await using var _ = lab;
        var result = await SshAsync(lab, key, "packer", "echo hello there");

        Assert.That(result, Is.EqualTo(new Tool.Result(0, "hello there\n")));
        Assert.That(lab.Log, Does.Contain("packer logged in with the").And.Contain("ran (recorded only): echo hello there: exit 0"));
    }

    [TestCaseSource(nameof(KeyTypes))]
    public async Task RefusesAnotherKey(string type)
    {
        var (lab, _) = await StartAsync("ecdsa", 256);
        await using var _ = lab;
        var (other, _) = await lab.KeyAsync(type);
        var result = await SshAsync(lab, other, "packer", "true");

        Assert.That(result.ExitCode, Is.EqualTo(255));
        Assert.That(result.Output, Does.Contain("Permission denied (publickey,password)"));
        Assert.That(lab.Log, Does.Contain("is not among the account's authorized keys"));
        Assert.That(lab.Commands, Is.Empty);
    }

    [Test]
    public async Task RefusesAnotherUser()
    {
        var (lab, key) = await StartAsync("ecdsa", 256);
        await using var _ = lab;
        var result = await SshAsync(lab, key, "root", "true");

        Assert.That(result.ExitCode, Is.EqualTo(255));
        Assert.That(lab.Log, Does.Contain("refused root: there is no such account"));
    }

    [Test]
    public async Task PolicyDecidesTheExitCode()
    {
        var (lab, key) = await StartAsync("ecdsa", 256, c => c.Text.Contains("bad", StringComparison.Ordinal) ? 42 : 0);
        await using var _ = lab;

        Assert.That((await SshAsync(lab, key, "packer", "run bad")).ExitCode, Is.EqualTo(42));
        Assert.That((await SshAsync(lab, key, "packer", "run good")).ExitCode, Is.Zero);
    }

    [TestCase("-O")]
    [TestCase("-s")]
    public async Task ScpUploadsFilesAndFolders(string protocol)
    {
        var (lab, key) = await StartAsync("ecdsa", 256);
        await using var _ = lab;
        var tree = Directory.CreateDirectory(Path.Combine(lab.Folder, "tree", "inner")).Parent!.FullName;
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        await File.WriteAllBytesAsync(Path.Combine(tree, "big.bin"), bytes);
        await File.WriteAllTextAsync(Path.Combine(tree, "inner", "a b.txt"), "text\n");
        var port = lab.Forward(22);

        var up = await Tool.RunAsync("scp", [protocol, "-r", "-p", "-q", .. Options(key), "-P", $"{port}", tree, "packer@127.0.0.1:/tmp/"]);
        var back = Path.Combine(lab.Folder, "back.bin");
        var down = await Tool.RunAsync("scp", [protocol, "-q", .. Options(key), "-P", $"{port}", "packer@127.0.0.1:/tmp/tree/big.bin", back]);
        var none = await Tool.RunAsync("scp", [protocol, "-q", .. Options(key), "-P", $"{port}", "packer@127.0.0.1:/tmp/none", back + "2"]);

        Assert.That(up.ExitCode, Is.Zero, up.Output + lab.Log);
        Assert.That(lab.Log, Does.Contain($"packer uploaded /tmp/tree/big.bin, 3000000 bytes, sha256 {Convert.ToHexStringLower(SHA256.HashData(bytes))}"));
        Assert.That(lab.Log, Does.Contain("packer uploaded /tmp/tree/inner/a b.txt, 5 bytes"));
        Assert.That(down.ExitCode, Is.Zero, down.Output + lab.Log);
        Assert.That(await File.ReadAllBytesAsync(back), Is.EqualTo(bytes));
        Assert.That(none.ExitCode, Is.EqualTo(1));
        Assert.That(none.Output, Does.Contain("No such file").IgnoreCase);
    }

    [Test]
    public async Task BigUploadSurvivesRekeying()
    {
        var (lab, key) = await StartAsync("ecdsa", 256);
        await using var _ = lab;
        var file = Path.Combine(lab.Folder, "big");
        var bytes = RandomNumberGenerator.GetBytes(20 << 20);
        await File.WriteAllBytesAsync(file, bytes);

        var up = await Tool.RunAsync(
            "scp", ["-O", "-v", "-o", "RekeyLimit=2M", .. Options(key), "-P", $"{lab.Forward(22)}", file, "packer@127.0.0.1:/var/tmp/big"]);

        Assert.That(up.ExitCode, Is.Zero, up.Output);
        Assert.That(up.Output.Split("SSH2_MSG_NEWKEYS sent").Length, Is.GreaterThan(5), "the client changed keys on the way");
        Assert.That(lab.Log, Does.Contain($"{bytes.Length} bytes, sha256 {Convert.ToHexStringLower(SHA256.HashData(bytes))}"));
    }

    [Test]
    public async Task ShellRecordsLinesUntilTheEnd()
    {
        var (lab, key) = await StartAsync("ecdsa", 256);
        await using var _ = lab;
        var result = await Tool.RunAsync(
            "ssh", ["-tt", .. Options(key), "-p", $"{lab.Forward(22)}", "packer@127.0.0.1"], input: "whoami\nexit\n");

        Assert.That(result.ExitCode, Is.Zero, result.Output);
        Assert.That(result.Output, Does.Contain("recorded, none is run"));
        Assert.That(lab.Commands.Select(c => c.Text), Is.EqualTo(new[] { "whoami" }));
    }

    [Test]
    public async Task ForwardingIsRefused()
    {
        var (lab, key) = await StartAsync("ecdsa", 256);
        await using var _ = lab;
        var port = lab.Forward(22);
        var remote = await Tool.RunAsync(
            "ssh", ["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1", .. Options(key), "-p", $"{port}", "packer@127.0.0.1", "true"]);
        var direct = await Tool.RunAsync("ssh", ["-W", "127.0.0.1:80", .. Options(key), "-p", $"{port}", "packer@127.0.0.1"]);

        Assert.That(remote.ExitCode, Is.EqualTo(255), remote.Output);
        Assert.That(direct.ExitCode, Is.EqualTo(255));
        Assert.That(direct.Output, Does.Contain("forward nothing"));
    }

    [Test]
    public async Task SixWrongKeysEndTheConnection()
    {
        var (lab, _) = await StartAsync("ecdsa", 256);
        await using var _ = lab;
        var options = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            options.AddRange(["-i", (await lab.KeyAsync("ecdsa")).Path]);
        }

        var result = await Tool.RunAsync("ssh", [.. options, .. Options(options[1]), "-p", $"{lab.Forward(22)}", "packer@127.0.0.1", "true"]);

        Assert.That(result.Output, Does.Contain("Too many authentication failures"));
    }

    private static async Task<(GuestLab Lab, string Key)> StartAsync(string type, int? bits, Func<GuestCommand, int>? exitCode = null)
    {
        var authorized = new List<string> { "# comment", "" };
        var lab = GuestLab.Start(GuestLab.Linux(new GuestAccount { Name = "packer", AuthorizedKeys = authorized }), exitCode);
        var (path, line) = await lab.KeyAsync(type, bits);
        authorized.Add("no-port-forwarding,command=\"echo hello\" " + line);
        return (lab, path);
    }

    private static string[] Options(string key) =>
    [
        "-i", key, "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
        "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=INFO",
    ];

    private static async Task<Tool.Result> SshAsync(GuestLab lab, string key, string user, string command)
    {
        var result = await Tool.RunAsync("ssh", [.. Options(key), "-p", $"{lab.Forward(22)}", user + "@127.0.0.1", command]);
        return result with { Output = string.Concat(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("Warning: Perm", StringComparison.Ordinal)).Select(l => l.TrimEnd('\r') + "\n")) };
    }
}
