using System.Text.Json.Nodes;

namespace Sandbox.Tests.Verdicts;

/// <summary>
/// What Proxmox VE 9.2.6 and 8.4.1 answered to single calls, each from a known state, is what the node answers. Each
/// difference that is meant, or not mended yet, is a line of <c>Data/verdicts-known.tsv</c> with its reason; a line that is no
/// longer needed is an error.
/// </summary>
public sealed class VerdictTests
{
    private static readonly KnownDifferences Known = KnownDifferences.Read("verdicts-known.tsv");

    public static IEnumerable<TestCaseData> Cases() =>
        VerdictFile.Cases().Select(v => new TestCaseData(v).SetArgDisplayNames(v.Id, v.Version));

    public static IEnumerable<TestCaseData> Statements() =>
        VerdictFile.Unchanged().Select(s => new TestCaseData(s.Id, s.Version, s.Privileges).SetArgDisplayNames(s.Id, s.Version));

    [TestCaseSource(nameof(Cases))]
    public async Task It_answers_as_the_real_server(object row)
    {
        var verdict = (Verdict)row;
        await using var world = await VerdictWorld.MakeAsync(verdict.Version, verdict.Login, verdict.Call.State);
        await world.BeginAsync(verdict.Login, verdict.Call.State);
        var given = await GiveAsync(world, verdict.Login, verdict.Call, verdict.Answer["config_after"] as JsonObject);
        Known.Compare(verdict.Id, verdict.Version, Differences(verdict, given));
    }

    [TestCaseSource(nameof(Statements))]
    public async Task A_privilege_that_the_real_server_does_not_ask_for_is_not_asked_for(string id, string version, string[] privileges)
    {
        var (login, call) = VerdictFile.Described(id, version);
        var full = await AskAsync(version, login, call);
        var different = new List<string>();
        foreach (var privilege in privileges)
        {
            var given = await AskAsync(version, login with { Without = privilege }, call);
            if (!JsonNode.DeepEquals(full, given))
            {
                different.Add($"without {privilege}: {given.ToJsonString()}, not {full.ToJsonString()}");
            }
        }

        Known.Compare("unchanged " + id, version, different);
    }

    private static async Task<JsonObject> AskAsync(string version, VerdictLogin login, VerdictCall call)
    {
        await using var world = await VerdictWorld.MakeAsync(version, login, call.State);
        await world.BeginAsync(login, call.State);
        var given = await GiveAsync(world, login, call, null);
        return VerdictMatch.Shape(given)!.AsObject();
    }

    /// <summary>What the node answers, in the words of the recorded answers.</summary>
    private static async Task<JsonObject> GiveAsync(VerdictWorld world, VerdictLogin login, VerdictCall call, JsonObject? after)
    {
        var (answer, upid, task) = await world.CallAsync(login, call);
        var given = new JsonObject { ["status"] = answer.Status, ["reason"] = answer.Reason };
        if (answer.Body?["errors"] is { } errors)
        {
            given["errors"] = errors.DeepClone();
        }

        if (upid is not null)
        {
            var parts = upid.Split(':');
            given["task"] = task;
            given["task_id"] = $"{parts[5]}:{parts[6]}:{parts[7]}";
        }
        else
        {
            given["data"] = answer.Data?.DeepClone();
        }

        if (after is not null)
        {
            var configs = new JsonObject();
            foreach (var (vmid, _) in after)
            {
                configs[vmid] = (await world.Root.SendAsync("GET", $"/nodes/pve/qemu/{vmid}/config")).Data?.DeepClone();
            }

            given["config_after"] = configs;
        }

        return given;
    }

    private static IEnumerable<string> Differences(Verdict verdict, JsonObject given)
    {
        var expected = verdict.Answer;
        foreach (var field in new[] { "status", "reason", "errors", "task", "task_id", "data", "config_after" })
        {
            if ((field is "data" or "config_after" && !expected.ContainsKey(field)) || (expected[field] is null && given[field] is null))
            {
                continue;
            }

            if (VerdictMatch.Difference(expected[field], given[field], field) is { } difference)
            {
                yield return difference;
            }

            if (field == "errors" && given[field] is JsonObject own && expected[field] is JsonObject named && own.Count != named.Count)
            {
                yield return $"errors: are {own.ToJsonString()}, not {named.ToJsonString()}";
            }
        }

        // Of the configuration afterwards there is what the call is about. What it deleted is gone, and a whole one is whole.
        foreach (var (vmid, config) in expected["config_after"] as JsonObject ?? [])
        {
            var named = ((string?)verdict.Call.Parameters["delete"] ?? "").Split(',')
                .Concat(config is JsonObject { Count: 0 } && !verdict.Call.Path.EndsWith("/qemu", StringComparison.Ordinal) ? verdict.Call.Parameters.Select(p => p.Key) : []);
            var whole = config is JsonObject all && all.ContainsKey("meta");
            foreach (var (key, value) in given["config_after"]?[vmid] as JsonObject ?? [])
            {
                if (config is JsonObject left && key != "digest" && (whole || named.Contains(key)) && !left.ContainsKey(key))
                {
                    yield return $"config_after.{vmid}.{key}: is {value}, not absent";
                }
            }
        }
    }
}
