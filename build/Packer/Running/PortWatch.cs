using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Packer.Running;

/// <summary>
/// Notices that Packer cannot bind its HTTP server. It tries again every millisecond without an end, and fills its log.
/// Source of the words: <c>packer-plugin-sdk</c>, <c>net/configure_port.go</c>, the same in Packer 1.6.6.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed partial class PortWatch(TimeProvider time)
{
    /// <summary>How long Packer may try: another build may give its port back meanwhile.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly TaskCompletionSource<string> given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? since;

    /// <summary>Why the build cannot succeed, once that is so.</summary>
    public Task<string> GivenUp => given.Task;

    /// <summary>Takes a piece of Packer's log into account.</summary>
    public void Take(ReadOnlySpan<byte> lines)
    {
        if (lines.IndexOf("Found available port: "u8) >= 0)
        {
            since = null;
        }
        else if (lines.IndexOf("cannot be opened: "u8) is >= 0 and var at)
        {
            since ??= time.GetTimestamp();
            if (time.GetElapsedTime(since.Value) >= Patience)
            {
                var last = Refusal().Match(Encoding.UTF8.GetString(lines[Math.Max(0, at - 200)..Math.Min(lines.Length, at + 300)]));
                given.TrySetResult(
                    $"Packer could not serve the unattended files for {Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: {(last.Success ? last.Value.TrimEnd() : "no port can be opened")}; "
                    + "look at --http-bind-address, and at http_port_min and http_port_max, which --var sets");
            }
        }
    }

    [GeneratedRegex(@"port \d{1,5} cannot be opened: [^\r\n]{1,200}", RegexOptions.IgnoreCase)]
    private static partial Regex Refusal();
}
