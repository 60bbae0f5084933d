using System.Collections.Concurrent;
using Newtonsoft.Json.Linq;

namespace Proxmox.Tests.Support;

/// <summary>
/// Plays the server's half of recorded conversations (<c>Recorded/*.jsonl</c>, real servers' answers to this program) to a
/// client: each question is answered as it was then, in the order of the recording, and the last answer goes on. What was
/// not recorded is not answered but named in <see cref="Unknown"/>.
/// </summary>
internal sealed class RecordedServer : IDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> answers = new(StringComparer.Ordinal);
    private readonly ScriptedServer server;

    /// <param name="conversations">The names of the recordings, one after another.</param>
    public RecordedServer(params string[] conversations)
    {
        foreach (var line in conversations.SelectMany(c => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Recorded", c + ".jsonl"))).Select(JObject.Parse))
        {
            if ((string?)line["by"] != "program")
            {
                continue;
            }

            var queue = answers.GetOrAdd(Key((string)line["method"]!, Filled((string)line["path"]!), line["query"] as JObject), _ => new());
            for (var i = 0; i < ((int?)line["times"] ?? 1); i++)
            {
                queue.Enqueue(Answer(line));
            }
        }

        server = new ScriptedServer(Play);
    }

    public Uri Url => server.Url;

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<string> Asked => [.. server.Requests.Select(r => r.Line)];

    /// <summary>Questions that nobody had asked when the conversation was recorded.</summary>
    public ConcurrentQueue<string> Unknown { get; } = new();

    /// <summary>Puts other answers before those that were recorded.</summary>
    public void Instead(string method, string path, params string[] texts) => answers[$"{method} {path}"] = new(texts);

    /// <summary>Leaves out all answers to a question but the last: the conversation is taken up at its end.</summary>
    public void AtTheEnd(string method, string path) => answers[$"{method} {path}"] = new([answers[$"{method} {path}"].Last()]);

    /// <summary>A client in the pool, with the token of the recording.</summary>
    public ProxmoxClient Client(TimeProvider time) => new(
        new ProxmoxConnection
        {
            Url = server.Url, Node = "pve", StorageVm = "local-dir", StorageIso = "local", Bridge = "vmbr0", Pool = "packer",
            Credentials = new ProxmoxCredentials { Username = "packer@pve", TokenName = "build", TokenSecret = "11112222-3333-4444-5555-666677778888" },
        },
        new ProxmoxClientOptions { Time = time });

    public void Dispose() => server.Dispose();

    private static string Filled(string text) => System.Text.RegularExpressions.Regex.Replace(
        text.Replace("{node}", "pve", StringComparison.Ordinal), @"UPID:\{([a-z]+):([^}]*)\}", "UPID:pve:00001000:00002000:6A000000:$1:$2:packer@pve!build:");

    private static string Key(string method, string path, JObject? query) =>
        $"{method} {path}{(query is null ? "" : "?" + string.Join('&', query.Properties().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={p.Value}")))}";

    private static string Answer(JObject line)
    {
        var data = Filled((line["data"] ?? (line["cut"] is null ? JValue.CreateNull() : new JArray())).ToString(Newtonsoft.Json.Formatting.None));
        var body = $$"""{"data":{{data}},"errors":{{(line["errors"] ?? new JObject()).ToString(Newtonsoft.Json.Formatting.None)}}}""";
        return ScriptedServer.Json(body.Replace("\"{…}\"", "1", StringComparison.Ordinal), $"{line["status"]} {line["reason"] ?? "OK"}");
    }

    private string Play(RawRequest request)
    {
        var target = Uri.UnescapeDataString(request.Target["/api2/json".Length..]);
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var key = mark < 0
            ? $"{request.Method} {target}"
            : $"{request.Method} {target[..mark]}?{string.Join('&', target[(mark + 1)..].Split('&').Order(StringComparer.Ordinal))}";
        if (!answers.TryGetValue(key, out var queue) || !queue.TryPeek(out var answer))
        {
            Unknown.Enqueue(key);
            return ScriptedServer.Json("""{"data":null}""", "501 not recorded");
        }

        if (queue.Count > 1)
        {
            queue.TryDequeue(out _);
        }

        return answer;
    }
}
