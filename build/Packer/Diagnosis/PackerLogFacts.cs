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

        if (Proxmox.MissingPrivilege.Find(line) is { } missing)
        {
            return this with { MissingPrivilege = missing };
        }

        if (line.Contains("Timeout waiting for", StringComparison.Ordinal))
        {
            return this with { TimedOut = true };
        }

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

    [GeneratedRegex(@"Starting HTTP server on port (\d{1,5})\b")]
    private static partial Regex HttpServer();
}
