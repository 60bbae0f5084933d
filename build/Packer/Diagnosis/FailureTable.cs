using System.Text.RegularExpressions;
using Proxmox.Machines;

namespace Packer.Diagnosis;

/// <summary>
/// The decision table: from what is known of a failed build to the link that broke. Rows are tried from the top; a
/// row's link is explained in the runbook under the same name.
/// </summary>
public static partial class FailureTable
{
    private const long InstallationBegun = BuildObserver.InstallationBegun;

    private static readonly string[] FullStorage =
        ["no space left", "not enough space", "out of space", "insufficient free space", "not enough free space", "no free space", "disk quota exceeded"];

    private static readonly IReadOnlyList<Row> Rows =
    [
        new("privilege", f => f.MissingPrivilege is not null,
            f => ($"the login lacks the privilege {f.MissingPrivilege}", "Run the target Init as an administrator to grant it")),
        new("vm-gone", f => f.Destroyed,
            f => ($"VM {f.Vmid} was destroyed while Packer was building in it, and not by this build ({f.Words})", "Ask who else works on the cluster, or look for what cleans up there; then run it again")),
        new("storage-full", f => Says(f, FullStorage),
            f => ($"the storage {f.Storage} is full ({Detail(f)})", "Make room there: --keep=<n> destroys a template's older builds")),
        new("task-slow", f => SlowTask().IsMatch(f.Words),
            f => ($"the node's task {SlowTask().Match(f.Words).Groups[1].Value} of VM {f.Vmid} took longer than Packer waits for a task", "Allow more with --var=task_timeout=30m; the task's log on the node says what it is busy with")),
        new("connection-lost", f => LostConnection().IsMatch(f.Words),
            f => ($"the connection to the server was lost for a moment, and Packer does not try again ({LostConnection().Match(f.Words).Value})",
                "Run it again; if it happens more often, look at the network and the proxies between this machine and the server")),
        new("task-warned", f => f.WarnedTasks.Count > 0 && (f.Words.Contains("WARNINGS", StringComparison.Ordinal) || f.Words.Contains("already running", StringComparison.Ordinal)),
            f => ($"{f.Words}: the task {f.WarnedTasks[0].Type} did its work and warned ({string.Join("; ", f.WarnedTasks[0].LastLines.DefaultIfEmpty(f.WarnedTasks[0].Reason))}), and Packer takes a warning for a failure",
                "Remove the cause of the warning on the node, then run it again")),
        new("shutdown-ignored", f => !f.TimedOut && f.FailedTasks is [{ Type: "qmshutdown" }, ..],
            f => ($"the guest did not shut itself down, which Packer asks of it three times, 190 s in all ({Detail(f)})", $"Look at the console of VM {f.Vmid} when Packer says Stopping VM: what the last step started may still run, or the guest may ignore the power button and its agent be gone")),
        new("task-failed", f => !f.TimedOut && f.FailedTasks.Count > 0,
            f => ($"{(f.FailedTasks[0].Type == "qmstart" ? $"the node did not start VM {f.Vmid}" : f.Words)} (task {f.FailedTasks[0].Type}: {Detail(f)})", null)),
        new("refused", f => f.Refused,
            f => ($"the guest answers {f.Login} but refuses the build user", $"Look whether the unattended file creates that user with the run's {(f.Login == "SSH" ? "key" : "password")}")),
        new("login-protocol", f => f is { TimedOut: true, Connected: true },
            f => ($"something answers at the guest's port for {f.Login}, but no login came about ({f.Words})", "Look at the end of the log for what the guest said")),
        new("login-unreachable", f => f is { TimedOut: true, AgentAnswered: true },
            f => ($"the guest agent told an address, but nothing answers {f.Login} there{Addresses(f)}", $"{OtherAddress(f)}Look whether the unattended file installs and enables it, whether the guest's firewall lets it in, and whether this machine reaches {f.Bridge}; {(f.Login == "SSH" ? "--ssh-proxy" : "--http-proxy")} goes through a proxy")),
        new("http-unreachable", f => f is { TimedOut: true, HttpAddress: not null, HttpReachable: false },
            f => ($"the guest cannot have fetched its unattended file: {f.HttpAddress} is no address that it can reach", "Choose one with --http-bind-address, or set unattended to iso in template.json")),
        new("never-installed", f => f is { TimedOut: true, HttpAddress: not null, DiskWritten: < InstallationBegun },
            f => ($"the installation never began ({Megabytes(f)} written to the disk): the boot command did not reach the installer, or it could not fetch its file from {f.HttpAddress}",
                $"Look at the console of VM {f.Vmid} during a build; let a guest on {f.Bridge} connect to this machine (firewall, NAT), or set unattended to iso in template.json")),
        new("never-installed", f => f is { TimedOut: true, DiskWritten: < InstallationBegun },
            f => ($"the installation never began ({Megabytes(f)} written to the disk): the boot command did not reach the installer, or it did not find the image with its file",
                $"Look at the console of VM {f.Vmid} during a build, and at unattended_label in template.json")),
        new("no-usable-address", f => f is { TimedOut: true, Told.Count: > 0 },
            f => ($"the guest agent answers, but told no address that Packer takes{Addresses(f)}: it takes IPv4 alone unless vm_interface is set", "Set vm_interface in template.json to the interface that this machine reaches, or give the guest an IPv4 address (DHCP, or network in template.json)")),
        new("agent-silent", f => f is { TimedOut: true, DiskWritten: >= InstallationBegun },
            f => ($"the system was installed ({Megabytes(f)} written to the disk), but its guest agent never told an address", "Look whether the unattended file installs and starts qemu-guest-agent, and whether there is a DHCP server on the bridge")),
        new("agent-silent", f => f.TimedOut,
            f => ($"the guest agent never told an address ({f.Words})", $"Look at the console of VM {f.Vmid} during a build: either the installation did not begin, or the guest agent is missing")),
    ];

