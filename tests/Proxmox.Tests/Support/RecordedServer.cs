using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Proxmox.Tests.Support;

/// <summary>
/// Plays the server's half of recorded conversations (<c>Recorded/*.jsonl</c>, real servers' answers to this program) to a
/// client: each question is answered as it was then, in the order of the recording, and the last answer goes on. What was
/// not recorded is not answered but named in <see cref="Unknown"/>; changes are compared with those that were recorded.
/// </summary>
internal sealed partial class RecordedServer : IDisposable
{
    /// <summary>The time of the recorded run.</summary>
    public const string Stamp = "19700101T000000Z";

    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> answers = new(StringComparer.Ordinal);
    private readonly List<(string Line, JObject? Parameters)> changes = [];
    private readonly List<JObject> tasksOfOthers = [];
    private readonly ScriptedServer server;

    /// <param name="conversations">The names of the recordings, one after another.</param>
    public RecordedServer(params string[] conversations)
        : this("program", conversations)
    {
    }

    private RecordedServer(string by, string[] conversations)
    {
        foreach (var line in conversations.SelectMany(c => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Recorded", c + ".jsonl"))).Select(JObject.Parse))
        {
            if ((string?)line["by"] == by)
            {
                Learn(line);
            }
            else
            {
                Overhear(line);
            }
        }

        server = new ScriptedServer(Play);
    }

    /// <summary>The answers to somebody else's questions, as this program could have asked them: <c>plugin</c> or <c>token</c>.</summary>
    public static RecordedServer Of(string by, params string[] conversations) => new(by, conversations);

    public Uri Url => server.Url;

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<string> Asked => [.. server.Requests.Select(r => r.Line)];

    /// <summary>Questions that nobody had asked when the conversation was recorded.</summary>
    public ConcurrentQueue<string> Unknown { get; } = new();

    /// <summary>From now on the list of a VM's tasks has what the others were seen doing, too: it was recorded before they did.</summary>
    public void TellTasksOfOthers(int vmid)
    {
        var target = $"/nodes/pve/tasks?limit=200&source=all&vmid={vmid}";
        var recorded = JObject.Parse(answers["GET " + target].Last().Split("\r\n\r\n", 2)[1])["data"]!;
        Instead("GET", target, ScriptedServer.Data(new JArray(tasksOfOthers.Where(t => (string?)t["id"] == $"{vmid}").Concat(recorded)).ToString(Newtonsoft.Json.Formatting.None)));
    }

    /// <summary>The changes that were asked for, each as <c>POST /pools comment=… poolid=…</c>.</summary>
    public IEnumerable<string> Changes => server.Requests.Where(r => r.Method != "GET").Select(r => Told(Target(r), Form(r)));

    /// <summary>The changes that had been asked for when the conversation was recorded.</summary>
    public IEnumerable<string> RecordedChanges => changes.Select(c => Told(c.Line, c.Parameters?.Properties().Select(p => (p.Name, (string)p.Value!)) ?? []));

    /// <summary>Fails unless only recorded questions were asked, and just the recorded changes, with what was sent then, in their order.</summary>
    /// <param name="apart">Parameters that the program gives another value today.</param>
    public void RequireSameChanges(params string[] apart)
    {
        Assert.That(Unknown, Is.Empty);
        string Without(string told) => string.Join(' ', told.Split(' ').Where(w => !apart.Contains(w.Split('=')[0])));
        var (made, recorded) = (Changes.Select(Without).ToList(), RecordedChanges.Select(Without).ToList());
        Assert.That(made, Has.Count.EqualTo(recorded.Count), string.Join('\n', made));
        for (var i = 0; i < made.Count; i++)
        {
            Assert.That(made[i], Does.Match($@"\A{Placeholder().Replace(Regex.Escape(recorded[i]), ".+")}\z"));
        }
    }

    /// <summary>Puts other answers before those that were recorded.</summary>
    public void Instead(string method, string path, params string[] texts) => answers[$"{method} {path}"] = new(texts);

    /// <summary>Whether a question was asked when the conversation was recorded.</summary>
    public bool Knows(string method, string path) => answers.ContainsKey($"{method} {path}");

    /// <summary>Leaves out all answers to a question but the last: the conversation is taken up at its end.</summary>
    public void AtTheEnd(string method, string path) => answers[$"{method} {path}"] = new([answers[$"{method} {path}"].Last()]);

    /// <summary>A client in the pool, with the token of the recording.</summary>
    public ProxmoxClient Client(TimeProvider time) => Client(
        time, new ProxmoxCredentials { Username = "packer@pve", TokenName = "build", TokenSecret = "11112222-3333-4444-5555-666677778888" });

    /// <summary>A client of somebody else.</summary>
    public ProxmoxClient Client(TimeProvider time, ProxmoxCredentials credentials) => new(
        new ProxmoxConnection
        {
            Url = server.Url, Node = "pve", StorageVm = "local-dir", StorageIso = "local", Bridge = "vmbr0", Pool = "packer", Credentials = credentials,
        },
        new ProxmoxClientOptions { Time = time });

    public void Dispose() => server.Dispose();

    private void Learn(JObject line)
    {
        var method = (string)line["method"]!;
        var key = Key(method, Filled((string)line["path"]!), line["query"] as JObject);
        if (method != "GET")
        {
            changes.Add((key, line["parameters"] as JObject));
        }

        var queue = answers.GetOrAdd(key, _ => new());
        for (var i = 0; i < ((int?)line["times"] ?? 1); i++)
        {
            queue.Enqueue(Answer(line));
        }
    }

    // A list of a VM's tasks that was too long to be kept is what the others were seen doing until then.
    private void Overhear(JObject line)
    {
        if (line["data"] is JValue { Value: string upid } && upid.StartsWith("UPID:{", StringComparison.Ordinal))
        {
            var parts = upid["UPID:{".Length..^1].Split(':');
            tasksOfOthers.Insert(0, new JObject { ["upid"] = upid, ["type"] = parts[0], ["id"] = parts[1], ["user"] = "packer@pve", ["starttime"] = 1 });
        }
        else if ((line["data"] as JObject)?["exitstatus"] is { } exit && tasksOfOthers.Find(t => ((string)line["path"]!).Contains((string)t["upid"]!, StringComparison.Ordinal)) is { } task)
        {
            (task["status"], task["endtime"]) = (exit, 2);
        }
    }

    private string Answer(JObject line)
    {
        var data = line["data"] ?? (line["cut"] is null ? JValue.CreateNull() : new JArray(tasksOfOthers.Select(t => t.DeepClone())));
        var body = $$"""{"data":{{Filled(Whole(ByAge(data), (int?)(line["query"] as JObject)?["start"] ?? 0).ToString(Newtonsoft.Json.Formatting.None))}},"errors":{{(line["errors"] ?? new JObject()).ToString(Newtonsoft.Json.Formatting.None)}}}""";
        return ScriptedServer.Json(body.Replace("\"{…}\"", "1", StringComparison.Ordinal), $"{line["status"]} {Filled((string?)line["reason"] ?? "OK")}");
    }

    // The tasks of a list are different ones, though they are recorded alike: the oldest stands at the end.
    private static JToken ByAge(JToken data)
    {
        if (data is not JArray list || list.FirstOrDefault() is not JObject first || first["upid"] is null)
        {
            return data;
        }

        var numbered = (JArray)list.DeepClone();
        for (var i = 0; i < numbered.Count; i++)
        {
            numbered[i]["upid"] = Filled((string)numbered[i]["upid"]!).Replace(":00002000:", $":{0x2001 + numbered.Count - i:X8}:", StringComparison.Ordinal);
        }

        return numbered;
    }

    // Of some logs a line was left out that named the machine; the others have kept their numbers.
    private static JToken Whole(JToken data, int start)
    {
        if (data is not JArray { Count: > 0 } list || (list[0] as JObject)?["n"] is null)
        {
            return data;
        }

        var lines = list.ToDictionary(l => (int)l["n"]!);
        return new JArray(Enumerable.Range(start + 1, lines.Keys.Max() - start).Select(n => lines.GetValueOrDefault(n)?.DeepClone() ?? new JObject { ["n"] = n, ["t"] = "…" }));
    }

    private static string Filled(string text) => Regex.Replace(
        text.Replace("{node}", "pve", StringComparison.Ordinal).Replace("{time}", Stamp, StringComparison.Ordinal), @"UPID:\{([a-z]+):([^}]*)\}", "UPID:pve:00001000:00002000:6A000000:$1:$2:packer@pve!build:");

    private static string Key(string method, string path, JObject? query) =>
        $"{method} {Uri.UnescapeDataString(path)}{(query is null ? "" : "?" + string.Join('&', query.Properties().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={p.Value}")))}";

    private static string Told(string line, IEnumerable<(string Name, string Value)> parameters) =>
        string.Join(' ', new[] { line }.Concat(parameters.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={Uri.EscapeDataString(Filled(p.Value))}")))
            .Replace("%7B", "{", StringComparison.Ordinal).Replace("%7D", "}", StringComparison.Ordinal);

    // What is uploaded is a matter of the transport.
    private static IEnumerable<(string Name, string Value)> Form(RawRequest request) =>
        request.Body.Length == 0 || !request.Headers.GetValueOrDefault("Content-Type", "").StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal)
            ? []
            : request.Body.Split('&').Select(p => p.Split('=')).Select(p => (Uri.UnescapeDataString(p[0]), Uri.UnescapeDataString(p[1].Replace('+', ' '))));

    private static string Target(RawRequest request)
    {
        var target = Uri.UnescapeDataString(request.Target["/api2/json".Length..]);
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var key = mark < 0
            ? $"{request.Method} {target}"
            : $"{request.Method} {target[..mark]}?{string.Join('&', target[(mark + 1)..].Split('&').Order(StringComparer.Ordinal))}";
        return TaskNumber().Replace(key, "UPID:pve:00001000:00002000:");
    }

    private string Play(RawRequest request)
    {
        var key = Target(request);
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

    [GeneratedRegex("UPID:pve:00001000:[0-9A-F]{8}:")]
    private static partial Regex TaskNumber();

    // As they stand in an escaped pattern: \{public%20key}.
    [GeneratedRegex(@"\\\{[^}]+\}|<[a-z]+>")]
    private static partial Regex Placeholder();
}
