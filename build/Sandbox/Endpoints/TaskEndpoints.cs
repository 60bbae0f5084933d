using System.Globalization;
using System.Text.Json.Nodes;
using Sandbox.Access;
using Sandbox.Api;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>Tasks and their logs.</summary>
internal static class TaskEndpoints
{
    private static readonly TimeSpan EndsSoon = TimeSpan.FromMilliseconds(250);
    private static readonly Parameter Upid = P.Text("upid");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/tasks", Permission.AnyUser, Answer.List("id", "node", "pid", "pstart", "starttime", "type", "upid", "user"))
        {
            Parameters =
            [
                P.Node,
                P.Flag("errors?"),
                P.Whole("limit?", 0),
                P.Whole("since?"),
                P.OneOf("source?", "archive", "active", "all"),
                P.Whole("start?", 0),
                P.Text("statusfilter?", "pve-task-status-type-list"),
                P.Text("typefilter?"),
                P.Whole("until?"),
                P.Text("userfilter?"),
                P.VmId with { Optional = true },
            ],
            Run = List,
        },
        new("GET", "/nodes/{node}/tasks/{upid}", Permission.AnyUser, Answer.List())
        {
            Parameters = [P.Node, Upid],
            Run = _ => new JsonArray(new JsonObject { ["name"] = "log" }, new JsonObject { ["name"] = "status" }),
        },
        new("DELETE", "/nodes/{node}/tasks/{upid}", Permission.AnyUser, Answer.Nothing) { Parameters = [P.Node, Upid], Run = Stop },
        new("GET", "/nodes/{node}/tasks/{upid}/log", Permission.AnyUser, Answer.List("n", "t"))
        {
            Parameters = [P.Node, Upid, P.Flag("download?"), P.Whole("limit?", 0), P.Whole("start?", 0)],
            Run = Log,
        },
        new("GET", "/nodes/{node}/tasks/{upid}/status", Permission.AnyUser, Answer.Object("id", "node", "pid", "pstart", "starttime", "status", "type", "upid", "user"))
        {
            Parameters = [P.Node, Upid],
            RunAsync = StatusAsync,
        },
    ];

    private static JsonArray List(ApiCall call)
    {
        var source = call.TextOrNull("source") ?? "archive";
        var status = Formats.Split(call.TextOrNull("statusfilter"));
        var tasks = call.Node.Tasks.All().AsEnumerable().Reverse()
            .Where(t => t.Node == call.NodeName)
            .Where(t => TaskService.IsVisible(t, call, asListed: true))
            .Where(t => source == "all" || (source == "active") == (t.ExitStatus is null))
            .Where(t => call.Flag("errors") ? Kind(t) != "ok" : status.Length == 0 || status.Contains(Kind(t), StringComparer.OrdinalIgnoreCase))
            .Where(t => call.TextOrNull("typefilter") is not { } type || t.Type == type)
            .Where(t => call.TextOrNull("userfilter") is not { } user || (t.ExitStatus is null ? t.User : AccessControl.Split(t.User).User).Contains(user, StringComparison.OrdinalIgnoreCase))
            .Where(t => !call.Has("vmid") || t.Id == call.Text("vmid"))
            .Where(t => !call.Has("since") || t.StartTime >= long.Parse(call.Text("since"), CultureInfo.InvariantCulture))
            .Where(t => !call.Has("until") || t.StartTime <= long.Parse(call.Text("until"), CultureInfo.InvariantCulture))
            .Skip(call.Int("start", 0));
        return new JsonArray([.. tasks.Take(call.Int("limit", 50)).Select(t =>
        {
            var entry = Describe(t);
            if (t.ExitStatus is { } ended)
            {
                entry["endtime"] = t.EndTime;
                entry["status"] = ended;
            }
            else
            {
                // The list of those that run is another file of the server's, with other fields.
                entry["user"] = t.User;
                entry.Remove("tokenid");
                entry["status"] = "RUNNING";
                entry["saved"] = "0";
            }

            return (JsonNode)entry;
        })]);
    }

    /// <summary>The newest tasks of all nodes that the caller may see.</summary>
    public static JsonArray OfCluster(ApiCall call) =>
        new([.. call.Node.Tasks.All().Reverse().Where(t => TaskService.IsVisible(t, call)).Take(25).Select(t =>
        {
            var entry = Describe(t);
            if (t.ExitStatus is { } ended)
            {
                (entry["endtime"], entry["status"]) = (t.EndTime, ended);
            }

            return (JsonNode)entry;
        })]);

    private static string Kind(TaskEntry task) => task.ExitStatus switch
    {
        null => "unknown",
        "OK" => "ok",
        _ when task.ExitStatus.StartsWith("WARNINGS:", StringComparison.Ordinal) => "warning",
        "unexpected status" => "unknown",
        _ => "error",
    };

    private static JsonObject Describe(TaskEntry task)
    {
        var (user, token) = AccessControl.Split(task.User);
        var answer = new JsonObject
        {
            ["upid"] = task.Upid,
            ["node"] = task.Node,
            ["pid"] = task.Pid,
            ["pstart"] = task.PStart,
            ["starttime"] = task.StartTime,
            ["type"] = task.Type,
            ["id"] = task.Id,
            ["user"] = user,
        };
        if (token is not null)
        {
            answer["tokenid"] = token;
        }

        return answer;
    }

    private static TaskEntry Require(ApiCall call)
    {
        var task = call.Node.Tasks.Require(call.Text("upid"));
        if (!TaskService.IsVisible(task, call))
        {
            call.Require($"/nodes/{task.Node}", "Sys.Audit");
        }

        return task;
    }

    private static async Task<JsonNode?> StatusAsync(ApiCall call)
    {
        TaskEntry task;
        lock (call.Node.Gate)
        {
            task = Require(call);
        }

        // Clients ask again only after a second or two. A task to which no time was given ends in a moment.
        if (call.Node.Options.TaskTime == TimeSpan.Zero)
        {
            await call.Node.Tasks.WaitAsync(task, EndsSoon, call.Cancellation);
        }

        var answer = Describe(task);
        answer["status"] = task.ExitStatus is null ? "running" : "stopped";
        if (task.ExitStatus is { } ended)
        {
            answer["exitstatus"] = ended;
        }

        return answer;
    }

    private static JsonArray Log(ApiCall call)
    {
        var task = Require(call);
        var (start, limit) = (call.Int("start", 0), call.Int("limit", 50));
        lock (task.Log)
        {
            var lines = task.Log.Select((line, i) => (Number: i + 1, Line: line)).Skip(start);
            return new JsonArray([.. (limit > 0 ? lines.Take(limit) : lines).Select(l => (JsonNode)new JsonObject { ["n"] = l.Number, ["t"] = l.Line })]);
        }
    }

    private static JsonNode? Stop(ApiCall call)
    {
        var task = call.Node.Tasks.Require(call.Text("upid"));
        if (task.User != call.Caller.AuthId && !task.User.StartsWith(call.Caller.AuthId + "!", StringComparison.Ordinal))
        {
            call.Require($"/nodes/{task.Node}", "Sys.Modify");
        }

        call.Node.Tasks.Stop(task);
        return null;
    }
}
