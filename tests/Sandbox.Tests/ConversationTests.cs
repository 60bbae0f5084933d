using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox.Tests;

/// <summary>
/// The recorded conversations with the real server, replayed: what Packer's plugin and single calls of the token were
/// answered there they have to be answered here, in status, reason and data.
/// </summary>
public sealed class ConversationTests
{
    // What differs, and why. Nothing of it is in the node.
    private static readonly (string Conversation, string Call, string Field, string Why)[] Deliberate =
    [
        ("*", "GET /version", "data", "the build of the package is Proxmox's own"),
        ("*", "/agent/network-get-interfaces", "data", "the recorded guest was stood in for by another one"),
        ("*", "/agent/get-host-name", "data", "the recorded guest was stood in for by another one"),
        ("*", "/config", "data.meta", "the QEMU behind the recorded server was another one, made at another time"),
        ("*", "/pending", "data", "compared by its keys, in a test of its own: the recorded server lists them in the order of a hash"),
        ("*", "GET /storage", "data", "the recorded storages were made for other contents"),
        ("*", "GET /cluster/tasks", "data", "the recorded cluster file system, which collects them, was stood in for"),
        ("proxmox-clone", "/config", "data.sshkeys", "the key of each run is another one"),
        ("*", "/vncproxy", "data.port", "a port is free again when the console before has timed out, after ten seconds"),
        ("*", "/status/current", "data", "the recorded QEMU was stood in for: it knew no machine type and no pause"),
    ];

    public static IEnumerable<string> Names() => Conversation.Names();

    [TestCaseSource(nameof(Names))]
    public async Task The_plugin_and_the_token_are_answered_as_by_the_real_server(string name)
    {
        var conversation = Conversation.Read(name);
        await using var node = await conversation.StartAsync();
        using var client = await conversation.LogInAsync(node);
        var differences = new List<string>();
        var tasks = new Dictionary<string, string>();
        foreach (var exchange in conversation.Exchanges)
        {
            var judged = exchange.By is "plugin" or "token";
            if (!judged && (exchange.Method == "GET" || !exchange.Path.Contains("/qemu", StringComparison.Ordinal)))
            {
                continue;
            }

            var answer = await ReplayAsync(node, client, exchange, tasks);
            if (answer is not null && judged)
            {
                differences.AddRange(Differences(exchange, answer).Where(d => !IsDeliberate(name, exchange, d)).Select(d => $"{exchange}: {d}"));
            }
        }

        Assert.That(differences, Is.Empty, string.Join(Environment.NewLine, differences));
    }

    private static bool IsDeliberate(string name, Exchange exchange, string difference) => Deliberate.Any(d =>
        (d.Conversation == "*" || d.Conversation == name)
        && exchange.ToString().Contains(d.Call, StringComparison.Ordinal)
        && difference.StartsWith(d.Field, StringComparison.Ordinal));

    private static async Task<ApiAnswer?> ReplayAsync(TestNode node, ApiClient client, Exchange exchange, Dictionary<string, string> tasks)
    {
        foreach (var key in exchange.Keys)
        {
            var typed = await client.PutAsync(Conversation.Fill(exchange.Path), ("key", key));
            Assert.That(typed.Status, Is.EqualTo(200), typed.Reason);
        }

        if (exchange.Keys.Count > 0)
        {
            return null;
        }

        var path = Regex.Replace(exchange.Path, @"UPID:\{([^}]*)\}", m => tasks.GetValueOrDefault(m.Groups[1].Value) ?? "none");
        var polled = path != exchange.Path && path.EndsWith("/status", StringComparison.Ordinal);
        if (polled)
        {
            // How often a task is found running is a matter of time; how it ends is not.
            if ((string?)exchange.Data?["status"] == "running")
            {
                return null;
            }

            await Conversation.ExitStatusAsync(client, path.Split('/')[^2]);
        }

        var waits = exchange.Path.Contains("/agent/", StringComparison.Ordinal) && exchange.Reason == "QEMU guest agent is not running";
        if (waits)
        {
            // Here the guest is there at once.
            return null;
        }

        var query = exchange.Row["query"] as JsonObject;
        var body = exchange.Row["parameters"] as JsonObject;
        var target = Conversation.Fill(path) + (query is null ? "" : "?" + string.Join('&', query.Select(q => $"{q.Key}={Uri.EscapeDataString(Conversation.Fill(q.Value!.ToString()))}")));
        var answer = await client.SendAsync(exchange.Method, target, body?.Select(p => (p.Key, Conversation.Fill(p.Value!.ToString()))) ?? []);
        if (exchange.Data is JsonValue recorded && recorded.TryGetValue<string>(out var text) && text.StartsWith("UPID:{", StringComparison.Ordinal) && answer.Status == 200)
        {
            tasks[text["UPID:{".Length..^1]] = answer.Text;
            if (exchange is { Method: "POST", Path: "/nodes/{node}/qemu" })
            {
                await Conversation.ExitStatusAsync(node.Root, answer.Text);
                Conversation.Install(node, int.Parse(exchange.Parameters.First(p => p.Name == "vmid").Value, System.Globalization.CultureInfo.InvariantCulture));
            }
            else if (exchange.By == "token" || exchange.By == "program")
            {
                await Conversation.ExitStatusAsync(node.Root, answer.Text);
            }
        }

        return answer;
    }

