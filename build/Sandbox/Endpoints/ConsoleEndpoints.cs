using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>A VM's console: tickets are given and checked, but there is no screen behind them.</summary>
internal static class ConsoleEndpoints
{
    // How long the server waits for the one who asked for the console.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("POST", "/nodes/{node}/qemu/{vmid}/vncproxy", Permission.All("/vms/{vmid}", "VM.Console"), Answer.Object("cert", "port", "ticket", "upid", "user"))
        {
            Parameters = [P.Node, P.VmId, P.Flag("generate-password?"), P.Flag("websocket?")],
            Run = Proxy,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/termproxy", Permission.All("/vms/{vmid}", "VM.Console"), Answer.Object("port", "ticket", "upid", "user"))
        {
            Parameters = [P.Node, P.VmId, P.OneOf("serial?", "serial0", "serial1", "serial2", "serial3")],
            Run = call =>
            {
                var answer = Proxy(call);
                answer.Remove("password");
                answer.Remove("cert");
                return answer;
            },
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/vncwebsocket", Permission.All("/vms/{vmid}", "VM.Console"), Answer.Object("port"))
        {
            Parameters = [P.Node, P.VmId, P.Whole("port", 5900, 5999), P.Text("vncticket", max: 512)],
            RunAsync = WebSocketAsync,
        },
        new("POST", "/nodes/{node}/qemu/{vmid}/monitor", Permission.AnyOf("/vms/{vmid}", "Sys.Audit", "Sys.Modify"), Answer.Text)
        {
            Parameters = [P.Node, P.VmId, P.Text("command")],
            PermissionBefore9 = Permission.All("/vms/{vmid}", "VM.Monitor"),
            Run = call => throw Absent(call, "POST", "monitor", "there is no QEMU behind it"),
        },
    ];

    private static ApiException Absent(ApiCall call, string method, string what, string why) =>
        new(501, $"Method '{method} /nodes/{call.NodeName}/qemu/{call.VmId}/{what}' not implemented: the sandbox's VMs are simulated, {why}");

    private static JsonObject Proxy(ApiCall call)
    {
        var machine = call.Machine;
        var ports = call.Node.Tasks.All().Count(t => t is { Type: "vncproxy", ExitStatus: null });
        var ticket = "PVEVNC:" + call.Node.Now.ToString("X8", CultureInfo.InvariantCulture) + "::" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(48));
        call.Node.Consoles[ticket] = (call.Caller.AuthId, machine.Id, 5900 + ports);
        call.Node.Credentials.Remember(ticket);
        var upid = call.Task(new TaskWork("vncproxy", call.Text("vmid"))
        {
            DoAsync = async log =>
            {
                await Task.Delay(Patience, call.Node.Time, log.Stop);
                throw ApiException.Failed("connection timed out");
            },
        });
        return new JsonObject
        {
            ["user"] = call.Caller.AuthId,
            ["ticket"] = ticket,
            ["password"] = call.Node.Credentials.Remember(RandomNumberGenerator.GetHexString(8, lowercase: true)),
            ["cert"] = call.Node.Certificate!.Pem,
            ["port"] = (5900 + ports).ToString(CultureInfo.InvariantCulture),
            ["upid"] = upid,
        };
    }

    private static async Task<JsonNode?> WebSocketAsync(ApiCall call)
    {
        if (!call.Node.Consoles.TryGetValue(call.Text("vncticket"), out var console) || console != (call.Caller.AuthId, call.VmId, call.Int("port")))
        {
            // The server lets who guesses wait.
            await Task.Delay(TimeSpan.FromSeconds(3), call.Node.Time, call.Cancellation);
            throw ApiException.Unauthorized("permission denied - invalid PVEVNC ticket");
        }

        throw Absent(call, "GET", "vncwebsocket", "they have no screen");
    }
}
