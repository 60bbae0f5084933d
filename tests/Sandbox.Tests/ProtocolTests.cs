using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Sandbox.Tests;

public sealed class ProtocolTests
{
    [Test]
    public async Task An_unknown_path_or_method_is_501()
    {
        await using var node = await TestNode.StartAsync();
        Assert.That((await node.Root.GetAsync("nodes/pve/nonsense")).Status, Is.EqualTo(501));
        Assert.That((await node.Root.PutAsync("nodes")).Status, Is.EqualTo(501));
        Assert.That((await node.Root.GetAsync("nodes/pve/qemu/100/agent/nonsense")).Status, Is.EqualTo(501));
    }

    [Test]
    public async Task Another_nodes_name_is_one_that_cannot_be_reached()
    {
        await using var node = await TestNode.StartAsync();
        Assert.That((await node.Root.GetAsync("nodes/other/status")).Status, Is.EqualTo(500));
    }

    [Test]
    public async Task The_reason_phrase_is_on_the_wire()
    {
        await using var node = await TestNode.StartAsync();
        var answer = await SendRawAsync(node.Node, "GET /api2/json/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 401 No ticket\r\n").And.Contain("{\"data\":null"));
    }

    [Test]
    public async Task Bodies_may_be_json()
    {
        await using var node = await TestNode.StartAsync();
        var body = "{\"poolid\":\"a\",\"comment\":\"c\"}";
        var answer = await SendRawAsync(
            node.Node,
            $"POST /api2/json/pools HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {node.Root.Headers["Cookie"]}\r\nCSRFPreventionToken: {node.Root.Headers["CSRFPreventionToken"]}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.That(answer, Does.StartWith("HTTP/1.1 200 OK\r\n"));
    }

    [Test]
    public async Task A_parameter_of_the_path_may_be_repeated_and_not_contradicted()
    {
        await using var node = await TestNode.StartAsync();
        Assert.That((await node.Root.GetAsync("nodes/pve/status", ("node", "pve"))).Status, Is.EqualTo(200));
        Assert.That(
            (await node.Root.GetAsync("nodes/pve/status", ("node", "other"))).Error("node"),
            Is.EqualTo("duplicate parameter (already defined in URI) with conflicting values!"));
    }

    private static async Task<string> SendRawAsync(SandboxNode node, string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, node.Url.Port);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, certificate, _, _) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == node.Fingerprint.Replace(":", "", StringComparison.Ordinal));
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(tls);
        return await reader.ReadToEndAsync();
    }
}