    private static IEnumerable<string> Differences(Exchange exchange, ApiAnswer answer)
    {
        if (answer.Status != exchange.Status)
        {
            yield return $"status {answer.Status} {answer.Reason}, not {exchange.Status} {exchange.Reason}";
            yield break;
        }

        if (exchange.Reason is { } reason && Conversation.Fill(reason) != answer.Reason)
        {
            yield return $"reason '{answer.Reason}', not '{Conversation.Fill(reason)}'";
        }

        if (!exchange.IsCut)
        {
            foreach (var difference in Compare(exchange.Data, answer.Data, "data"))
            {
                yield return difference;
            }
        }
    }

    /// <summary>Compares what was recorded with what is answered; a placeholder stands for anything.</summary>
    private static IEnumerable<string> Compare(JsonNode? recorded, JsonNode? answered, string where)
    {
        switch (recorded, answered)
        {
            case (JsonObject expected, JsonObject got):
                var named = expected.ToDictionary(p => Conversation.Fill(p.Key), p => p.Value);
                foreach (var key in named.Keys.Union(got.Select(p => p.Key)).Order(StringComparer.Ordinal))
                {
                    var there = got.TryGetPropertyValue(key, out var value);
                    if (!named.TryGetValue(key, out var wanted) || !there)
                    {
                        yield return $"{where}.{key}: {(there ? $"too much: {value?.ToJsonString()}" : $"missing, recorded {wanted?.ToJsonString()}")}";
                        continue;
                    }

                    foreach (var difference in Compare(wanted, value, $"{where}.{key}"))
                    {
                        yield return difference;
                    }
                }

                break;
            case (JsonArray expected, JsonArray got):
                // The order of the server's lists is that of a hash.
                if (expected.Count != got.Count)
                {
                    yield return $"{where}: {got.Count} entries, not {expected.Count}: {got.ToJsonString()}";
                    yield break;
                }

                var (one, other) = (expected.OrderBy(Sorted, StringComparer.Ordinal).ToList(), got.OrderBy(Sorted, StringComparer.Ordinal).ToList());
                for (var i = 0; i < one.Count; i++)
                {
                    foreach (var difference in Compare(one[i], other[i], $"{where}[{i}]"))
                    {
                        yield return difference;
                    }
                }

                break;
            default:
                if (!IsMatch(recorded, answered))
                {
                    yield return $"{where}: {answered?.ToJsonString() ?? "null"}, not {recorded?.ToJsonString() ?? "null"}";
                }

                break;
        }
    }

    private static string Sorted(JsonNode? node) =>
        new[] { "vmid", "storage", "realm", "key", "name", "upid" }.Select(k => (node as JsonObject)?[k]?.ToString()).FirstOrDefault(v => v is not null) ?? node?.ToString() ?? "";

    private static bool IsMatch(JsonNode? recorded, JsonNode? answered)
    {
        var text = recorded?.ToString();
        if (text?.Contains(":iso/", StringComparison.Ordinal) == true && answered is not null)
        {
            // The size of a medium that was stood in for.
            return Regex.Replace(text, @",size=\w+", "") == Regex.Replace(answered.ToString(), @",size=\w+", "");
        }

        if (text is null || answered is null)
        {
            return text is null && answered is null;
        }

        if (text.StartsWith("UPID:{", StringComparison.Ordinal))
        {
            var pattern = Regex.Escape(text["UPID:{".Length..^1]);
            return Regex.IsMatch(answered.ToString(), $@"\AUPID:vm:[0-9A-F]+:[0-9A-F]+:[0-9A-F]+:{pattern}:packer@pve!build:\z");
        }

        if (text is "{…}" or "<secret>")
        {
            return true;
        }

        if (recorded!.GetValueKind() != answered.GetValueKind())
        {
            return false;
        }

        // Contents are a set; the QEMU of the recorded server was a stand-in.
        var expected = string.Join(".+", Regex.Split(text, @"\{(?:time|mac|uuid|sha1|fingerprint|node|host|pid|seconds|public key|…)\}").Select(Regex.Escape));
        return Regex.IsMatch(answered.ToString(), $@"\A{expected}\z", RegexOptions.Singleline)
            || (text.Contains(',', StringComparison.Ordinal) && text.Split(',').Order(StringComparer.Ordinal).SequenceEqual(answered.ToString().Split(',').Order(StringComparer.Ordinal)));
    }
}