    /// <summary>The names of all links, as the runbook has them.</summary>
    public static IReadOnlyList<string> Links { get; } = [.. Rows.Select(r => r.Link).Distinct()];

    /// <summary>Which link broke, or null when Packer's own words are all there is to say.</summary>
    public static BrokenLink? Find(BuildFacts facts)
    {
        foreach (var row in Rows)
        {
            if (row.Applies(facts))
            {
                var (why, remedy) = row.Say(facts);
                return Also(new BrokenLink(row.Link, why, remedy), facts);
            }
        }

        return facts.AlsoMissing is null ? null : Also(new BrokenLink("privilege", facts.Words, null), facts);
    }

    // A privilege that is known to be missing may be why, where Packer does not pass on a refusal; its own words come first.
    private static BrokenLink Also(BrokenLink link, BuildFacts facts) => facts is { AlsoMissing: { } missing, MissingPrivilege: null }
        ? link with { Why = $"{link.Why}; the login lacks the privilege {missing}", Remedy = link.Remedy ?? "Run the target Init as an administrator to grant it" }
        : link;

    private static bool Says(BuildFacts facts, string[] words) =>
        facts.FailedTasks.SelectMany(t => t.LastLines.Append(t.Reason)).Append(facts.Words)
            .Any(text => words.Any(w => text.Contains(w, StringComparison.OrdinalIgnoreCase)));

    private static string Detail(BuildFacts facts)
    {
        if (facts.FailedTasks is not [var task, ..])
        {
            return facts.Words;
        }

        var last = task.LastLines.LastOrDefault(l => l.Trim().Length > 0 && !l.StartsWith("TASK ", StringComparison.Ordinal));
        return last is null || task.Reason.Contains(last.Trim(), StringComparison.Ordinal) ? task.Reason : $"{task.Reason}; {last.Trim()}";
    }

    // proxmox-api-go: "Wait timeout for:UPID:node:pid:pstart:starttime:type:id:user:".
    [GeneratedRegex(@"Wait timeout for:\s*UPID(?::[^:\s]{1,100}){4}:([a-z]{1,50}):")]
    private static partial Regex SlowTask();

    // How Go's net/http names a connection that ended: Put "https://…/sendkey": EOF.
    [GeneratedRegex(@"(?:Get|Put|Post|Delete|HEAD) ""?https?://[^\s""]{1,500}""?: (?:unexpected )?(?:EOF|.{0,200}(?:connection reset by peer|broken pipe|connection refused|i/o timeout|no route to host))", RegexOptions.IgnoreCase)]
    private static partial Regex LostConnection();

    /// <summary>What was tried and all that the agent told, in brackets; nothing where neither is known.</summary>
    private static string Addresses(BuildFacts facts)
    {
        string[] known =
        [
            .. facts.Tried.Count > 0 ? [$"tried: {string.Join(", ", facts.Tried)}"] : Array.Empty<string>(),
            .. facts.Told.Count > 0 ? [$"told: {string.Join(", ", facts.Told)}"] : Array.Empty<string>(),
        ];
        return known.Length == 0 ? "" : $" ({string.Join("; ", known)})";
    }

    private static string OtherAddress(BuildFacts facts) =>
        facts.Told.Any(t => !facts.Tried.Contains(t.Address)) ? "Packer takes the first address that it can use; vm_interface in template.json names another interface. " : "";

    private static string Megabytes(BuildFacts facts) => $"{(facts.DiskWritten ?? 0) >> 20} MiB";

    private sealed record Row(string Link, Func<BuildFacts, bool> Applies, Func<BuildFacts, (string Why, string? Remedy)> Say);
}
