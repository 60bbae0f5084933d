using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;

namespace Guest.Tests;

/// <summary>The WinRM listener by plain HTTP requests: who is let in, and what is answered with a fault.</summary>
public sealed class WinRmTests
{
    private const string Password = "S3cret!";
    private const string Shell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
    private const string Create = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create";
    private static readonly WinRmListener Https = new(true, true, false);

    [TestCase("Administrator", Password, HttpStatusCode.OK)]
    [TestCase("administrator", Password, HttpStatusCode.OK)]
    [TestCase(@".\Administrator", Password, HttpStatusCode.OK)]
    [TestCase("Administrator", "s3cret!", HttpStatusCode.Unauthorized)]
    [TestCase("Administrator", "", HttpStatusCode.Unauthorized)]
    [TestCase("guest", "guest", HttpStatusCode.Unauthorized)]
    [TestCase("locked", "", HttpStatusCode.Unauthorized)]
    public async Task AdmitsExactlyTheAdministrators(string user, string password, HttpStatusCode status)
    {
        await using var lab = Start(Https);
        var answer = await PostAsync(lab, Https, Envelope(Create), user, password);

        Assert.That(answer.StatusCode, Is.EqualTo(status));
        Assert.That(answer.Headers.WwwAuthenticate.Select(h => h.Scheme), Is.EqualTo(status == HttpStatusCode.OK ? [] : new[] { "Negotiate", "Basic" }));
    }

    [TestCase(false, true, true, HttpStatusCode.OK)]
    [TestCase(false, true, false, HttpStatusCode.Unauthorized)]
    [TestCase(false, false, true, HttpStatusCode.Unauthorized)]
    [TestCase(true, false, false, HttpStatusCode.Unauthorized)]
    public async Task ListensAsItIsConfigured(bool https, bool basic, bool unencrypted, HttpStatusCode status)
    {
        var listener = new WinRmListener(https, basic, unencrypted);
        await using var lab = Start(listener);

        Assert.That((await PostAsync(lab, listener, Envelope(Create))).StatusCode, Is.EqualTo(status));
        Assert.That(lab.Log, status == HttpStatusCode.OK ? Does.Contain("logged in") : Does.Contain("basic authentication"));
    }

    [TestCase("http://example.org/Unknown", "ActionNotSupported")]
    [TestCase(Shell + "/Command", "SchemaValidationError")]
    [TestCase(Shell + "/Receive", "InvalidSelectors")]
    public async Task UnknownThingsAreFaults(string action, string subcode)
    {
        await using var lab = Start(Https);
        var created = XDocument.Parse(await (await PostAsync(lab, Https, Envelope(Create))).Content.ReadAsStringAsync());
        var id = created.Descendants().Single(e => e.Name.LocalName == "ShellId").Value;
        var answer = await PostAsync(lab, Https, Envelope(action, id));
        var unknownShell = await PostAsync(lab, Https, Envelope(action, "none"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain(subcode));
        Assert.That(await unknownShell.Content.ReadAsStringAsync(), Does.Contain("InvalidSelectors"));
    }

    [TestCase("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>")]
    [TestCase("no xml")]
    [TestCase("<a/>")]
    [TestCase("")]
    public async Task MalformedBodiesAreRefused(string body)
    {
        await using var lab = Start(Https);

        Assert.That((await PostAsync(lab, Https, body)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task IdentifyNeedsNoLogin()
    {
        await using var lab = Start(Https);
        using var client = Client(lab);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{lab.Address}:5986/wsman");
        request.Headers.Add("WSMANIDENTIFY", "unauthenticated");
        request.Content = new StringContent("""<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>""");
        var answer = await client.SendAsync(request);

        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("ProductVendor"));
    }

    private static GuestLab Start(WinRmListener listener) => GuestLab.Start(GuestLab.Windows(
        listener,
        new GuestAccount { Name = "Administrator", Password = Password, Administrator = true },
        new GuestAccount { Name = "guest", Password = "guest" },
        new GuestAccount { Name = "locked", Administrator = true }));

    private static string Envelope(string action, string shell = "") => $"""
        <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">
          <s:Header><a:Action>{action}</a:Action><w:ResourceURI>{Shell}/cmd</w:ResourceURI>
          <w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet></s:Header><s:Body/>
        </s:Envelope>
        """;

    private static HttpClient Client(GuestLab lab) => new(new HttpClientHandler
    {
        Proxy = new WebProxy($"http://127.0.0.1:{lab.Network.HttpPort}"),
        ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.Subject == "CN=WIN-2022",
    });

    private static async Task<HttpResponseMessage> PostAsync(
        GuestLab lab, WinRmListener listener, string body, string user = "Administrator", string password = Password)
    {
        using var client = Client(lab);
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return await client.PostAsync(new Uri($"{(listener.Https ? "https" : "http")}://{lab.Address}:{listener.Port}/wsman"), new StringContent(body));
    }
}
