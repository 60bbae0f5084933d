using System.Net;
using Build.Environments;

namespace Build.Tests;

internal sealed class GuestRoutingTests
{
    private static readonly Uri Server = new("https://10.0.0.2:8006");

    [TestCase("10.0.0.9", "10.0.0.2/24", true, Description = "the same network")]
    [TestCase("10.0.1.9", "10.0.0.2/24", null, Description = "behind a router, perhaps")]
    [TestCase("10.0.1.9", "10.0.0.2/23", true)]
    [TestCase("10.0.0.9", null, null, Description = "the node has no address there")]
    [TestCase("10.0.0.9", "fd00::2/64", null)]
    [TestCase("fd00::9", "fd00::2/64", true)]
    [TestCase("10.0.0.9", "10.0.0.2/many", null)]
    [TestCase("127.0.0.1", "10.0.0.2/24", false, Description = "guests on another machine")]
    [TestCase("here", "10.0.0.2/24", false)]
    public void Whether_a_guest_reaches_an_address(string address, string? network, bool? reachable) =>
        Assert.That(GuestRouting.IsReachable(address, network, Server), Is.EqualTo(reachable));

    [Test]
    public void Guests_of_a_server_on_this_machine_reach_its_loopback_address() =>
        Assert.That(GuestRouting.IsReachable("127.0.0.1", null, new Uri("https://127.0.0.1:8006")), Is.True);

    [Test]
    public void The_address_is_the_one_that_routes_to_the_server() =>
        Assert.That(GuestRouting.AddressTowards(new Uri("https://127.0.0.1:8006")), Is.EqualTo(IPAddress.Loopback));

    [Test]
    public void A_name_that_nobody_knows_is_left_to_whoever_connects() =>
        Assert.That(GuestRouting.AddressTowards(new Uri("https://pve.invalid:8006")), Is.Null);
}
