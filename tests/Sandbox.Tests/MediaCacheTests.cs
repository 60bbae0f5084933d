using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sandbox.Api;
using Sandbox.Downloads;

namespace Sandbox.Tests;

/// <summary>Real downloads of media, from a server that speaks TLS.</summary>
internal sealed class MediaCacheTests
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(3_000_000);
    private static readonly string Sha256 = Convert.ToHexStringLower(SHA256.HashData(Content));

    private readonly ConcurrentQueue<string> log = new();
    private TempFolder folder = null!;
    private MediaServer server = null!;
    private MediaCache cache = null!;

    [SetUp]
    public async Task SetUp()
    {
        folder = new TempFolder();
        server = await MediaServer.StartAsync(Content);
        cache = Open();
        log.Clear();
    }

    [TearDown]
    public async Task TearDown()
    {
        cache.Dispose();
        await server.DisposeAsync();
        folder.Dispose();
    }

    private string Kept => folder.File("cache/" + Sha256);

    private MediaCache Open() => new(folder.File("cache"), TimeProvider.System, server.Handler(), new DownloadLimits { MostBytes = 4_000_000, Pause = TimeSpan.Zero, Stalled = TimeSpan.FromSeconds(20) });

    private async Task<byte[]> FetchAsync(string path, string? sha256 = null, MediaCache? by = null, CancellationToken cancellation = default)
    {
        var file = folder.File(Guid.NewGuid().ToString("N"));
        await (by ?? cache).FetchAsync(new Uri(server.Url, path), sha256 ?? Sha256, file, log.Enqueue, cancellation);
        return await File.ReadAllBytesAsync(file, CancellationToken.None);
    }

    private void AssertRefused(string path, string words, string? sha256 = null) =>
        Assert.That(async () => await FetchAsync(path, sha256), Throws.InstanceOf<ApiException>().With.Message.Contains(words), string.Join('\n', log));

    [Test]
    public async Task A_medium_is_downloaded_once_with_progress_and_then_comes_from_the_cache()
    {
        Assert.That(await FetchAsync("medium"), Is.EqualTo(Content));
        Assert.That(log, Has.Some.EndsWith(" 100%").And.Some.Matches<string>(l => l!.EndsWith('%') && !l.EndsWith("100%", StringComparison.Ordinal)));
        Assert.That(await FetchAsync("medium"), Is.EqualTo(Content));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(log.Last(), Does.Contain("no need to download"));
    }

    [Test]
    public async Task A_file_of_the_cache_that_has_changed_is_downloaded_anew()
    {
        await FetchAsync("medium");
        await File.WriteAllTextAsync(Kept, "something else");
        Assert.That(await FetchAsync("medium"), Is.EqualTo(Content));
    }

    [Test]
    public async Task Connections_that_drop_are_taken_up_again_where_they_ended()
    {
        Assert.That(await FetchAsync("drops"), Is.EqualTo(Content));
        Assert.That(server.Requests.Skip(1), Is.Not.Empty.And.All.Matches("^GET /drops from [1-9]"));
        Assert.That(log, Has.Some.Contains("trying again from byte"));
    }

    [Test]
    public async Task What_a_stopped_run_had_is_gone_on_with()
    {
        using var stop = new CancellationTokenSource();
        var fetching = FetchAsync("holds", cancellation: stop.Token);
        await server.Holding;
        while (!log.Any(l => l.EndsWith('%')))
        {
            await Task.Delay(10);
        }

        await stop.CancelAsync();
        Assert.That(async () => await fetching, Throws.InstanceOf<OperationCanceledException>());
        var had = new FileInfo(Kept + ".part").Length;
        Assert.That(had, Is.GreaterThan(0));
        Assert.That(await FetchAsync("medium"), Is.EqualTo(Content));
        Assert.That(server.Requests.Last(), Is.EqualTo($"GET /medium from {had}"));
    }

    [Test]
    public async Task A_server_that_cannot_begin_in_the_middle_is_asked_for_all()
    {
        await WritePartAsync(Content[..1000]);
        Assert.That(await FetchAsync("whole"), Is.EqualTo(Content));
    }

    [Test]
    public async Task The_beginning_of_another_file_costs_one_more_download()
    {
        await WritePartAsync(new byte[1000]);
        Assert.That(await FetchAsync("medium"), Is.EqualTo(Content));
        Assert.That(server.Requests, Is.EqualTo(new[] { "GET /medium from 1000", "GET /medium" }));
    }

    [Test]
    public async Task A_whole_file_that_had_only_not_been_checked_is_not_downloaded()
    {
        await WritePartAsync(Content);
        Assert.That(await FetchAsync("medium"), Is.EqualTo(Content));
        Assert.That(server.Sent, Is.Zero);
    }

    [Test]
    public async Task Redirects_are_followed_to_https_only()
    {
        Assert.That(await FetchAsync("redirect"), Is.EqualTo(Content));
        AssertRefused("to-http", $"the server's redirect http://", new string('0', 64));
        AssertRefused("round", "more than 10 redirects", new string('0', 64));
        Assert.That(async () => await cache.FetchAsync(new Uri("http://127.0.0.1/medium"), new string('1', 64), folder.File("x"), log.Enqueue, CancellationToken.None), Throws.InstanceOf<ApiException>().With.Message.Contains("is not https"));
    }

    [Test]
    public void Another_file_is_refused_and_not_kept()
    {
        AssertRefused("medium", $"checksum mismatch: got '{Sha256}' != expect '{new string('0', 64)}'", new string('0', 64));
        Assert.That(Directory.EnumerateFiles(folder.File("cache")).Where(f => new FileInfo(f).Length > 0), Is.Empty);
    }

    [TestCase("large", "the file has 5000000 bytes, and the sandbox node takes 4000000")]
    [TestCase("endless", "the file has more than 4000000 bytes")]
    [TestCase("missing", "the server answered 404 Not Found")]
    public void What_cannot_be_had_is_refused_in_words(string path, string words) => AssertRefused(path, words);

    [Test]
    public void A_server_that_answers_nothing_but_errors_is_given_up()
    {
        AssertRefused("broken", "the server answered 503");
        Assert.That(server.Requests, Has.Count.EqualTo(5));
    }

    [Test]
    public void A_certificate_that_nobody_vouches_for_is_refused_at_once()
    {
        using var strict = new MediaCache(folder.File("cache"), TimeProvider.System);
        Assert.That(async () => await FetchAsync("medium", by: strict), Throws.InstanceOf<ApiException>().With.Message.Contains("certificate"));
    }

    [Test]
    public void The_proxies_that_it_is_given_are_asked()
    {
        var proxies = new NoProxies();
        using var cache = new MediaCache(folder.File("cache"), TimeProvider.System, proxies: proxies);
        Assert.That(async () => await FetchAsync("medium", by: cache), Throws.InstanceOf<ApiException>().With.Message.Contains("certificate"));
        Assert.That(proxies.Asked.Select(u => u.Authority).Distinct(), Is.EqualTo(new[] { server.Url.Authority }));
    }

    private sealed class NoProxies : IWebProxy
    {
        public List<Uri> Asked { get; } = [];

        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => null;

        public bool IsBypassed(Uri host)
        {
            Asked.Add(host);
            return true;
        }
    }

    [Test]
    public async Task Two_that_want_the_same_file_download_it_once()
    {
        using var other = Open();
        var both = await Task.WhenAll(FetchAsync("medium"), FetchAsync("medium", by: other));
        Assert.That(both, Is.All.EqualTo(Content));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    private Task WritePartAsync(byte[] bytes)
    {
        Directory.CreateDirectory(folder.File("cache"));
        return File.WriteAllBytesAsync(Kept + ".part", bytes);
    }
}

