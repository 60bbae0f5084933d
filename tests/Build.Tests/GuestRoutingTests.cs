using System.Net;
using System.Net.NetworkInformation;
using Build.Environments;
using Foundation;
using Packer.Staging;

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

    [TestCase("127.0.0.1", Description = "a tunnel")]
    [TestCase("::1")]
    [TestCase("::1,127.0.0.1", Description = "localhost, IPv6 first")]
    public void A_server_on_this_machine_has_its_guests_here(string server) =>
        Assert.That(GuestRouting.Towards(Addresses(server)), Is.EqualTo(HttpServing.At(IPAddress.Loopback)));

    [Test]
    public void Of_a_server_with_IPv6_first_the_IPv4_address_counts_and_the_interface_where_there_is_none()
    {
        if (HttpServing.Ipv4Addresses("").FirstOrDefault() is not { } own)
        {
            Assert.That(GuestRouting.Towards([]), Is.EqualTo(HttpServing.Anywhere), "a machine without a network");
            return;
        }

        var serving = GuestRouting.Towards([IPAddress.Parse("fd00:dead:beef::2"), own]);
        var without = GuestRouting.Towards(Addresses("fd00:dead:beef::2"));
        Assert.Multiple(() =>
        {
            Assert.That(serving, Is.EqualTo(HttpServing.At(own)));
            Assert.That(without.BindAddress, Is.Empty, "an IPv6 address makes no URL");
            Assert.That(without.Interface, Is.Not.Empty.And.Not.EqualTo("lo"));
            Assert.That(without.Told, Is.Not.Null);
        });
    }

    [Test]
    public void A_name_that_nobody_knows_is_left_to_whoever_connects() =>
        Assert.DoesNotThrow(() => GuestRouting.Towards(new Uri("https://pve.invalid:8006")));

    [Test]
    public void The_loopback_interface_is_none_that_guests_can_be_told_of()
    {
        var name = NetworkInterface.GetAllNetworkInterfaces().First(i => i.NetworkInterfaceType == NetworkInterfaceType.Loopback).Name;
        var failure = Assert.Throws<FailureException>(() => GuestRouting.Usable(HttpServing.On(name)))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain($"'{name}'").And.Contain("loopback"));
    }

    [Test]
    public void An_interface_that_is_not_there_is_named_with_those_that_are()
    {
        var failure = Assert.Throws<FailureException>(() => GuestRouting.Usable(HttpServing.On("enp999s9")))!;
        Assert.That(failure.Message, Does.Contain("enp999s9"));
    }

    private static IPAddress[] Addresses(string list) => [.. list.Split(',').Select(IPAddress.Parse)];
}
