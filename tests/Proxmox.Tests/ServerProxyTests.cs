using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foundation;
using Proxmox.Tests.Support;
using Proxmox.Transport;

namespace Proxmox.Tests;

/// <summary>One rule says whether a server is reached by a proxy: Packer's, which is Go's.</summary>
public sealed class ServerProxyTests
{
    private static ServerProxy? For(string server, params (string Name, string Value)[] variables) =>
        ServerProxy.For(new Uri(server), name => variables.FirstOrDefault(v => v.Name == name).Value);

    // What Go's httpproxy does with each: golang.org/x/net/http/httpproxy, the documentation of Config.NoProxy.
    [TestCase("https://pve1.example.net:8006", "", true)]
    [TestCase("https://pve1.example.net:8006", "example.net", false)]
    [TestCase("https://pve1.example.net:8006", ".example.net", false)]
    [TestCase("https://pve1.example.net:8006", "*.example.net", false)]
    [TestCase("https://example.net:8006", ".example.net", true)]
    [TestCase("https://example.net:8006", "EXAMPLE.net", false)]
    [TestCase("https://notexample.net:8006", "example.net", true)]
    [TestCase("https://pve1.example.net:8006", "a, pve1.example.net:8006", false)]
    [TestCase("https://pve1.example.net:8006", "pve1.example.net:443", true)]
    [TestCase("https://10.1.2.3:8006", "10.0.0.0/8", false)]
    [TestCase("https://11.1.2.3:8006", "10.0.0.0/8", true)]
    [TestCase("https://10.1.2.3:8006", "10.1.2.3", false)]
    [TestCase("https://10.1.2.3:8006", "10.1.2.3:8007", true)]
    [TestCase("https://[2001:db8::7]:8006", "2001:db8::7", false)]
    [TestCase("https://[2001:db8::7]:8006", "[2001:db8::7]:8006", false)]
    [TestCase("https://[2001:db8::7]:8006", "2001:db8::/32", false)]
    [TestCase("https://pve1.example.net:8006", "*", false)]
    [TestCase("https://localhost:8006", "", false)]
    [TestCase("https://127.0.0.1:8006", "", false)]
    [TestCase("https://[::1]:8006", "", false)]
    public void A_server_is_reached_by_the_proxy_unless_NO_PROXY_names_it(string server, string exceptions, bool proxied) =>
        Assert.That(For(server, ("HTTPS_PROXY", "http://proxy.example.net:3128"), ("no_proxy", exceptions)) is not null, Is.EqualTo(proxied));

    [TestCase("proxy:3128", "http://proxy:3128")]
    [TestCase("https://proxy:3128", "https://proxy:3128")]
    [TestCase("socks5://joe:S3cret@proxy:1080", "socks5://proxy:1080")]
    public void A_proxy_is_named_without_its_password(string url, string named)
    {
        Assert.That(For("https://pve:8006", ("https_proxy", url))!.ToString(), Is.EqualTo(named));
        Assert.That(For("https://pve:8006", ("HTTP_PROXY", url), ("ALL_PROXY", url)), Is.Null, "Packer reads neither");
    }

    [Test]
    public void What_is_no_proxy_is_refused_without_being_shown()
    {
        var failure = Assert.Throws<FailureException>(() => For("https://pve:8006", ("HTTPS_PROXY", "ftp://joe:S3cret@proxy")))!;
        Assert.That((failure.Kind, failure.Message), Is.EqualTo((FailureKind.Usage, failure.Message)));
        Assert.That(failure.Message, Does.Contain("HTTPS_PROXY").And.Not.Contain("S3cret"));
    }

    [Test]
    public async Task The_client_and_the_fetching_of_the_certificate_take_the_same_proxy()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        using var tunnel = new TunnelProxy();
        var proxy = ServerProxy.At($"http://joe:S3cret@{tunnel.Address}");
        var secrets = new SecretSet();
        using var client = new ProxmoxClient(sandbox.Admin.Connection with { Proxy = proxy }, new ProxmoxClientOptions { Secrets = secrets });
        Assert.That((await client.GetVersionAsync()).Major, Is.EqualTo(9));
        var before = tunnel.Heads.Count;
        Assert.That((await ServerCertificate.FetchAsync(sandbox.Node.Url, proxy, CancellationToken.None)).Fingerprint, Is.EqualTo(sandbox.Node.Fingerprint));
        Assert.That(tunnel.Heads, Has.Count.GreaterThan(before).And.All.StartsWith($"CONNECT {sandbox.Node.Url.Authority} "));
        Assert.That(secrets.Values, Does.Contain("S3cret"));
    }

    [TestCase("", true)]
    [TestCase("releases.example.net", false)]
    public async Task A_download_takes_the_proxy_by_the_same_rule(string exceptions, bool proxied)
    {
        using var tunnel = new TunnelProxy("502 Bad Gateway");
        var proxies = new EnvironmentProxies(name => name switch { "HTTPS_PROXY" => $"http://joe:S3cret@{tunnel.Address}", "NO_PROXY" => exceptions, _ => null });
        using var http = new HttpClient(new SocketsHttpHandler { Proxy = proxies });
        var error = await Caught.FromAsync<HttpRequestException>(() => http.GetAsync(new Uri("https://releases.example.net/packer.zip")));
        Assert.That(tunnel.Heads, proxied ? Has.Some.StartsWith("CONNECT releases.example.net:443 ") : Is.Empty);
        Assert.That(error.ToString(), Does.Not.Contain("S3cret"));
    }

    [Test]
    public async Task The_certificate_of_a_proxy_is_not_taken_for_the_server_s()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=proxy", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var shown = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        using var tunnel = new TunnelProxy(certificate: shown);
        var proxy = ServerProxy.At($"https://{tunnel.Address}");
        var error = await Caught.FromAsync<ProxmoxApiException>(() => ServerCertificate.FetchAsync(new Uri("https://pve.example.net:8006"), proxy, CancellationToken.None));
        Assert.That(error.Message, Does.Contain("certificate").IgnoreCase);
        Assert.That(tunnel.Heads, Is.All.Empty, "nothing is said to a proxy that the system does not trust");
    }

    [TestCase("502 Bad Gateway", "502")]
    [TestCase("407 Proxy Authentication Required", "407")]
    public async Task A_proxy_that_does_not_lead_to_the_server_is_named(string refusal, string told)
    {
        using var tunnel = new TunnelProxy(refusal);
        await AssertNamedAsync(tunnel.Address, told);
    }

    [Test]
    public async Task A_dead_proxy_is_not_a_server_that_does_not_answer()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        taken.Stop();
        await AssertNamedAsync(address, "refused");
    }

    private static async Task AssertNamedAsync(string address, string told)
    {
        var proxy = ServerProxy.At(address);
        using var client = new ProxmoxClient(
            new ProxmoxConnection { Url = new Uri("https://pve.example.net:8006"), Proxy = proxy, Credentials = new ProxmoxCredentials { Username = "a@pve", TokenName = "b", TokenSecret = "c" } },
            new ProxmoxClientOptions { Time = new FastTime() });
        foreach (var asked in new Func<Task>[] { () => client.GetVersionAsync(), () => ServerCertificate.FetchAsync(client.Connection.Url, proxy, CancellationToken.None) })
        {
            var error = await Caught.FromAsync<ProxmoxApiException>(asked);
            Assert.That(
                ProxmoxFailure.From(error, "Looking failed").Message,
                Does.Contain($"the proxy http://{address} in HTTPS_PROXY does not lead to the server").And.Contain(told).And.Contain("NO_PROXY").And.Not.Contain("Proxmox does not answer"));
        }
    }
}
