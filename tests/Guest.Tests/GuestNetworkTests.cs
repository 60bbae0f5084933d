using System.Net;
using System.Net.Sockets;
using System.Text;
using Guest.Network;

namespace Guest.Tests;

/// <summary>The proxies: what they lead to, what they refuse, and that they wait for an installation.</summary>
public sealed class GuestNetworkTests
{
    [Test]
    public async Task AddressesAreGivenOnceAndAgainWhenReleased()
    {
        await using var network = GuestNetwork.Start();
        var first = network.Allocate();
        var all = Enumerable.Range(0, 244).Select(_ => network.Allocate()).Append(first).ToHashSet();

        Assert.That(all, Has.Count.EqualTo(245));
        Assert.That(all.Select(a => a.ToString()), Has.All.StartsWith("192.0.2."));
        Assert.That(network.Allocate, Throws.InvalidOperationException.With.Message.Contains("in use"));
        network.Release(first);
        Assert.That(network.Allocate(), Is.EqualTo(first));
    }

    [TestCase("192.0.2.10", 23, 5)]
    [TestCase("192.0.2.99", 22, 5)]
    [TestCase("127.0.0.1", 22, 5)]
    [TestCase("example.org", 22, 4)]
    public async Task SocksRefusesEverythingElse(string host, int port, int reply)
    {
        await using var lab = GuestLab.Start(GuestLab.Linux());

        Assert.That(async () => await lab.SocksAsync(host, port), Throws.TypeOf<IOException>().With.Message.EqualTo($"SOCKS reply {reply}"));
    }

    [TestCase("CONNECT 192.0.2.10:5986 HTTP/1.1", "HTTP/1.1 502 ")]
    [TestCase("CONNECT example.org:443 HTTP/1.1", "HTTP/1.1 403 ")]
    [TestCase("CONNECT 127.0.0.1:1 HTTP/1.1", "HTTP/1.1 502 ")]
    [TestCase("GET http://example.org/ HTTP/1.1", "HTTP/1.1 403 ")]
    [TestCase("GET /etc/passwd HTTP/1.1", "HTTP/1.1 403 ")]
    [TestCase("GET ftp://192.0.2.10/ HTTP/1.1", "HTTP/1.1 403 ")]
    [TestCase("nonsense", "HTTP/1.1 400 ")]
    [TestCase("CONNECT 192.0.2.10:22 HTTP/1.1", "HTTP/1.1 200 ")]
    public async Task HttpProxyLeadsOnlyToGuests(string request, string status)
    {
        await using var lab = GuestLab.Start(GuestLab.Linux());
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, lab.Network.HttpPort);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request + "\r\nHost: x\r\n\r\n"));
        var answer = new byte[13];
        await client.GetStream().ReadExactlyAsync(answer);

        Assert.That(Encoding.ASCII.GetString(answer), Is.EqualTo(status));
    }

    [Test]
    public async Task ConnectionWaitsForAnInstallationInProgress()
    {
        await using var lab = GuestLab.Start(GuestLab.Linux());
        var address = lab.Network.Allocate();
        var installation = new TaskCompletionSource();
        lab.Network.Expect(address, installation.Task);
        var connection = lab.SocksAsync(address.ToString(), 22);
        lab.Network.Attach(address, 22, async (stream, cancellation) => await stream.WriteAsync("hi"u8.ToArray(), cancellation));
        using var client = await connection;
        var answer = new byte[2];
        await client.GetStream().ReadExactlyAsync(answer);

        Assert.That(answer, Is.EqualTo("hi"u8.ToArray()));
    }

    [Test]
    public async Task ConnectionIsRefusedWhenTheInstallationEndsWithoutTheService()
    {
        await using var lab = GuestLab.Start(GuestLab.Linux());
        var address = lab.Network.Allocate();
        var installation = new TaskCompletionSource();
        lab.Network.Expect(address, installation.Task);
        var connection = lab.SocksAsync(address.ToString(), 22);
        installation.SetResult();

        Assert.That(async () => await connection, Throws.TypeOf<IOException>().With.Message.EqualTo("SOCKS reply 5"));
    }

    [Test]
    public async Task TwoServicesCannotShareAPort()
    {
        await using var lab = GuestLab.Start(GuestLab.Linux());

        Assert.That(() => lab.Network.Attach(lab.Address, 22, (_, _) => Task.CompletedTask), Throws.InvalidOperationException);
    }
}
