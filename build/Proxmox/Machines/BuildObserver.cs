using System.Globalization;
using Proxmox.Access;
using Proxmox.Api;

namespace Proxmox.Machines;

/// <summary>
/// Looks now and then at a VM that Packer builds: how much it has written to its disk, whether a disk error has stopped it,
/// whether it was switched off while Packer works in it, whether its login may still ask its guest agent, and whether somebody
/// else has destroyed it. A VM that is not there yet, or is not in its pool yet, answers 403 to a login whose rights come from
/// the pool; so does one that is there no longer. Nothing is concluded from a 403 alone: what a login may do is read in
/// <c>/access/permissions</c>.
/// </summary>
/// <param name="client">Logged in as Packer is, the one for watching.</param>
/// <param name="node">The VM's node.</param>
/// <param name="vmid">The VM.</param>
public sealed class BuildObserver(ProxmoxClient client, string node, int vmid)
{
    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How many looks at a VM that is there come between two looks at the login's privileges.</summary>
    private const int LooksBetweenPrivileges = 6;

    /// <summary>How many looks come between two questions to the guest agent: one that is not there costs the server three seconds.</summary>
    private const int LooksBetweenAddresses = 12;

    /// <summary>Below this an installer has not begun to install: partition tables and logs alone are less. No agent can be there.</summary>
    public const long InstallationBegun = 64L << 20;

    /// <summary>How many looks in a row must miss a VM before it is asked whether it is gone: Packer may be destroying it.</summary>
    private const int LooksUntilGone = 3;

    /// <summary>How many looks in a row must find a VM stopped by a disk error: a storage that had a moment's trouble may be resumed.</summary>
    private const int LooksUntilHalted = 3;

    /// <summary>How many looks in a row must find a VM off that ran: the task by which Packer stops it may not be told yet.</summary>
    private const int LooksUntilOff = 3;

    // What is asked for by whoever lets a VM run or not.
    private static readonly string[] Switching = ["qmstart", "qmshutdown", "qmstop", "qmreboot"];

    private int missed;
    private int halted;
    private int off;
    private bool ran;
    private int seen;
    private int asked = -LooksBetweenAddresses;

    /// <summary>How many bytes the VM had written to its disk at most; null when it never was seen.</summary>
    public long? DiskWritten { get; private set; }

    /// <summary>The addresses that the guest agent told last, all but those of loopback; none when it told none.</summary>
    public IReadOnlyList<GuestAddress> Told { get; private set; } = [];

    /// <summary>Whether the VM has been seen.</summary>
    public bool Seen => seen > 0;

    /// <summary>Looks until it is known that the build cannot succeed.</summary>
    /// <returns>Why it cannot.</returns>
    public async Task<string> WatchAsync(CancellationToken ended)
    {
        while (true)
        {
            await Task.Delay(Interval, client.Options.Time, ended);
            try
            {
                if (await LookAsync(ended) is { } reason)
                {
                    return reason;
                }
            }
            catch (ProxmoxApiException)
            {
                // The server does not answer, or not to this: the build may live on.
            }
        }
    }

    /// <summary>Whether a VM that was seen is gone, and this login is not the one that destroyed it.</summary>
    /// <exception cref="ProxmoxApiException">The server does not answer.</exception>
    public async Task<bool> WasDestroyedByOthersAsync(CancellationToken cancellation)
    {
        if (!Seen || !await client.Cluster.IsFreeAsync(vmid, cancellation))
        {
            return false;
        }

        // An earlier VM with the same VMID may have been destroyed by this login. The newest task comes first: what came before this
        // VM was made does not count.
        var tasks = await client.Node(node).GetTasksAsync(vmid, cancellation: cancellation);
        return !tasks.TakeWhile(t => t.Type != "qmcreate").Any(t => t.Type == "qmdestroy" && IsOfPacker(t));
    }

