using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Proxmox.Api;
using Proxmox.Transport;

namespace Proxmox;

/// <summary>
/// Calls the API of a Proxmox VE server. Its shape is the API's: <c>client.Node("pve").Qemu(9000).GetConfigAsync()</c>
/// is <c>GET /nodes/pve/qemu/9000/config</c>. Whatever goes wrong is a <see cref="ProxmoxApiException"/> that says which
/// call it was and what the server said. Safe for use by several threads.
/// </summary>
public sealed class ProxmoxClient : IDisposable
{
    private static readonly JsonSerializer Json = JsonSerializer.Create(new JsonSerializerSettings
    {
        Converters = { new PveScalarConverter() },
        DateParseHandling = DateParseHandling.None,
        MaxDepth = 32,
    });

    private readonly HttpClient http;
    private readonly LoginSession login;
    private readonly RetryPolicy retry;
    private readonly RequestPace? pace;

    /// <summary>Makes a client; nothing is sent before the first call.</summary>
    /// <exception cref="FailureException">The address is not a server's, or the certificate file cannot be read.</exception>
    public ProxmoxClient(ProxmoxConnection connection, ProxmoxClientOptions? options = null)
    {
        Connection = connection;
        Options = options ?? new ProxmoxClientOptions();
        Options.Secrets?.Add(connection.Credentials.Password);
        Options.Secrets?.Add(connection.Credentials.TokenSecret);
        Options.Secrets?.Add(connection.Proxy?.Login?.Password);
        http = Http(connection, Options.Time);
        retry = new RetryPolicy(Options);
        login = new LoginSession(connection.Credentials, Options, async (call, cancellation) =>
            Read<TicketAnswer>(call, await retry.RunAsync(call, c => AttemptAsync(call, c), cancellation)));
        Watching = new ProxmoxClient(this);
    }

    private ProxmoxClient(ProxmoxClient owner)
    {
        (Connection, Options, http, retry, login, pace) = (owner.Connection, owner.Options, owner.http, owner.retry, owner.login, owner.Options.Pace);
        Watching = this;
    }

    /// <summary>
    /// The same client, with the same login, for what only watches or waits: its requests keep <see cref="ProxmoxClientOptions.Pace"/>.
    /// It ends with this one.
    /// </summary>
    public ProxmoxClient Watching { get; }

    /// <summary>The server and the login.</summary>
    public ProxmoxConnection Connection { get; }

    /// <summary>How the client behaves.</summary>
    public ProxmoxClientOptions Options { get; }

    /// <summary>The calls below <c>/cluster</c>.</summary>
    public ClusterApi Cluster => new(this);

    /// <summary>The calls below <c>/access</c>.</summary>
    public AccessApi Access => new(this);

    /// <summary>The calls below <c>/pools</c>.</summary>
    public PoolApi Pools => new(this);

    /// <summary>The calls below <c>/nodes/{node}</c>.</summary>
    public NodeApi Node(string node) => new(this, node);

    /// <summary>The nodes of the cluster: <c>GET /nodes</c>.</summary>
    public Task<IReadOnlyList<NodeEntry>> GetNodesAsync(CancellationToken cancellation = default) =>
        SendListAsync<NodeEntry>(new ApiCall(HttpMethod.Get, "/nodes"), cancellation);

    /// <summary>The version of the server: <c>GET /version</c>.</summary>
    public Task<PveVersion> GetVersionAsync(CancellationToken cancellation = default) =>
        SendAsync<PveVersion>(new ApiCall(HttpMethod.Get, "/version"), cancellation);

    /// <summary>
    /// Waits for a task to end. A server that is away meanwhile is waited for as <see cref="ProxmoxClientOptions.Patience"/> says.
    /// </summary>
    /// <param name="upid">The task, as the starting call returned it.</param>
    /// <param name="progress">Gets each line of the task's log, once and in order.</param>
    /// <param name="cancellation">Stops the waiting, not the task.</param>
    /// <exception cref="ProxmoxTaskException">The task ended with an error.</exception>
    public Task<TaskStatusEntry> WaitForTaskAsync(
        string upid, Action<string>? progress = null, CancellationToken cancellation = default) =>
        TaskWaiter.WaitAsync(this, upid, progress, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        http.Dispose();
        login.Dispose();
    }

