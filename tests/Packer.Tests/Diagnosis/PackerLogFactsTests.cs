using CsCheck;
using Packer.Diagnosis;

namespace Packer.Tests.Diagnosis;

/// <summary>How far Packer came, from lines as Packer 1.6 and the plugin write them.</summary>
public sealed class PackerLogFactsTests
{
    private const string Plugin = "2026/11/24 21:16:25 packer-builder-proxmox-iso plugin: ";

    private static PackerLogFacts Of(params string[] lines) =>
        lines.Aggregate(new PackerLogFacts(false, false, false, false, null, null), (facts, line) => facts.With(line));

    [Test]
    public void The_port_of_the_HTTP_server() =>
        Assert.That(Of("==> proxmox-iso.vm: Starting HTTP server on port 8716").HttpPort, Is.EqualTo(8716));

    [Test]
    public void A_VM_is_its_own_once_it_starts_it() => Assert.Multiple(() =>
    {
        Assert.That(Of("==> proxmox-iso.vm: Creating VM", "==> proxmox-iso.vm: Error creating VM: 500 VM 9100 already exists").HasVm, Is.False);
        Assert.That(Of("==> proxmox-iso.vm: Creating VM", "==> proxmox-iso.vm: Starting VM").HasVm, Is.True);
        Assert.That(Of(Plugin + "Starting VM").HasVm, Is.False, "of another line nothing is concluded");
    });

    [Test]
    public void An_address_without_anybody_at_the_port()
    {
        var facts = Of(
            Plugin + "[INFO] Attempting SSH connection to 10.0.0.7:22...",
            Plugin + "[DEBUG] TCP connection to SSH ip/port failed: dial tcp 10.0.0.7:22: connect: no route to host",
            "==> proxmox-iso.vm: Timeout waiting for SSH.");
        Assert.That((facts.TimedOut, facts.AgentAnswered, facts.Connected, facts.Refused), Is.EqualTo((true, true, false, false)));
    }

    [Test]
    public void The_addresses_that_were_tried() => Assert.That(
        Of(
            "==> proxmox-iso.vm: Using ssh communicator to connect: 172.17.0.1",
            Plugin + "[DEBUG] TCP connection to SSH ip/port failed: dial tcp 172.17.0.1:22: i/o timeout",
            Plugin + "[DEBUG] TCP connection to SSH ip/port failed: socks connect tcp 127.0.0.1:1080->10.0.0.7:22: unknown error host unreachable",
            Plugin + "[INFO] Attempting SSH connection to [2001:db8::7]:22...",
            Plugin + "[DEBUG] connecting to https://10.0.0.8:5986/wsman: unknown error Post").Tried,
        Is.EqualTo(new[] { "172.17.0.1", "10.0.0.7", "2001:db8::7", "10.0.0.8" }));

    [TestCase("[DEBUG] SSH handshake err: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain")]
    [TestCase("[DEBUG] connecting to http://10.0.0.7:5985/wsman: http response error: 401 - invalid content type")]
    public void A_refused_login(string line)
    {
        var facts = Of(Plugin + line);
        Assert.That((facts.AgentAnswered, facts.Connected, facts.Refused), Is.EqualTo((true, true, true)));
    }

    [Test]
    public void A_login_that_came_about_in_the_end_was_not_refused()
    {
        var facts = Of(Plugin + "ssh: unable to authenticate", "==> proxmox-iso.vm: Connected to SSH!");
        Assert.That((facts.Connected, facts.Refused), Is.EqualTo((true, false)));
    }

    [Test]
    public void A_missing_privilege_in_the_server_s_words() =>
        Assert.That(
            Of("==> proxmox-iso.vm: Error creating VM: 403 Permission check failed (/storage/local-lvm, Datastore.AllocateSpace), error status: 403").MissingPrivilege!.ToString(),
            Is.EqualTo("Datastore.AllocateSpace on /storage/local-lvm"));

    [Test]
    public void A_missing_log_says_nothing() =>
        Assert.That(PackerLogFacts.Read(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"))), Is.EqualTo(Of()));

    [Test]
    public void No_line_upsets_it() => Gen.String.Sample(line => Of(line, "Permission check failed (" + line, "Starting HTTP server on port " + line) is not null);
}
