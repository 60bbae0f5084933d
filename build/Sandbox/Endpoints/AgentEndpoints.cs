using System.Text;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;

namespace Sandbox.Endpoints;

/// <summary>The QEMU guest agent of a running VM.</summary>
internal static class AgentEndpoints
{
    // What the server reads of a file at most, and at once.
    private const int MostRead = 16 << 20;
    private const int ReadAtOnce = 1 << 20;

    private static readonly Parameter[] Machine = [P.Node, P.VmId];

    private static readonly Permission Monitor = Permission.All("/vms/{vmid}", "VM.Monitor");
    private static readonly Permission Audit = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Unrestricted = Permission.All("/vms/{vmid}", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Power = Permission.AnyOf("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted");

    private static readonly Permission FileSystems = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted");
    private static readonly Permission FileRead = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.FileRead", "VM.GuestAgent.Unrestricted");
    private static readonly Permission FileWrite = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.FileWrite", "VM.GuestAgent.Unrestricted");
    private static readonly Permission Compatible = Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.Unrestricted", "VM.GuestAgent.Unrestricted");

    // What is asked and answered without further parameters.
    private static readonly (string Method, string Command, Permission Permission)[] Commands =
    [
        ("POST", "ping", Audit),
        ("GET", "get-osinfo", Audit),
        ("GET", "network-get-interfaces", Audit),
        ("GET", "get-host-name", Audit),
        ("GET", "get-time", Audit),
        ("GET", "get-timezone", Audit),
        ("GET", "get-users", Audit),
        ("GET", "info", Audit),
        ("GET", "get-fsinfo", Audit),
        ("GET", "get-vcpus", Audit),
        ("POST", "fsfreeze-status", Permission.AnyOf("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted")),
        ("POST", "fsfreeze-freeze", FileSystems),
        ("POST", "fsfreeze-thaw", FileSystems),
        ("GET", "get-memory-blocks", Audit),
        ("GET", "get-memory-block-info", Audit),
        ("POST", "fstrim", FileSystems),
    ];

    // Those without parameters, of which the three suspend-* are answered with 501, and those with some.
    private static readonly string[] Plain =
        [.. Commands.Select(c => c.Command).Concat(["shutdown", "suspend-disk", "suspend-hybrid", "suspend-ram"]).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Names => Plain.Concat(["exec", "exec-status", "file-read", "file-write", "set-user-password"]);

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        .. Commands.Select(c => new Endpoint(c.Method, "/nodes/{node}/qemu/{vmid}/agent/" + c.Command, c.Permission, Answer.Object("result"))
        {
            Parameters = Machine,
            PermissionBefore9 = Monitor,
            KeepsState = true,
            RunAsync = call => AskAsync(call, c.Command),
        }),
        new("GET", "/nodes/{node}/qemu/{vmid}/agent", Permission.AnyUser, Answer.List("name"))
        {
            Parameters = Machine,
            Run = _ => new JsonArray([.. Names.Order(StringComparer.Ordinal).Select(n => (JsonNode)new JsonObject { ["name"] = n })]),
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent", Compatible, Answer.Object("result"))
        {
            Parameters = [.. Machine, P.OneOf("command", Plain)],
            PermissionBefore9 = Monitor,
            KeepsState = true,
            RunAsync = call => call.Text("command").StartsWith("suspend-", StringComparison.Ordinal)
                ? throw new ApiException(501, $"Method 'POST /nodes/{call.NodeName}/qemu/{call.VmId}/agent' not implemented: no guest of the sandbox can do '{call.Text("command")}'")
                : AskAsync(call, call.Text("command")),
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/agent/file-read", FileRead, Answer.Object("content"))
        {
            Parameters = [.. Machine, P.Text("file")],
            PermissionBefore9 = Monitor,
            RunAsync = ReadFileAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/file-write", FileWrite, Answer.Nothing)
        {
            Parameters = [.. Machine, P.Text("content", max: 61440), P.Flag("encode?"), P.Text("file")],
            PermissionBefore9 = Monitor,
            RunAsync = WriteFileAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/set-user-password", Unrestricted, Answer.Object("result"))
        {
            Parameters = [.. Machine, P.Flag("crypted?"), P.Text("password", min: 5, max: 1024), P.Text("username")],
            PermissionBefore9 = Monitor,
            RunAsync = SetPasswordAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/shutdown", Power, Answer.Object("result"))
        {
            Parameters = Machine,
            PermissionBefore9 = Monitor,
            RunAsync = call => AskAsync(call, "shutdown"),
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/agent/exec", Unrestricted, Answer.Object("pid"))
        {
            Parameters = [.. Machine, P.Texts("command"), P.Text("input-data?", max: 65536)],
            PermissionBefore9 = Monitor,
            KeepsState = true,
            RunAsync = ExecuteAsync,
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/agent/exec-status", Unrestricted, Answer.Object("exited"))
        {
            Parameters = [.. Machine, P.Whole("pid")],
            PermissionBefore9 = Monitor,
            RunAsync = ExecStatusAsync,
        },
    ];

    /// <summary>Whether the VM has a channel for the agent.</summary>
    public static bool IsEnabled(Machines.Machine machine) =>
        machine.Config.TryGetValue("agent", out var agent) && DriveFormats.Agent.Parse(agent).Flag("enabled");

    private static async Task<IMachineAgent> RequireAsync(ApiCall call)
    {
        RunningMachine? running;
        lock (call.Node.Gate)
        {
            var machine = call.Machine;
            if (!machine.Config.ContainsKey("agent"))
            {
                throw ApiException.Failed("No QEMU guest agent configured");
            }

            running = call.Node.Runtime.Find(machine.Id) ?? throw ApiException.Failed($"VM {machine.Id} is not running");
            if (!IsEnabled(machine))
            {
                throw ApiException.Failed("QEMU guest agent is not running");
            }
        }

        return await running.Agent.AnswersAsync(call.Cancellation) ? running.Agent : throw ApiException.Failed("QEMU guest agent is not running");
    }

    private static async Task<JsonNode?> AskAsync(ApiCall call, string command)
    {
        var agent = await RequireAsync(call);
        return new JsonObject { ["result"] = await agent.DoAsync("guest-" + command, [], call.Cancellation) };
    }

    private static async Task<JsonNode?> ExecuteAsync(ApiCall call)
    {
        var agent = await RequireAsync(call);
        var words = call.Text("command").Split('\0');
        var arguments = new JsonObject { ["path"] = words[0], ["arg"] = new JsonArray([.. words[1..].Select(w => (JsonNode)w)]), ["capture-output"] = true };
        if (call.TextOrNull("input-data") is { } input)
        {
            arguments["input-data"] = Base64(input);
        }

        return await agent.DoAsync("guest-exec", arguments, call.Cancellation);
    }

    private static async Task<JsonNode?> ExecStatusAsync(ApiCall call)
    {
        var agent = await RequireAsync(call);
        var answer = (await agent.DoAsync("guest-exec-status", new JsonObject { ["pid"] = call.Int("pid") }, call.Cancellation))!.AsObject();
        foreach (var (name, value) in answer.ToList())
        {
            // What Perl makes of it: numbers for true and false, text for what came as bytes.
            if (value is JsonValue flag && flag.TryGetValue<bool>(out var on))
            {
                answer[name] = on ? 1 : 0;
            }
            else if (name is "out-data" or "err-data" && value is JsonValue data && data.TryGetValue<string>(out var encoded))
            {
                answer[name] = Text(encoded);
            }
        }

        return answer;
    }

    private static async Task<JsonNode?> ReadFileAsync(ApiCall call)
    {
        var agent = await RequireAsync(call);
        var handle = await OpenAsync(agent, call, "rb");
        var bytes = new MemoryStream();
        var truncated = true;
        try
        {
            while (truncated && bytes.Length < MostRead)
            {
                var read = await agent.DoAsync("guest-file-read", new JsonObject { ["handle"] = handle, ["count"] = ReadAtOnce }, call.Cancellation);
                bytes.Write(Convert.FromBase64String(read?["buf-b64"]?.GetValue<string>() ?? ""));
                truncated = read?["eof"]?.GetValue<bool>() != true;
            }
        }
        finally
        {
            await agent.DoAsync("guest-file-close", new JsonObject { ["handle"] = handle }, call.Cancellation);
        }

        var answer = new JsonObject { ["content"] = Encoding.UTF8.GetString(bytes.ToArray()), ["bytes-read"] = bytes.Length };
        if (truncated)
        {
            answer["truncated"] = 1;
        }

        return answer;
    }

    private static async Task<JsonNode?> WriteFileAsync(ApiCall call)
    {
        var agent = await RequireAsync(call);
        var handle = await OpenAsync(agent, call, "wb");
        try
        {
            var content = call.Text("content");
            await agent.DoAsync("guest-file-write", new JsonObject { ["handle"] = handle, ["buf-b64"] = call.Flag("encode", true) ? Base64(content) : content }, call.Cancellation);
        }
        finally
        {
            await agent.DoAsync("guest-file-close", new JsonObject { ["handle"] = handle }, call.Cancellation);
        }

        return null;
    }

    private static async Task<long> OpenAsync(IMachineAgent agent, ApiCall call, string mode) =>
        (await agent.DoAsync("guest-file-open", new JsonObject { ["path"] = call.Text("file"), ["mode"] = mode }, call.Cancellation))!.GetValue<long>();

    private static async Task<JsonNode?> SetPasswordAsync(ApiCall call)
    {
        var agent = await RequireAsync(call);
        var arguments = new JsonObject { ["username"] = call.Text("username"), ["password"] = Base64(call.Text("password")), ["crypted"] = call.Flag("crypted") };
        return new JsonObject { ["result"] = await agent.DoAsync("guest-set-user-password", arguments, call.Cancellation) };
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));
}
