using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Guest;

namespace Sandbox.Tests;

/// <summary>Which addresses guests tell through their agent: as untidy as a fault makes them, and tidy without one.</summary>
public sealed class GuestAddressTests
{
    private static readonly GuestSystem Linux = new() { OsId = "rocky", PrettyName = "Rocky Linux 9.6", VersionId = "9.6", HostName = "guest", GuestAgent = true };
    private static readonly GuestSystem Windows = new() { OsId = "mswindows", PrettyName = "Windows Server 2022", VersionId = "10.0", HostName = "guest", GuestAgent = true, IsWindows = true };

    [TestCase(null, new[] { "lo: 127.0.0.1 ::1", "ens18: IPV4 LINKLOCAL", "ens19:" })]
    [TestCase("agent:docker", new[] { "lo: 127.0.0.1 ::1", "docker0: 172.17.0.1", "ens18: IPV4 LINKLOCAL", "ens19:" })]
    [TestCase("agent:ipv6", new[] { "lo: 127.0.0.1 ::1", "ens18: IPV6 LINKLOCAL", "ens19:" })]
    [TestCase("agent:zone", new[] { "lo: 127.0.0.1 ::1", "ens18: IPV4 LINKLOCAL", "ens19:" })]
    public async Task Of_Linux(string? fault, string[] expected) => Assert.That(await ToldAsync(Linux, fault), Is.EqualTo(expected));

    [TestCase(null, new[] { "Ethernet: IPV4", "Ethernet 2:", "Loopback Pseudo-Interface 1: ::1 127.0.0.1" })]
    [TestCase("agent:docker", new[] { "Ethernet: IPV4", "Ethernet 2:", "Loopback Pseudo-Interface 1: ::1 127.0.0.1" })]
    [TestCase("agent:ipv6", new[] { "Ethernet: IPV6", "Ethernet 2:", "Loopback Pseudo-Interface 1: ::1 127.0.0.1" })]
    [TestCase("agent:zone", new[] { "Ethernet: IPV4 LINKLOCAL%4", "Ethernet 2:", "Loopback Pseudo-Interface 1: ::1 127.0.0.1" })]
    public async Task Of_Windows(string? fault, string[] expected) => Assert.That(await ToldAsync(Windows, fault), Is.EqualTo(expected));

    [Test]
    public async Task Of_Windows_in_the_target_Sandbox() =>
        Assert.That((await ToldAsync(Windows, null, patient: true))[0], Is.EqualTo("Ethernet: IPV4 LINKLOCAL%4"), "every client that can read a zone is told it");

    [Test]
    public async Task Faults_add_up() =>
        Assert.That(await ToldAsync(Linux, "agent:docker agent:ipv6"), Is.EqualTo(new[] { "lo: 127.0.0.1 ::1", "docker0: 172.17.0.1", "ens18: IPV6 LINKLOCAL", "ens19:" }));

    private static async Task<List<string>> ToldAsync(GuestSystem system, string? faults, bool patient = false)
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [.. (faults?.Split(' ') ?? []).Select(SandboxFault.Parse)], PatientBootLoaders = patient });
        await node.Root.DoAsync(node.Root.PostAsync(
            "nodes/pve/qemu", ("vmid", "101"), ("agent", "1"), ("scsi0", "local-lvm:1"), ("net0", "virtio=BC:24:11:00:53:01,bridge=vmbr0"), ("net1", "virtio,bridge=vmbr0,link_down=1")));
        Conversation.Install(node, 101, system);
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu/101/status/start"));
        var answer = await node.Root.GetAsync("nodes/pve/qemu/101/agent/network-get-interfaces");
        Assert.That(answer.Status, Is.EqualTo(200), answer.Reason);
        return [.. answer.Data!["result"]!.AsArray().Select(i => $"{i!["name"]}: {string.Join(' ', (i["ip-addresses"] as JsonArray ?? []).Select(Shown))}".TrimEnd())];
    }

    // The addresses of each run by what they are.
    private static string Shown(JsonNode? address)
    {
        var (text, type) = ((string)address!["ip-address"]!, (string)address["ip-address-type"]!);
        Assert.That(type, Is.EqualTo(text.Contains(':', StringComparison.Ordinal) ? "ipv6" : "ipv4"), text);
        text = text.Replace("fe80::be24:11ff:fe00:5301", "LINKLOCAL", StringComparison.Ordinal);
        return Regex.Replace(Regex.Replace(text, @"^192\.0\.2\.\d+$", "IPV4"), "^2001:db8::[0-9a-f]+$", "IPV6");
    }
}
