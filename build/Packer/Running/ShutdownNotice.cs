using Foundation;

namespace Packer.Running;

/// <summary>Says what is waited for when a guest takes its time to shut down: Packer says nothing until it gives up.</summary>
/// <param name="events">Told it.</param>
/// <param name="time">The clock.</param>
internal sealed class ShutdownNotice(IRunLog events, TimeProvider time) : IDisposable
{
    /// <summary>A guest that shuts itself down has done so after this time.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    /// <summary>The step in which Packer shuts the guest down.</summary>
    private const string Step = "Stopping VM";

    private ITimer? timer;

    /// <summary>Takes note of Packer's next step, or of its end (null).</summary>
    public void Take(string? step)
    {
        timer?.Dispose();
        timer = step == Step ? time.CreateTimer(_ => Tell(), null, Usual, Timeout.InfiniteTimeSpan) : null;
    }

    public void Dispose() => timer?.Dispose();

    // proxmox-api-go, StatusChangeVm: three tries, each a task of the server that gives the guest 60 s.
    private void Tell() => events.Write(
        PackerRunner.Stage, EventLevel.Info,
        "Still waiting for the guest to shut itself down: Packer asks it three times, 190 s in all, and then fails. What ignores it shows at the VM's console");
}
