using System.Runtime.InteropServices;
using Build.Output;

namespace Build;

/// <summary>
/// Ctrl-C, SIGTERM, and SIGHUP, which a process that nohup started never gets. The first asks the run to stop cleanly:
/// the VM is destroyed, what is already built is recorded. The second drops what is unfinished. The process never ends
/// by the signal itself, so that nothing stays behind in the cluster.
/// </summary>
public sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource drop = new();
    private readonly List<PosixSignalRegistration> registrations = [];

    public Interruption()
    {
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, HandleHangUp));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stop => stop.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Drop => drop.Token;

    /// <summary>
    /// What ends the work that begins now: after a first signal only a template that is already built is still tested and
    /// recorded, until a second one; nothing else is begun.
    /// </summary>
    public CancellationToken For(bool built) => built && stop.IsCancellationRequested ? Drop : Stop;

    /// <inheritdoc/>
    public void Dispose() => registrations.ForEach(r => r.Dispose()); // A signal that is being handled still uses the sources.

    // When a connection drops, the shell and the system both say so: nobody has asked a second time.
    private void HandleHangUp(PosixSignalContext context)
    {
        LostTerminal.Forget();
        context.Cancel = true;
        stop.Cancel();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Ask();
    }

    /// <summary>What a signal does that a user may send twice.</summary>
    internal void Ask()
    {
        if (stop.IsCancellationRequested)
        {
            drop.Cancel();
        }
        else
        {
            stop.Cancel();
        }
    }
}
