using System.Text.RegularExpressions;
using Proxmox;

namespace Packer.Diagnosis;

/// <summary>
/// What Packer's log says about how far it came. The lines are those of its communicators, the same in Packer 1.6 and in
/// today's plugin SDK: it asks the agent for an address, opens a TCP connection, logs in, again and again.
/// </summary>
/// <param name="TimedOut">It gave up waiting for a login.</param>
/// <param name="AgentAnswered">It had an address to connect to.</param>
/// <param name="Connected">Something answered at the port.</param>
/// <param name="Refused">The last thing that happened at the port was a refused login.</param>
/// <param name="HttpPort">The port of its HTTP server, or null.</param>
/// <param name="MissingPrivilege">The privilege that the server missed last, in its words; or null.</param>
public sealed partial record PackerLogFacts(
    bool TimedOut, bool AgentAnswered, bool Connected, bool Refused, int? HttpPort, MissingPrivilege? MissingPrivilege)
{
    private const int Most = 10;

    /// <summary>The addresses of the guest at which it tried to log in, the first ones.</summary>
    public IReadOnlyList<string> Tried { get; init; } = [];

    /// <summary>The VM is its own: it has come to starting it.</summary>
    public bool HasVm { get; init; }

    /// <summary>Reads a log; one that is missing says nothing.</summary>
    public static PackerLogFacts Read(string path)
    {
        var facts = new PackerLogFacts(false, false, false, false, null, null);
        try
        {
            return File.Exists(path) ? File.ReadLines(path).Aggregate(facts, (f, line) => f.With(line)) : facts;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return facts;
        }
    }

    internal PackerLogFacts With(string line)
    {
        if (line.Length > 10_000)
        {
            return this;
        }

        if (HttpServer().Match(line) is { Success: true } server)
        {
            return this with { HttpPort = int.Parse(server.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) };
        }

        if (StartingVm().IsMatch(line))
        {
            return this with { HasVm = true };
        }

        if (Proxmox.MissingPrivilege.Find(line) is { } missing)
        {
            return this with { MissingPrivilege = missing };
        }

        if (line.Contains("Timeout waiting for", StringComparison.Ordinal))
        {
            return this with { TimedOut = true };
        }

        if (Target().Match(line) is { Success: true } target)
        {
            return (this with { Tried = Tried.Contains(target.Groups["address"].Value) || Tried.Count >= Most ? Tried : [.. Tried, target.Groups["address"].Value] }).WithLogin(line);
        }

        return WithLogin(line);
    }

    private PackerLogFacts WithLogin(string line)
    {
        // Address known, nobody at the port yet.
        if (line.Contains("TCP connection to SSH ip/port failed", StringComparison.Ordinal)
            || line.Contains("Using host value", StringComparison.Ordinal) || line.Contains("Using SSH communicator to connect", StringComparison.OrdinalIgnoreCase)
            || line.Contains("Attempting WinRM connection", StringComparison.Ordinal))
        {
            return this with { AgentAnswered = true };
        }

        if (line.Contains("unable to authenticate", StringComparison.Ordinal) || line.Contains("http response error: 401", StringComparison.Ordinal))
        {
            return this with { AgentAnswered = true, Connected = true, Refused = true };
        }

        if (line.Contains("handshaking with SSH", StringComparison.Ordinal) || line.Contains("SSH handshake err", StringComparison.Ordinal)
            || line.Contains("http response error:", StringComparison.Ordinal))
        {
            return this with { AgentAnswered = true, Connected = true };
        }

        return line.Contains("Connected to SSH!", StringComparison.Ordinal) || line.Contains("Connected to WinRM!", StringComparison.Ordinal)
            ? this with { AgentAnswered = true, Connected = true, Refused = false }
            : this;
    }

    // "dial tcp 10.0.0.7:22", "socks connect tcp proxy:1080->10.0.0.7:22", "Attempting SSH connection to 10.0.0.7:22...",
    // "Using ssh communicator to connect: 10.0.0.7", "connecting to https://10.0.0.7:5986/wsman".
    [GeneratedRegex(@"(?:SSH ip/port failed: (?:dial tcp |\S.{0,200}->)|Attempting SSH connection to |communicator to connect: |connecting to https?://)(?:\[(?<address>[0-9A-Fa-f:.]{2,45})\]|(?<address>\d{1,3}(?:\.\d{1,3}){3})|(?<address>[0-9A-Fa-f:]{3,45})$)")]
    private static partial Regex Target();

    [GeneratedRegex(@"^==> [^ :]+: Starting VM$")]
    private static partial Regex StartingVm();

    [GeneratedRegex(@"Starting HTTP server on port (\d{1,5})\b")]
    private static partial Regex HttpServer();
}
