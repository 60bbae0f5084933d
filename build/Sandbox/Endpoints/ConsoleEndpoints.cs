using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Tasks;

namespace Sandbox.Endpoints;

/// <summary>A VM's console: tickets are given and checked; behind them is the screen of a real machine, and none of a simulated one.</summary>
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
        var password = call.Node.Credentials.Remember(RandomNumberGenerator.GetHexString(8, lowercase: true));
        var console = new ConsoleTicket(call.Caller.AuthId, machine.Id, 5900 + ports, call.Flag("generate-password") ? password : ticket);
        call.Node.Consoles[ticket] = console;
        call.Node.Credentials.Remember(ticket);
        var upid = call.Task(new TaskWork("vncproxy", call.Text("vmid"))
        {
            DoAsync = async log =>
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(log.Stop);
                await Task.WhenAny(console.Opened.Task, Task.Delay(Patience, call.Node.Time, enough.Token));
                await enough.CancelAsync();
                call.Node.Consoles.TryRemove(ticket, out _);
                log.Stop.ThrowIfCancellationRequested();
                if (!console.Opened.Task.IsCompleted)
                {
                    throw ApiException.Failed("connection timed out");
                }

                await console.Closed.Task.WaitAsync(log.Stop);
            },
        });
        return new JsonObject
        {
            ["user"] = call.Caller.AuthId,
            ["ticket"] = ticket,
            ["password"] = password,
            ["cert"] = call.Node.Certificate!.Pem,
            ["port"] = (5900 + ports).ToString(CultureInfo.InvariantCulture),
            ["upid"] = upid,
        };
    }

    private static async Task<JsonNode?> WebSocketAsync(ApiCall call)
    {
        var ticket = call.Text("vncticket");
        if (!call.Node.Consoles.TryGetValue(ticket, out var console) || (console.AuthId, console.VmId, console.Port) != (call.Caller.AuthId, call.VmId, call.Int("port")))
        {
            // The server lets who guesses wait.
            await Task.Delay(TimeSpan.FromSeconds(3), call.Node.Time, call.Cancellation);
            throw ApiException.Unauthorized("permission denied - invalid PVEVNC ticket");
        }

        RunningMachine? running;
        lock (call.Node.Gate)
        {
            running = call.Node.Runtime.Find(call.VmId);
        }

        // RFB knows passwords of eight characters; QEMU takes longer ones for what they begin with.
        var screen = running is null ? null : await running.OpenScreenAsync(console.Password, call.Cancellation);
        if (screen is null)
        {
            throw Absent(call, "GET", "vncwebsocket", "they have no screen");
        }

        await using (screen)
        {
            if (call.Upgrade is not { } upgrade)
            {
                throw ApiException.Failed("this is a websocket: the client has to ask for one");
            }

            // A ticket is good once.
            if (!call.Node.Consoles.TryRemove(ticket, out _))
            {
                throw ApiException.Unauthorized("permission denied - invalid PVEVNC ticket");
            }

            console.Opened.TrySetResult();
            try
            {
                using var socket = await upgrade();
                await PumpAsync(socket, screen, call.Cancellation);
            }
            finally
            {
                console.Closed.TrySetResult();
            }
        }

        return null;
    }

    private static async Task PumpAsync(WebSocket socket, Stream screen, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] both = [ToViewerAsync(socket, screen, over.Token), FromViewerAsync(socket, screen, over.Token)];
        await Task.WhenAny(both);
        await over.CancelAsync();
        try
        {
            await Task.WhenAll(both);
        }
        catch (Exception e) when (e is IOException or WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of them has gone.
        }
    }

    private static async Task ToViewerAsync(WebSocket socket, Stream screen, CancellationToken cancellation)
    {
        var buffer = new byte[65536];
        while (await screen.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            await socket.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
    }

    private static async Task FromViewerAsync(WebSocket socket, Stream screen, CancellationToken cancellation)
    {
        var buffer = new byte[65536];
        while (await socket.ReceiveAsync(buffer.AsMemory(), cancellation) is { MessageType: not WebSocketMessageType.Close, Count: var read })
        {
            await screen.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }
    }
}