    /// <summary>The sentence about it.</summary>
    public string Destroyed => string.Create(CultureInfo.InvariantCulture, $"VM {vmid} was destroyed while Packer was building in it, and not by this build");

    private string Halted => string.Create(
        CultureInfo.InvariantCulture, $"VM {vmid} stands still: a read or write of its disk failed, and QEMU has stopped it (io-error). The storage {client.Connection.StorageVm} is full or broken");

    private string Off => string.Create(
        CultureInfo.InvariantCulture, $"VM {vmid} is off while Packer works in it, and Packer does not start it again: the system in it switched itself off (an installation that ends with poweroff instead of reboot, a script), or somebody stopped it");

    private async Task<string?> LookAsync(CancellationToken cancellation)
    {
        if (!await SeeAsync(cancellation))
        {
            return Seen && ++missed >= LooksUntilGone && await WasDestroyedByOthersAsync(cancellation) ? Destroyed : null;
        }

        missed = 0;
        if (halted >= LooksUntilHalted)
        {
            return Halted;
        }

        if (ran && off >= LooksUntilOff)
        {
            if (await WasNotStoppedByPackerAsync(cancellation))
            {
                return Off;
            }

            off = 0;
        }

        if (DiskWritten >= InstallationBegun && seen - asked >= LooksBetweenAddresses)
        {
            asked = seen;
            await AskAddressesAsync(cancellation);
        }

        if (seen++ % LooksBetweenPrivileges != 0)
        {
            return null;
        }

        // Without this one Packer asks for an address again and again until it runs out of time; every other step of it fails.
        var version = await client.GetVersionAsync(cancellation);
        var tree = new PermissionTree(await client.Access.GetPermissionsAsync(cancellation: cancellation));
        var path = string.Create(CultureInfo.InvariantCulture, $"/vms/{vmid}");
        var needed = PrivilegeTable.AgentOf(version);
        string[] places = client.Connection.Pool is { Length: > 0 } pool ? [path, $"/pool/{pool}"] : [path];
        return needed.Any(p => places.Any(place => tree.Allows(place, p)))
            ? null
            : $"the login lacks the privilege {new MissingPrivilege(path, needed[0])}; run the target Init as an administrator to grant it";
    }

    /// <summary>
    /// Whether the last task that let the VM run or not is a start, or somebody else's. One that nothing started, as far as the
    /// login is told, is not judged.
    /// </summary>
    private async Task<bool> WasNotStoppedByPackerAsync(CancellationToken cancellation)
    {
        var tasks = await client.Node(node).GetTasksAsync(vmid, cancellation: cancellation);
        return tasks.FirstOrDefault(t => Switching.Contains(t.Type)) is { } last
            && (last.Type == "qmstart" || !IsOfPacker(last));
    }

    private bool IsOfPacker(TaskEntry task) => task.User.StartsWith(client.Connection.Credentials.Username, StringComparison.Ordinal);

    private async Task AskAddressesAsync(CancellationToken cancellation)
    {
        try
        {
            Told = await client.Node(node).Qemu(vmid).GetAgentInterfacesAsync(cancellation);
        }
        catch (ProxmoxApiException error) when (error.Status is not null)
        {
            // No agent yet.
        }
    }

    private async Task<bool> SeeAsync(CancellationToken cancellation)
    {
        try
        {
            var status = await client.Node(node).Qemu(vmid).GetStatusAsync(cancellation);
            halted = status.RunState == "io-error" ? halted + 1 : 0;
            off = status.Status == "stopped" ? off + 1 : 0;
            ran |= status.Status == "running";
            var now = status.DiskWritten;
            DiskWritten = now is { } bytes && bytes > (DiskWritten ?? -1) ? bytes : DiskWritten;
            return true;
        }
        catch (ProxmoxApiException error) when (error.NotFound || error.Status == 403)
        {
            // Not there yet, or no longer.
            return false;
        }
    }
}
