using System.Diagnostics;
using System.Net;
using Newtonsoft.Json.Linq;

namespace Build.Tests;

/// <summary>How long what is replayed is waited for.</summary>
/// <param name="Boot">Before the first key.</param>
/// <param name="Line">After the first key, and after each Enter.</param>
/// <param name="Poll">Between two questions.</param>
/// <param name="Limit">For a task, or for the guest to answer.</param>
internal sealed record PluginPace(TimeSpan Boot, TimeSpan Line, TimeSpan Poll, TimeSpan Limit)
{
    /// <summary>For simulated machines, which are never late.</summary>
    public static PluginPace Simulated { get; } = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
}

/// <summary>Sends what was recorded, with this node's own values in the places of what differs.</summary>
internal sealed class PluginReplay(HttpClient http, string run, PluginPace pace, IPEndPoint served)
{
    private const string Time = "20261129t163000z";
    private string upid = "";

    public static string Fill(string text) => text
        .Replace("{vmid}", "9100", StringComparison.Ordinal).Replace("{time}", Time, StringComparison.Ordinal)
        .Replace("{mac}", "BC:24:11:00:00:01", StringComparison.Ordinal);

    public async Task SendAsync(JObject request)
    {
        var method = new HttpMethod((string)request["method"]!);
        var path = (string)request["path"]!;
        if (request["keys"] is JArray keys)
        {
            await Task.Delay(pace.Boot);
            foreach (var (i, key) in Keys([.. keys.Select(k => (string)k!)]).Index())
            {
                var (pressed, said, _) = await AskAsync(method, path, [new("key", key)]);
                Assert.That(pressed, Is.EqualTo(200), $"{run}: key {key}: {said}");
                await Task.Delay(i == 0 || key == "ret" ? pace.Line : TimeSpan.Zero);
            }

            return;
        }

        var parameters = (request["parameters"] as JObject)?.Properties().Select(p => KeyValuePair.Create(p.Name, Fill((string)p.Value!))).ToList();
        var expected = (int)request["status"]!;
        for (var time = 0; time < ((int?)request["times"] ?? 1); time++)
        {
            var (status, reason, data) = await UntilAsync(method, path, parameters, expected);
            Assert.That(status, Is.EqualTo(expected), $"{run}: {method} {path}: {reason}");
            Assert.That(reason, Does.StartWith((string?)request["reason"] ?? ""), $"{run}: {method} {path}");
            upid = data is JValue { Type: JTokenType.String } value && ((string)value!).StartsWith("UPID:", StringComparison.Ordinal) ? (string)value! : upid;
        }
    }

    public async Task<(int Status, string Reason, JToken? Data)> AskAsync(HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>>? parameters)
    {
        using var message = new HttpRequestMessage(method, "/api2/json" + Fill(path).Replace("{upid}", upid, StringComparison.Ordinal));
        if (parameters is not null)
        {
            message.Content = new FormUrlEncodedContent(parameters);
        }

        using var answer = await http.SendAsync(message);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, answer.ReasonPhrase + (answer.IsSuccessStatusCode ? "" : $" {text}"), text.Length > 0 ? JObject.Parse(text)["data"] : null);
    }

    // A task takes its time, and so does a guest until its agent answers.
    private async Task<(int Status, string Reason, JToken? Data)> UntilAsync(
        HttpMethod method, string path, IReadOnlyList<KeyValuePair<string, string>>? parameters, int expected)
    {
        var task = path.Contains("/tasks/", StringComparison.Ordinal);
        var guest = path.Contains("/agent/", StringComparison.Ordinal) && expected == 200;
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(pace.Poll))
        {
            var answer = await AskAsync(method, path, parameters);
            if (task && (string?)answer.Data?["status"] == "stopped")
            {
                Assert.That((string?)answer.Data["exitstatus"], Is.EqualTo("OK"), $"{run}: {upid}");
                return answer;
            }

            if ((!task && !guest) || (guest && answer.Status == 200) || watch.Elapsed > pace.Limit)
            {
                return answer;
            }
        }
    }

    // http://127.0.0.1:8665/ was Packer's server then; here it is the test's.
    private string[] Keys(string[] keys)
    {
        var colon = Array.FindLastIndex(keys, k => k == "shift-semicolon");
        if (colon < 0)
        {
            return keys;
        }

        var start = Array.FindLastIndex(keys, colon, k => k == "slash") + 1;
        var end = Array.FindIndex(keys, colon + 1, k => k is not { Length: 1 } || !char.IsAsciiDigit(k[0]));
        return [.. keys[..start], .. served.ToString().Select(c => c switch { '.' => "dot", ':' => "shift-semicolon", _ => c.ToString() }), .. keys[end..]];
    }
}
