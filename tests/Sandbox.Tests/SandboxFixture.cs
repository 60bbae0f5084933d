using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>What the API answered.</summary>
internal sealed record ApiAnswer(int Status, string Reason, JsonNode? Body)
{
    public JsonNode? Data => Body?["data"];

    public string Text => Data!.GetValue<string>();

    public string? Error(string parameter) => Body?["errors"]?[parameter]?.GetValue<string>();
}

/// <summary>A client that trusts only the node's certificate file.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient http;

    public ApiClient(SandboxNode node)
    {
        var trusted = X509CertificateLoader.LoadCertificateFromFile(node.CertificateFile);
        http = new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { trusted },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        })
        { BaseAddress = new Uri(node.Url, "/api2/json/") };
    }

    /// <summary>Headers that are sent with each request.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    public static async Task<ApiClient> LogInAsync(SandboxNode node, string user, string password)
    {
        var client = new ApiClient(node);
        var answer = await client.PostAsync("access/ticket", ("username", user), ("password", password));
        Assert.That(answer.Status, Is.EqualTo(200), answer.Reason);
        client.Headers["Cookie"] = "PVEAuthCookie=" + answer.Data!["ticket"]!.GetValue<string>();
        client.Headers["CSRFPreventionToken"] = answer.Data["CSRFPreventionToken"]!.GetValue<string>();
        return client;
    }

    public static Task<ApiClient> RootAsync(SandboxNode node) => LogInAsync(node, SandboxNode.RootUser, node.RootPassword);

    public static ApiClient WithToken(SandboxNode node, string tokenId, string secret) =>
        new(node) { Headers = { ["Authorization"] = $"PVEAPIToken={tokenId}={secret}" } };

    public Task<ApiAnswer> GetAsync(string path, params (string, string)[] parameters) => SendAsync("GET", path, parameters);

    public Task<ApiAnswer> PostAsync(string path, params (string, string)[] parameters) => SendAsync("POST", path, parameters);

    public Task<ApiAnswer> PutAsync(string path, params (string, string)[] parameters) => SendAsync("PUT", path, parameters);

    public Task<ApiAnswer> DeleteAsync(string path, params (string, string)[] parameters) => SendAsync("DELETE", path, parameters);

    public async Task<ApiAnswer> SendAsync(string method, string path, IEnumerable<(string Name, string Value)> parameters)
    {
        var pairs = parameters.Select(p => KeyValuePair.Create(p.Name, p.Value)).ToList();
        var query = method is "GET" or "DELETE" && pairs.Count > 0
            ? "?" + string.Join('&', pairs.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"))
            : "";
        using var request = new HttpRequestMessage(new HttpMethod(method), path.TrimStart('/') + query);
        if (method is not ("GET" or "DELETE"))
        {
            request.Content = new FormUrlEncodedContent(pairs);
        }

        return await SendAsync(request);
    }

    public async Task<ApiAnswer> UploadAsync(string path, string fileName, byte[] content, params (string Name, string Value)[] fields)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        var file = new ByteArrayContent(content);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(file, "filename", fileName);
        using var request = new HttpRequestMessage(HttpMethod.Post, path.TrimStart('/')) { Content = form };
        return await SendAsync(request);
    }

    /// <summary>The task's exit status, once it has ended.</summary>
    public async Task<string> ExitStatusAsync(string upid)
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (DateTime.UtcNow < deadline)
        {
            var status = await GetAsync($"nodes/pve/tasks/{upid}/status");
            if (status.Data!["status"]!.GetValue<string>() == "stopped")
            {
                return status.Data["exitstatus"]!.GetValue<string>();
            }

            await Task.Delay(20);
        }

        throw new TimeoutException(upid);
    }

    /// <summary>Does something that ends as a task, which must succeed.</summary>
    public async Task DoAsync(Task<ApiAnswer> call)
    {
        var answer = await call;
        Assert.That(answer.Status, Is.EqualTo(200), answer.Reason + answer.Body);
        if (answer.Data is JsonValue value && value.TryGetValue<string>(out var upid) && upid.StartsWith("UPID:", StringComparison.Ordinal))
        {
            Assert.That(await ExitStatusAsync(upid), Is.EqualTo("OK"), upid);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<ApiAnswer> SendAsync(HttpRequestMessage request)
    {
        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        Assert.That(response.Version, Is.EqualTo(HttpVersion.Version11));
        return new ApiAnswer((int)response.StatusCode, response.ReasonPhrase ?? "", JsonNode.Parse(await response.Content.ReadAsStringAsync()));
    }
}

/// <summary>A temporary folder that goes with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sandbox-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A node in a folder of its own, with an administrator logged in.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public static readonly SandboxMedium Medium = new("Rocky-9.6-x86_64-minimal.iso", [new Uri("https://example.invalid/Rocky-9.6-x86_64-minimal.iso")], new string('a', 64));

    private TestNode(TempFolder folder, SandboxNode node, ApiClient root, List<string> log) => (Folder, Node, Root, Log) = (folder, node, root, log);

    public TempFolder Folder { get; }

    public SandboxNode Node { get; }

    public ApiClient Root { get; }

    /// <summary>What the node told; locked while it is read.</summary>
    public List<string> Log { get; }

    public static async Task<TestNode> StartAsync(Func<SandboxOptions, SandboxOptions>? change = null)
    {
        var folder = new TempFolder();
        var log = new List<string>();
        var options = new SandboxOptions
        {
            StateDirectory = folder.Path,
            IsoCatalogue = [Medium],
            Log = line =>
            {
                lock (log)
                {
                    log.Add(line);
                }
            },
        };
        var node = await SandboxNode.StartAsync(change?.Invoke(options) ?? options);
        return new TestNode(folder, node, await ApiClient.RootAsync(node), log);
    }

    /// <summary>Stops the node and starts one with its state; the folder goes with the first.</summary>
    public async Task<TestNode> AgainAsync(Func<SandboxOptions, SandboxOptions>? change = null)
    {
        Root.Dispose();
        await Node.DisposeAsync();
        var options = new SandboxOptions { StateDirectory = Folder.Path, IsoCatalogue = [Medium] };
        var node = await SandboxNode.StartAsync(change?.Invoke(options) ?? options);
        return new TestNode(new TempFolder(), node, await ApiClient.RootAsync(node), Log);
    }

    /// <summary>A user with a role made of these privileges on a path, logged in.</summary>
    public async Task<ApiClient> UserAsync(string name, string path, params string[] privileges)
    {
        await Root.DoAsync(Root.PostAsync("access/users", ("userid", $"{name}@pve"), ("password", "correct horse")));
        if (privileges.Length > 0)
        {
            await Root.DoAsync(Root.PostAsync("access/roles", ("roleid", name), ("privs", string.Join(',', privileges))));
            await Root.DoAsync(Root.PutAsync("access/acl", ("path", path), ("users", $"{name}@pve"), ("roles", name)));
        }

        return await ApiClient.LogInAsync(Node, $"{name}@pve", "correct horse");
    }

    public async ValueTask DisposeAsync()
    {
        Root.Dispose();
        await Node.DisposeAsync();
        Folder.Dispose();
    }
}

/// <summary>
/// The published schema of the API of Proxmox VE 9, without its prose: <c>pve-api.facts.json</c>, and in
/// <c>pve-api.further.json</c> what is published as well.
/// </summary>
internal static class PublishedSchema
{
    /// <summary>The endpoints that are among the facts. The others are judged by recorded conversations and by other clients.</summary>
    internal static IEnumerable<Sandbox.Api.Endpoint> Endpoints => Load() is var schema ? SandboxNode.Endpoints.Where(e => schema[e.Path]?[e.Method] is not null) : [];

    /// <summary>The schema: by path and method its parameters, permissions and what it returns.</summary>
    public static JsonObject Load()
    {
        var schema = new JsonObject();
        foreach (var file in new[] { "pve-api.facts.json", "pve-api.further.json" })
        {
            foreach (var (path, methods) in JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", file)))!.AsObject())
            {
                schema[path] = methods!.DeepClone();
            }
        }

        return schema;
    }
}