    internal async Task<T> SendAsync<T>(ApiCall call, CancellationToken cancellation) =>
        Read<T>(call, await SendAsync(call, cancellation));

    internal async Task<IReadOnlyList<T>> SendListAsync<T>(ApiCall call, CancellationToken cancellation) =>
        await SendAsync<List<T>>(call, cancellation);

    /// <summary>Sends a call and returns the answer's <c>data</c>.</summary>
    internal async Task<JToken> SendAsync(ApiCall call, CancellationToken cancellation)
    {
        try
        {
            return await retry.RunAsync(call, c => AttemptAsync(call, c), cancellation);
        }
        catch (ProxmoxApiException error) when (error.Status == 401 && login.UsesTicket && call is { Anonymous: false, Body: null })
        {
            // The server did nothing with the call: its ticket may have been withdrawn by a restart. Once is enough.
            login.Forget();
            return await retry.RunAsync(call, c => AttemptAsync(call, c), cancellation);
        }
    }

    /// <summary>Opens a websocket; its messages are the stream's bytes.</summary>
    internal async Task<Stream> ConnectAsync(ApiCall call, CancellationToken cancellation)
    {
        var trust = new CertificateTrust(Connection, Options.Time);
        var socket = new ClientWebSocket();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, call.Path);
            await login.AuthorizeAsync(request, cancellation);
            foreach (var header in request.Headers)
            {
                socket.Options.SetRequestHeader(header.Key, string.Join("; ", header.Value));
            }

