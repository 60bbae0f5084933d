using System.Net;
using System.Net.Sockets;
using Foundation;
using Guest;
using Guest.Network;
using Packer.Staging;
using Proxmox.Machines.Login;
using Proxmox.Tests.Support;

namespace Proxmox.Tests;

/// <summary>The login to a clone, where it does not come to an answer; where it does, a real guest is needed.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CloneShellTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly SshKeyPair key = SshKeyPair.Create("smoketest", new SecretSet());
    private readonly FastTime time = new();

    private CloneShell Shell(int proxy, bool reachable) => new(new CloneLogin { PrivateKeyPem = key.PrivateKeyPem, Proxy = new DnsEndPoint("127.0.0.1", proxy), Reachable = reachable }, time);

    // Nobody listens there: the test holds the port and does not.
    private static Socket Closed(out int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return socket;
    }

    private static async Task<CloneLoginResult> AtGuestAsync(string authorized, Func<int, IPAddress, Task<CloneLoginResult>> look)
    {
        await using var network = GuestNetwork.Start();
        var address = network.Allocate();
        var system = new GuestSystem
        {
            OsId = "rocky", PrettyName = "Rocky Linux", VersionId = "9.6", HostName = "rocky-9", Ssh = true, Accounts = [new GuestAccount { Name = "smoketest", AuthorizedKeys = [authorized] }],
        };
        await using var guest = RunningGuest.Start(system, network, address, new GuestRecorder(_ => { }, _ => 0));
        return await look(network.SocksPort, address);
    }

    [Test]
    public async Task A_clone_that_is_not_reached_is_not_recorded_where_nobody_was_sure_to_reach_it()
    {
        using var socket = Closed(out var port);
        var result = await Shell(port, reachable: false).LookAsync("192.0.2.10", "smoketest", Limit, CancellationToken.None);
        Assert.That(result.Findings, Is.Null);
        Assert.That(result.NotRecorded, Does.StartWith("this machine does not reach SSH at 192.0.2.10: "));
        Assert.That(time.Waits.Sum(w => w.TotalSeconds), Is.InRange(15, 30));
    }

    [Test]
    public async Task A_clone_that_is_not_reached_fails_where_it_has_to_be_reached()
    {
        using var socket = Closed(out var port);
        var error = await Caught.FromAsync<CloneLoginException>(() => Shell(port, reachable: true).LookAsync("192.0.2.10", "smoketest", Limit, CancellationToken.None));
        Assert.That(error.Message, Does.StartWith("its SSH at 192.0.2.10 does not answer"));
    }

    [Test]
    public async Task A_clone_that_knows_another_key_does_not_let_the_user_in()
    {
        var other = SshKeyPair.Create("other", new SecretSet());
        var error = await Caught.FromAsync<CloneLoginException>(() => AtGuestAsync(
            other.PublicKey, (port, address) => Shell(port, reachable: false).LookAsync(address.ToString(), "smoketest", TimeSpan.FromSeconds(3), CancellationToken.None)));
        Assert.That(error.Message, Does.StartWith("it does not let the user smoketest in, whom cloud-init should have made"));
    }

    [Test]
    [Repeat(20)] // It may end before it is asked, or while.
    public async Task A_clone_whose_shell_answers_no_question_is_not_recorded()
    {
        var result = await AtGuestAsync(key.PublicKey, (port, address) => Shell(port, reachable: true).LookAsync(address.ToString(), "smoketest", Limit, CancellationToken.None));
        Assert.That(result, Is.EqualTo(new CloneLoginResult(null, "what answers there is no shell that the questions can be asked of")));
    }

    [Test]
    public async Task A_login_that_is_interrupted_ends()
    {
        using var socket = Closed(out var port);
        using var interrupted = new CancellationTokenSource();
        await interrupted.CancelAsync();
        await Caught.FromAsync<OperationCanceledException>(() => Shell(port, reachable: true).LookAsync("192.0.2.10", "smoketest", Limit, interrupted.Token));
    }
}
