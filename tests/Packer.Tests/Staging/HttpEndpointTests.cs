using System.Net;
using System.Net.Sockets;
using Foundation;
using Newtonsoft.Json.Linq;
using Packer.Staging;

namespace Packer.Tests.Staging;

public sealed class HttpEndpointTests
{
    private static HttpEndpoint Endpoint(string address, int first, int last) => HttpEndpoint.From(new JObject
    {
        ["http_directory"] = "http", ["http_bind_address"] = address, ["http_interface"] = "", ["http_port_min"] = first, ["http_port_max"] = last,
    })!;

    private static Socket Held()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(1);
        return socket;
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static FailureException Refused(HttpEndpoint endpoint, int builds = 1)
    {
        var failure = Assert.Throws<FailureException>(() => endpoint.RequireBindable(builds))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        return failure;
    }

    [Test]
    public void What_Packer_can_bind_is_left_to_it() => Assert.DoesNotThrow(() => Endpoint("127.0.0.1", 8000, 9000).RequireBindable());

    [Test]
    public void An_address_that_this_machine_has_not_is_refused() =>
        Assert.That(Refused(Endpoint("203.0.113.77", 8000, 9000)).Message, Does.Contain("203.0.113.77").And.Contain("no such address").And.Contain("--http-bind-address"));

    [TestCase("fd00::9")]
    [TestCase("pve.example.net")]
    public void What_makes_no_url_is_refused(string address) =>
        Assert.That(Refused(Endpoint("127.0.0.1", 8000, 9000) with { Address = address }).Message, Does.Contain(address));

    [Test]
    public void A_busy_range_is_refused_and_the_highest_port_is_never_tried_as_Packer_does_not([Values(0, 1)] int width)
    {
        using var held = Held();
        var port = PortOf(held);
        Assert.That(Refused(Endpoint("127.0.0.1", port, port + width)).Message, Does.Contain($"port {port} is in use").And.Contain("http_port_min"));
    }

    [Test]
    public void Builds_at_the_same_time_need_a_port_each()
    {
        var endpoint = Endpoint("127.0.0.1", 8000, 9000);
        Assert.DoesNotThrow(() => endpoint.RequireBindable(2));
        Assert.That(Refused(endpoint with { PortCount = 1, FirstPort = FreePort() }, 2).Message, Does.Contain("--parallel=1").Or.Contain("in use"));
    }

    [Test]
    public void Nothing_is_held_afterwards()
    {
        var port = FreePort();
        Endpoint("127.0.0.1", port, port).RequireBindable();
        Assert.DoesNotThrow(() => Endpoint("127.0.0.1", port, port).RequireBindable());
    }

    [TestCase("9001", "9000", "9001")]
    [TestCase("-1", "9000", "-1")]
    [TestCase("8000", "70000", "70000")]
    [TestCase("\"many\"", "9000", "many")]
    [TestCase("1.5", "9000", "1.5")]
    public void Ports_that_are_none_are_named(string first, string last, string told)
    {
        var failure = Assert.Throws<FailureException>(() => HttpEndpoint.From(new JObject
        {
            ["http_directory"] = "http", ["http_port_min"] = JToken.Parse(first), ["http_port_max"] = JToken.Parse(last),
        }))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(told));
    }

    [Test]
    public void Without_a_folder_Packer_serves_nothing() => Assert.That(HttpEndpoint.From(new JObject { ["http_directory"] = "" }), Is.Null);

    private static int FreePort()
    {
        using var socket = Held();
        return PortOf(socket);
    }
}
