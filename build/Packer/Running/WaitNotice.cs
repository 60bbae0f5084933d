using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Foundation;

namespace Packer.Running;

/// <summary>
/// Says each minute what Packer is busy with and what its attempts to log in are answered: Packer itself is silent until it
/// has waited for an hour and more, and CI systems end a job that is silent. Ends a wait whose answer is final.
/// </summary>
internal sealed partial class WaitNotice : IDisposable
{
    /// <summary>How often it is said.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>How long this machine itself may say that there is no way to the guest: a VPN may come back meanwhile.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly IRunLog events;
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private readonly TaskCompletionSource<string> given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string step = "Packer starts";
    private long since;
    private string? answer;
    private long? unreachable;

    /// <summary>Begins.</summary>
    /// <param name="events">Told it.</param>
    /// <param name="time">The clock.</param>
    public WaitNotice(IRunLog events, TimeProvider time)
    {
        this.events = events;
        this.time = time;
        since = time.GetTimestamp();
        timer = time.CreateTimer(_ => Tell(), null, Interval, Interval);
    }

    /// <summary>Why the build cannot succeed, once that is so.</summary>
    public Task<string> GivenUp => given.Task;

    /// <summary>Takes note of Packer's next step.</summary>
    public void Take(string next)
    {
        lock (gate)
        {
            (step, since, answer, unreachable) = (next, time.GetTimestamp(), null, null);
        }
    }

    /// <summary>Takes a piece of Packer's log into account.</summary>
    public void Take(ReadOnlySpan<byte> lines)
    {
        if (lines.IndexOf("ip/port failed"u8) < 0 && lines.IndexOf("connection err"u8) < 0 && lines.IndexOf("Error getting SSH address"u8) < 0 && lines.IndexOf("Error detected getting"u8) < 0)
        {
            return;
        }

        foreach (Match attempt in Attempt().Matches(Encoding.UTF8.GetString(lines)))
        {
            lock (gate)
            {
                answer = attempt.Groups["answer"].Value.Trim();
                unreachable = !answer.Contains("network is unreachable", StringComparison.Ordinal) ? null : unreachable ?? time.GetTimestamp();
                if (unreachable is { } begun && time.GetElapsedTime(begun) >= Patience)
                {
                    given.TrySetResult($"this machine has no way to the guest ({answer}); --ssh-proxy or --http-proxy leads through a machine that has one");
                }
            }
        }
    }

    public void Dispose() => timer.Dispose();

    private void Tell()
    {
        lock (gate)
        {
            var minutes = ((int)time.GetElapsedTime(since).TotalMinutes).ToString(CultureInfo.InvariantCulture);
            if (minutes != "0")
            {
                events.Write(PackerRunner.Stage, EventLevel.Info, $"Still busy with \"{step}\" after {minutes} min{(answer is null ? "" : $"; the last attempt was answered: {answer}")}");
            }
        }
    }

    // "TCP connection to SSH ip/port failed: dial tcp 10.0.0.7:22: connect: no route to host", "[DEBUG] Error getting SSH
    // address: 500 QEMU guest agent is not running", "communicator connection err: …" of WinRM.
    [GeneratedRegex(@"(?:ip/port failed|Error getting SSH address|Error detected getting [^:\r\n]{1,100}|connection err\w*): (?<answer>[^\r\n]{1,300})")]
    private static partial Regex Attempt();
}
