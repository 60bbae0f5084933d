using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>A wish to lock a VM's configuration, as the server's <c>lock_config</c> does it with a file.</summary>
/// <param name="VmId">The VM.</param>
/// <param name="Shared">Whether others may hold it shared as well, as those do who only read (several clones of one VM).</param>
/// <param name="Patience">How long it is waited for.</param>
internal sealed record ConfigLock(int VmId, bool Shared, TimeSpan Patience)
{
    /// <summary>The lock that changes take: alone, ten seconds.</summary>
    public static ConfigLock Of(int vmid) => new(vmid, Shared: false, TimeSpan.FromSeconds(10));

    /// <summary>The lock of creating and cloning: it is waited for one second.</summary>
    public static ConfigLock Brief(int vmid, bool shared = false) => new(vmid, shared, TimeSpan.FromSeconds(1));
}

/// <summary>
/// The locks of configurations. They are held while a task works, so that a second change of the same VM waits, and
/// fails when it has waited too long; <c>lock:</c> in the configuration is another thing.
/// </summary>
internal sealed class ConfigLocks(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly Lock gate = new();

    // How many hold it shared, or -1 when one holds it alone.
    private readonly Dictionary<int, int> holders = [];

    /// <summary>Takes a lock; disposing the answer releases it.</summary>
    /// <exception cref="ApiException">It was not free in time.</exception>
    public async Task<IDisposable> TakeAsync(ConfigLock wanted, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (!TryTake(wanted))
        {
            if (time.GetElapsedTime(since) >= wanted.Patience)
            {
                throw ApiException.Failed($"can't lock file '/var/lock/qemu-server/lock-{wanted.VmId}.conf' - got timeout");
            }

            await Task.Delay(Pause, time, cancellation);
        }

        return new Held(this, wanted.VmId);
    }

    private bool TryTake(ConfigLock wanted)
    {
        lock (gate)
        {
            var now = holders.GetValueOrDefault(wanted.VmId);
            if (now < 0 || (now > 0 && !wanted.Shared))
            {
                return false;
            }

            holders[wanted.VmId] = wanted.Shared ? now + 1 : -1;
            return true;
        }
    }

    private void Release(int vmid)
    {
        lock (gate)
        {
            var now = holders.GetValueOrDefault(vmid);
            if (now > 1)
            {
                holders[vmid] = now - 1;
            }
            else
            {
                holders.Remove(vmid);
            }
        }
    }

    private sealed class Held(ConfigLocks locks, int vmid) : IDisposable
    {
        private bool released;

        public void Dispose()
        {
            if (!released)
            {
                released = true;
                locks.Release(vmid);
            }
        }
    }
}
