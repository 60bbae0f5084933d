using System.Globalization;
using System.Text.RegularExpressions;

namespace Packer.Diagnosis;

/// <summary>A script that Packer ran in the guest, as its log tells it.</summary>
/// <param name="Script">The script's path in the workspace.</param>
/// <param name="ExitStatus">Its exit status; null when the log does not tell.</param>
/// <param name="Duration">How long it took, upload included; the log's clock counts whole seconds.</param>
public sealed record ProvisionedScript(string Script, int? ExitStatus, TimeSpan? Duration);

/// <summary>
/// The provisioning steps in a log of Packer with <c>PACKER_LOG=1</c>. The provisioners say on their own streams which
/// script they open and how each command of it ended; the last one is the script itself. The words are the same in
/// Packer 1.6 and in today's (<c>provisioner/shell</c> and <c>provisioner/powershell</c> of Packer).
/// </summary>
public static partial class ProvisioningSteps
{
    private const int LongestLine = 10_000;

    /// <summary>What Packer says where the connection was lost, as at a restart (<c>CmdDisconnect</c>): no exit status.</summary>
    private const int Disconnected = 2300218;

    /// <summary>Reads a log. Its lines are read one after another, so that the log may be of any size.</summary>
    public static IReadOnlyList<ProvisionedScript> Read(string path) => Of(File.ReadLines(path));

    internal static IReadOnlyList<ProvisionedScript> Of(IEnumerable<string> lines)
    {
        var steps = new List<ProvisionedScript>();
        DateTime? opened = null;
        foreach (var line in lines.Where(l => l.Length <= LongestLine))
        {
            if (Opening().Match(line) is { Success: true } opening)
            {
                opened = Time(opening);
                steps.Add(new(opening.Groups["script"].Value, null, null));
            }
            else if (steps.Count > 0 && Ended().Match(line) is { Success: true } ended)
            {
                var status = int.TryParse(ended.Groups["status"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number != Disconnected ? number : (int?)null;
                var took = Time(ended) - opened;
                steps[^1] = steps[^1] with { ExitStatus = status, Duration = took >= TimeSpan.Zero ? took : null };
            }
        }

        return steps;
    }

    private static DateTime? Time(Match match) =>
        DateTime.TryParseExact(match.Groups["time"].Value, "yyyy/MM/dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    [GeneratedRegex(@"^(?<time>[0-9/]{10} [0-9:]{8}) packer-provisioner-(?:shell|powershell|windows-shell) plugin: Opening (?<script>\S.*) for reading$")]
    private static partial Regex Opening();

    [GeneratedRegex(@"^(?<time>[0-9/]{10} [0-9:]{8}) packer-provisioner-(?:(?:shell|windows-shell) plugin: \[INFO\] RPC client: Communicator ended with:|powershell plugin: \S+ returned with exit code) (?<status>-?\d{1,10})$")]
    private static partial Regex Ended();
}
