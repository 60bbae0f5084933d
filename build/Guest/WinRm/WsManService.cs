using System.Text;
using System.Xml.Linq;
using static Guest.WinRm.WsMan;

namespace Guest.WinRm;

/// <summary>
/// WS-Management's remote shells (MS-WSMV §3.1.4.1): Identify, and Create, Command, Send, Receive, Signal and Delete
/// of command shells. Everything else is answered with a fault.
/// </summary>
internal sealed class WsManService(GuestState guest) : IDisposable
{
    private const int MostShells = 30;
    private readonly Lock gate = new();
    private readonly OrderedDictionary<string, Shell> shells = new(StringComparer.OrdinalIgnoreCase);
    private readonly WindowsCommands commands = new(guest);

    /// <summary>Answers an Identify request, which needs no login.</summary>
    public static Answer Identify(byte[] body) => Parse(body)?.Body.Element(Wsmid + "Identify") is not null
        ? Message(new XElement(Soap + "Envelope",
            new XElement(Soap + "Body",
                new XElement(Wsmid + "IdentifyResponse",
                    new XElement(Wsmid + "ProtocolVersion", Wsman.NamespaceName),
                    new XElement(Wsmid + "ProductVendor", "Microsoft Corporation"),
                    new XElement(Wsmid + "ProductVersion", "OS: 10.0.20348 SP: 0.0 Stack: 3.0 (sandbox)")))))
        : new Answer(401, "Unauthorized");

    /// <summary>Answers a request of somebody who is logged in.</summary>
    public Answer Handle(byte[] body, GuestAccount account)
    {
        if (Parse(body) is not { } request)
        {
            return new Answer(400, "Bad Request");
        }

        if (request.Body.Element(Wsmid + "Identify") is not null)
        {
            return Identify(body);
        }

        if (request.Action == Transfer + "Create")
        {
            return request.ResourceUri == CommandShell
                ? Create(request, account)
                : Fault(request, "wsman:InvalidResourceURI", 2150858752, "The sandbox's guests have only command shells.");
        }

        Shell? shell;
        lock (gate)
        {
            shells.TryGetValue(request.ShellId, out shell);
        }

        if (shell is null || shell.Owner != account)
        {
            return Fault(request, "wsman:InvalidSelectors", 2150858843, $"There is no shell {request.ShellId}.");
        }

        return request.Action switch
        {
            Transfer + "Delete" => Delete(request),
            ShellAction + "Command" => Execute(request, shell),
            ShellAction + "Receive" => Receive(request, shell),
            ShellAction + "Send" => Reply(request, ShellAction + "SendResponse", new XElement(Rsp + "SendResponse")),
            ShellAction + "Signal" => Signal(request, shell),
            _ => Fault(request, "wsa:ActionNotSupported", 2150858818, $"The action {request.Action} is not supported."),
        };
    }

    public void Dispose() => commands.Dispose();

    private Answer Create(WsManRequest request, GuestAccount account)
    {
        var id = Guid.NewGuid().ToString().ToUpperInvariant();
        lock (gate)
        {
            if (shells.Count >= MostShells)
            {
                shells.RemoveAt(0); // Left behind by a client that went away; Windows drops idle ones.
            }

            if (commands.FirstLogin(account))
            {
                guest.Log($"winrm: {account.Name} logged in with a password");
            }

            shells.Add(id, new Shell(account));
        }

        return Reply(request, Transfer + "CreateResponse",
            new XElement(XmlTransfer + "ResourceCreated",
                new XElement(Addressing + "Address", request.To),
                new XElement(Addressing + "ReferenceParameters",
                    new XElement(Wsman + "ResourceURI", CommandShell),
                    new XElement(Wsman + "SelectorSet", new XElement(Wsman + "Selector", new XAttribute("Name", "ShellId"), id)))),
            new XElement(Rsp + "Shell", new XElement(Rsp + "ShellId", id)));
    }

    private Answer Delete(WsManRequest request)
    {
        lock (gate)
        {
            shells.Remove(request.ShellId);
        }

        return Reply(request, Transfer + "DeleteResponse");
    }

    private Answer Execute(WsManRequest request, Shell shell)
    {
        var line = request.Body.Element(Rsp + "CommandLine");
        var command = line?.Element(Rsp + "Command")?.Value;
        if (string.IsNullOrWhiteSpace(command))
        {
            return Fault(request, "wsman:SchemaValidationError", 2150858817, "A command line is missing.");
        }

        command = string.Join(' ', line!.Elements(Rsp + "Arguments").Select(a => a.Value).Prepend(command));
        var id = Guid.NewGuid().ToString().ToUpperInvariant();
        var result = commands.Run(shell.Owner, command);
        lock (gate)
        {
            shell.Results[id] = result;
            if (shell.Results.Count > MostShells)
            {
                shell.Results.RemoveAt(0);
            }
        }

        return Reply(request, ShellAction + "CommandResponse", new XElement(Rsp + "CommandResponse", new XElement(Rsp + "CommandId", id)));
    }

    private Answer Receive(WsManRequest request, Shell shell)
    {
        var id = request.Body.Element(Rsp + "Receive")?.Element(Rsp + "DesiredStream")?.Attribute("CommandId")?.Value ?? "";
        CommandResult? result;
        lock (gate)
        {
            shell.Results.TryGetValue(id, out result);
        }

        if (result is null)
        {
            return Fault(request, "wsman:InvalidSelectors", 2150858843, $"There is no command {id}.");
        }

        var command = new XAttribute("CommandId", id);
        var response = new XElement(Rsp + "ReceiveResponse");
        if (result.Output.Length > 0)
        {
            response.Add(new XElement(Rsp + "Stream", new XAttribute("Name", "stdout"), command, Convert.ToBase64String(Encoding.UTF8.GetBytes(result.Output))));
        }

        response.Add(
            new XElement(Rsp + "Stream", new XAttribute("Name", "stdout"), command, new XAttribute("End", "true")),
            new XElement(Rsp + "Stream", new XAttribute("Name", "stderr"), command, new XAttribute("End", "true")),
            new XElement(Rsp + "CommandState", command, new XAttribute("State", ShellAction + "CommandState/Done"),
                new XElement(Rsp + "ExitCode", result.ExitCode)));
        return Reply(request, ShellAction + "ReceiveResponse", response);
    }

    private Answer Signal(WsManRequest request, Shell shell)
    {
        lock (gate)
        {
            shell.Results.Remove(request.Body.Element(Rsp + "Signal")?.Attribute("CommandId")?.Value ?? "");
        }

        return Reply(request, ShellAction + "SignalResponse", new XElement(Rsp + "SignalResponse"));
    }

    private sealed record Shell(GuestAccount Owner)
    {
        public OrderedDictionary<string, CommandResult> Results { get; } = new(StringComparer.OrdinalIgnoreCase);
    }
}
