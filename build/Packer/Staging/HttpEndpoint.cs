using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Foundation;
using Newtonsoft.Json.Linq;

namespace Packer.Staging;

/// <summary>
/// What Packer's HTTP server will bind to. Packer tries one port after another, at random, a thousand times a second and
/// for ever; so what it could not bind has to be known before it starts.
/// Source: <c>packer-plugin-sdk</c>, <c>net/configure_port.go</c>, the same in Packer 1.6.6.
/// </summary>
/// <param name="Address">The IPv4 address to listen on.</param>
/// <param name="Told">The address that the guest is told, or null when Packer would find none.</param>
/// <param name="FirstPort">The lowest port.</param>
/// <param name="PortCount">How many ports there are to choose from.</param>
public sealed record HttpEndpoint(string Address, string? Told, int FirstPort, int PortCount)
{
    private static readonly Lock Trying = new();

    private string Ports => PortCount == 1
        ? $"port {FirstPort.ToString(CultureInfo.InvariantCulture)}"
        : $"the {PortCount} ports from {FirstPort.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Reads it from the values of the variables; null when Packer serves nothing.</summary>
    /// <exception cref="FailureException">Usage: the ports are none.</exception>
    internal static HttpEndpoint? From(JObject values)
    {
        if (Text(values, "http_directory").Length == 0)
        {
            return null;
        }

        var first = Port(values, "http_port_min", 8000);
        var last = Port(values, "http_port_max", 9000);
        if (first > last)
        {
            throw new FailureException(
                FailureKind.Usage, $"http_port_min ({first}) is above http_port_max ({last})", "there is no port that Packer could serve at", "Give both with --var");
        }

        var address = Text(values, "http_bind_address");
        var serving = Text(values, "http_interface") is { Length: > 0 } name ? HttpServing.On(name)
            : IPAddress.TryParse(address, out var ip) ? HttpServing.At(ip)
            : HttpServing.Anywhere;

        // The highest port is tried only where it is the lowest as well.
        return new HttpEndpoint(address.Length == 0 ? HttpServing.AllAddresses : address, serving.Told, first, Math.Max(1, last - first));
    }

    /// <summary>Tries to listen as Packer will.</summary>
    /// <param name="builds">How many Packers need a port at the same time.</param>
    /// <exception cref="FailureException">Usage: Packer could not listen; says why.</exception>
    public void RequireBindable(int builds = 1)
    {
        if (Told is null)
        {
            throw new FailureException(
                FailureKind.Usage, "Packer cannot serve the unattended files", "it finds no IPv4 address of this machine, or of that interface, to tell a guest",
                "Name an address with --http-bind-address, or set unattended to iso in template.json");
        }

        if (!IPAddress.TryParse(Address, out var address) || address.AddressFamily != AddressFamily.InterNetwork)
        {
            throw new FailureException(
                FailureKind.Usage, $"Packer cannot serve the unattended files at {Address}", "that is no IPv4 address, and guests are told a URL with it", "Write it like 192.0.2.10");
        }

        // One trial at a time: two would take each other's ports for busy.
        lock (Trying)
        {
            var held = new List<Socket>();
            var refusals = new HashSet<SocketError>();
            try
            {
                for (var port = FirstPort; port < FirstPort + PortCount && held.Count < builds && !refusals.Contains(SocketError.AddressNotAvailable); port++)
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    try
                    {
                        socket.Bind(new IPEndPoint(address, port));
                        socket.Listen(1);
                        held.Add(socket);
                    }
                    catch (SocketException refused)
                    {
                        socket.Dispose();
                        refusals.Add(refused.SocketErrorCode);
                    }
                }

                if (held.Count < builds)
                {
                    throw Refused(held.Count, builds, refusals);
                }
            }
            finally
            {
                held.ForEach(s => s.Dispose());
            }
        }
    }

    private FailureException Refused(int free, int builds, HashSet<SocketError> refusals)
    {
        var what = $"Packer cannot serve the unattended files at {Address}";
        if (refusals.Contains(SocketError.AddressNotAvailable))
        {
            return new FailureException(
                FailureKind.Usage, what, "this machine has no such address",
                $"Name one of this machine's with --http-bind-address: {string.Join(", ", HttpServing.Ipv4Addresses(""))}");
        }

        const string Range = "Give other ports with --var=http_port_min=<port> and --var=http_port_max=<port>";
        if (free > 0)
        {
            return new FailureException(
                FailureKind.Usage, what, $"{free} of {Ports} can be had, and {builds} builds at a time need one each", Range + ", or --parallel=1");
        }

        return new FailureException(
            FailureKind.Usage, what,
            refusals.Contains(SocketError.AccessDenied) ? $"this user may not listen on {Ports}"
            : refusals.SetEquals([SocketError.AddressAlreadyInUse]) ? $"{Ports} {(PortCount == 1 ? "is" : "are all")} in use"
            : $"{Ports}: {string.Join(", ", refusals)}",
            Range);
    }

    private static string Text(JObject values, string name) => (string?)values[name] ?? "";

    // Packer takes zero for its default.
    private static int Port(JObject values, string name, int fallback) => values[name] switch
    {
        null => fallback,
        { Type: JTokenType.Integer } number when (long)number is >= 0 and <= 65535 => (int)number is > 0 and var port ? port : fallback,
        var other => throw new FailureException(
            FailureKind.Usage, $"{name}={other.ToString(Newtonsoft.Json.Formatting.None)} is no port", null, "Ports are the whole numbers from 1 to 65535"),
    };
}