/// <summary>A server of one medium, which does at some addresses what servers should not.</summary>
internal sealed class MediaServer : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly X509Certificate2 certificate;
    private readonly byte[] content;
    private readonly TaskCompletionSource holding = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long sent;

    private MediaServer(WebApplication web, X509Certificate2 certificate, byte[] content)
    {
        (this.web, this.certificate, this.content) = (web, certificate, content);
        web.Run(ServeAsync);
    }

    public Uri Url { get; private set; } = null!;

    /// <summary>What was asked for: <c>GET /medium from 1000</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>How many bytes were sent.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Ends when <c>/holds</c> has sent its beginning and sends no more.</summary>
    public Task Holding => holding.Task;

    public static async Task<MediaServer> StartAsync(byte[] content)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        var server = new MediaServer(builder.Build(), certificate, content);
        await server.web.StartAsync();
        var address = server.web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.Url = new Uri($"https://127.0.0.1:{new Uri(address).Port}/");
        return server;
    }

    /// <summary>What speaks with this server and with no other.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck },
        },
    };

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        certificate.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var from = request.GetTypedHeaders().Range?.Ranges.Single().From;
        Requests.Enqueue($"{request.Method} {request.Path}{(from is { } f ? $" from {f}" : "")}");
        switch (request.Path.Value)
        {
            case "/medium":
                await SendAsync(context, from, content.Length);
                break;
            case "/whole":
                await SendAsync(context, null, content.Length);
                break;
            case "/drops":
                await SendAsync(context, from, 700_000);
                break;
            case "/holds":
                response.ContentLength = content.Length;
                await response.Body.WriteAsync(content.AsMemory(0, 500_000), context.RequestAborted);
                await response.Body.FlushAsync(context.RequestAborted);
                holding.TrySetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case "/redirect":
                response.Redirect("/medium");
                break;
            case "/to-http":
                response.Redirect($"http://127.0.0.1:{request.Host.Port}/medium");
                break;
            case "/round":
                response.Redirect("/round");
                break;
            case "/large":
                response.ContentLength = 5_000_000;
                await response.StartAsync();
                break;
            case "/endless":
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await response.Body.WriteAsync(new byte[100_000], context.RequestAborted);
                }

                break;
            case "/broken":
                response.StatusCode = 503;
                break;
            default:
                response.StatusCode = 404;
                break;
        }
    }

    private async Task SendAsync(HttpContext context, long? from, int most)
    {
        var response = context.Response;
        if (from >= content.Length)
        {
            response.StatusCode = 416;
            response.Headers.ContentRange = $"bytes */{content.Length}";
            return;
        }

        var start = (int)(from ?? 0);
        if (from is not null)
        {
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {start}-{content.Length - 1}/{content.Length}";
        }

        var length = Math.Min(most, content.Length - start);
        response.ContentLength = content.Length - start;
        Interlocked.Add(ref sent, length);
        await response.Body.WriteAsync(content.AsMemory(start, length), context.RequestAborted);
        await response.Body.FlushAsync(context.RequestAborted);
        if (length < content.Length - start)
        {
            context.Abort();
        }
    }
}
