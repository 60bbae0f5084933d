using System.Security.Cryptography;
using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Guest.Tests;

/// <summary>SSH.NET's client against a guest.</summary>
public sealed class SshNetTests
{
    private const string Password = "correct horse";

    [Test]
    public async Task PasswordAdmitsAndCommandsAnswer()
    {
        await using var lab = Start(c => c.Text == "false" ? 1 : 0);
        using var client = new SshClient("127.0.0.1", lab.Forward(22), "admin", Password);
        await client.ConnectAsync(CancellationToken.None);
        using var echo = client.RunCommand("echo hello");
        using var fails = client.RunCommand("false");

        Assert.That((echo.Result, echo.ExitStatus, fails.ExitStatus), Is.EqualTo(("hello\n", (int?)0, (int?)1)));
        Assert.That(lab.Log, Does.Contain("admin logged in with a password").And.Not.Contain(Password));
    }

    [TestCase("admin", "wrong")]
    [TestCase("admin", "")]
    [TestCase("locked", "")]
    [TestCase("locked", "x")]
    [TestCase("nobody", Password)]
    public async Task EverybodyElseIsRefused(string user, string password)
    {
        await using var lab = Start();
        using var client = new SshClient("127.0.0.1", lab.Forward(22), user, password);

        Assert.That(() => client.Connect(), Throws.TypeOf<SshAuthenticationException>());
        Assert.That(lab.Log, Does.Contain($"refused {user}"));
    }

    [Test]
    public async Task SftpStoresAndGivesBack()
    {
        await using var lab = Start();
        var bytes = RandomNumberGenerator.GetBytes(1_500_000);
        using var client = new SftpClient("127.0.0.1", lab.Forward(22), "admin", Password);
        await client.ConnectAsync(CancellationToken.None);
        client.CreateDirectory("/tmp/new");
        client.UploadFile(new MemoryStream(bytes), "/tmp/new/a.bin");
        client.RenameFile("/tmp/new/a.bin", "/tmp/new/b.bin");
        var back = new MemoryStream();
        client.DownloadFile("/tmp/new/b.bin", back);

        Assert.That(back.ToArray(), Is.EqualTo(bytes));
        Assert.That(client.ListDirectory("/tmp/new").Select(f => f.Name), Is.EqualTo(new[] { "b.bin" }));
        Assert.That(client.Exists("/tmp/new/a.bin"), Is.False);
        client.DeleteFile("/tmp/new/b.bin");
        Assert.That(() => client.OpenRead("/tmp/new/b.bin"), Throws.TypeOf<SftpPathNotFoundException>());
    }

    [Test]
    public async Task ScpStoresAndGivesBack()
    {
        await using var lab = Start();
        using var client = new ScpClient(
            new PasswordConnectionInfo("127.0.0.1", lab.Forward(22), "admin", Password), RemotePathTransformation.ShellQuote);
        await client.ConnectAsync(CancellationToken.None);
        client.Upload(new MemoryStream("text"u8.ToArray()), "/tmp/a.txt");
        var back = new MemoryStream();
        client.Download("/tmp/a.txt", back);

        Assert.That(Encoding.ASCII.GetString(back.ToArray()), Is.EqualTo("text"));
    }

    [Test]
    public async Task ManySessionsAtOnceOverOneAndSeveralConnections()
    {
        await using var lab = Start();
        var port = lab.Forward(22);
        await Parallel.ForEachAsync(Enumerable.Range(0, 4), async (connection, cancellation) =>
        {
            using var client = new SshClient("127.0.0.1", port, "admin", Password);
            await client.ConnectAsync(cancellation);
            await Parallel.ForEachAsync(Enumerable.Range(0, 8), cancellation, async (i, token) =>
            {
                using var command = client.CreateCommand($"echo {connection} {i}");
                await command.ExecuteAsync(token);
                Assert.That(command.Result, Is.EqualTo($"{connection} {i}\n"));
            });
        });

        Assert.That(lab.Commands, Has.Count.EqualTo(32));
    }

    [Test]
    public async Task StoppingTheGuestDropsItsConnections()
    {
        await using var lab = Start();
        using var client = await lab.SocksAsync(lab.Address.ToString(), 22);
        var stream = client.GetStream();
        await stream.ReadExactlyAsync(new byte[8]);
        await lab.Guest.DisposeAsync();
        await stream.CopyToAsync(Stream.Null).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(async () => await lab.SocksAsync(lab.Address.ToString(), 22), Throws.TypeOf<IOException>().With.Message.EqualTo("SOCKS reply 5"));
    }

    private static GuestLab Start(Func<GuestCommand, int>? exitCode = null) => GuestLab.Start(
        GuestLab.Linux(
            new GuestAccount { Name = "admin", Password = Password, Administrator = true },
            new GuestAccount { Name = "locked" }),
        exitCode);
}