            socket.Options.AddSubProtocol("binary");
            socket.Options.Proxy = Connection.Proxy;
            socket.Options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => trust.Accept(certificate, chain, errors);
            var server = new UriBuilder(Connection.Url) { Scheme = Connection.Url.Scheme == "http" ? "ws" : "wss", Path = "/api2/json" + call.Path, Query = Query(call) };
            await socket.ConnectAsync(server.Uri, cancellation);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, closeTimeout: TimeSpan.FromSeconds(2));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static HttpClient Http(ProxmoxConnection connection, TimeProvider time)
    {
        var url = connection.Url;
        if (!url.IsAbsoluteUri || url.Scheme is not ("https" or "http") || (url.Scheme == "http" && !url.IsLoopback))
        {
            throw new FailureException(
                FailureKind.Usage, $"'{url}' is not the address of a Proxmox server", "it must be like https://pve1.example.net:8006");
        }

        var trust = new CertificateTrust(connection, time);
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            Proxy = connection.Proxy,
            UseProxy = connection.Proxy is not null,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            // Below the five seconds after which the server closes an idle connection: a POST must not meet a closing one.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(3),
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (handshake, certificate, chain, errors) =>
                    connection.Proxy?.IsOwn(handshake, url) == true ? errors == SslPolicyErrors.None : trust.Accept(certificate, chain, errors),
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri(url.GetLeftPart(UriPartial.Authority)),
            Timeout = Timeout.InfiniteTimeSpan,
            // Task logs and lists of volumes are the longest answers; beyond this it is no answer of this API.
            MaxResponseContentBufferSize = 64 << 20,
            DefaultRequestVersion = HttpVersion.Version11,
        };
    }

    private static T Read<T>(ApiCall call, JToken data)
    {
        try
        {
            return data.ToObject<T>(Json) ?? throw new JsonSerializationException("the answer is empty");
        }
        catch (Exception error) when (error is JsonException or FormatException or OverflowException or InvalidCastException or ArgumentException)
        {
            throw Malformed(call, error.Message, error);
        }
    }

    private async Task<JToken> AttemptAsync(ApiCall call, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(call.Method, new Uri($"/api2/json{call.Path}{Query(call)}", UriKind.Relative));
        if (!call.Anonymous)
        {
            await login.AuthorizeAsync(request, cancellation);
        }

        if (call.Method != HttpMethod.Get)
        {
            // Always a body, if an empty one: the handler itself would send a request without a body again when the
            // connection breaks, also one that the server has already carried out.
            request.Content = call.Body?.Invoke() ?? (Form(call) ? new FormUrlEncodedContent(call.Parameters) : new ByteArrayContent([]));
        }

        await (pace?.TurnAsync(cancellation) ?? Task.CompletedTask);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(call.Timeout ?? Options.RequestTimeout);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token);
            var text = await answer.Content.ReadAsStringAsync(limit.Token);
            return Data(call, (int)answer.StatusCode, ReasonOf(answer), text);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ProxmoxApiException(call.Method.Method, call.Name, "no answer in time") { Transient = true };
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw NoAnswer(call, error);
        }
    }

    private JToken Data(ApiCall call, int status, string reason, string text)
    {
        JObject? body = null;
        string? broken = null;
        try
        {
            using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, MaxDepth = 32 };
            body = JToken.Load(reader) as JObject;
        }
        catch (JsonException error)
        {
            broken = error.Message;
        }

        var transient = status is 502 or 503 or 504 or (>= 595 and <= 599);
        if (!transient)
        {
            retry.Answered();
        }

        if (status is >= 200 and < 300)
        {
            return body is not null && body.TryGetValue("data", out var data)
                ? data
                : throw Malformed(call, broken ?? "it has no 'data'", null);
        }

        var errors = (body?["errors"] as JObject)?.Properties().ToDictionary(p => p.Name, p => p.Value.ToString().Trim()) ?? [];
        // Newer servers say it in the body as well, where no proxy can drop it.
        reason = reason.Length > 0 ? reason : body?["message"]?.ToString().Trim() ?? "";
        throw new ProxmoxApiException(call.Method.Method, call.Name, status, reason, errors) { Transient = transient };
    }

    private static bool Form(ApiCall call) => call.Method == HttpMethod.Post || call.Method == HttpMethod.Put;

    private static string Query(ApiCall call) => Form(call) ? "" : call.Parameters.Query();

    /// <summary>The reason phrase, which .NET reads as Latin-1 and the server writes as UTF-8.</summary>
    private static string ReasonOf(HttpResponseMessage answer)
    {
        var phrase = answer.ReasonPhrase ?? "";
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Encoding.Latin1.GetBytes(phrase)).Trim();
        }
        catch (DecoderFallbackException)
        {
            return phrase.Trim();
        }
    }

    private static ProxmoxApiException Malformed(ApiCall call, string why, Exception? cause) =>
        new(call.Method.Method, call.Name, $"the server's answer cannot be understood: {why}", cause) { Malformed = true };

    private ProxmoxApiException NoAnswer(ApiCall call, Exception error) => NoAnswer(call.Method.Method, call.Name, error, Connection.Proxy);

    internal static ProxmoxApiException NoAnswer(string method, string name, Exception error, ServerProxy? proxy)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is CertificateRejectedException rejected)
            {
                return new(method, name, rejected.Problem.ToString(), error) { Certificate = rejected.Problem };
            }
        }

        var kind = (error as HttpRequestException)?.HttpRequestError;
        var why = error.InnerException is { } cause && kind != HttpRequestError.InvalidResponse ? cause.Message : error.Message;

        // Behind a proxy it is the proxy that is connected to.
        var blamed = kind is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError ? proxy : null;
        return new(method, name, why, error)
        {
            Proxy = blamed?.ToString(),
            Malformed = kind is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded,
            NeverSent = kind is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
            Transient = kind is not (HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded
                or HttpRequestError.UserAuthenticationError or HttpRequestError.VersionNegotiationError),
        };
    }
}
