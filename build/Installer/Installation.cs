namespace Installer;

/// <summary>
/// A simulated machine from power-on to its first start from disk: firmware, boot loader, installer. It does what the
/// keys and the files tell it and fails where the real one would, without the waiting.
/// </summary>
public sealed class Installation : IDisposable
{
    private readonly TaskCompletionSource<InstallationOutcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly InstallationRequest request;

    /// <summary>Switches the machine on.</summary>
    public Installation(InstallationRequest request) => this.request = request;

    /// <summary>How it ends. Never faulted; cancelled when the machine is switched off (<see cref="Dispose"/>).</summary>
    public Task<InstallationOutcome> Completion => completion.Task;

    /// <summary>What is on the screen.</summary>
    public string Screen => request.MemoryMb.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether QEMU knows the key: one name or several joined by <c>-</c>, such as <c>shift-a</c>.</summary>
    public static bool IsKnownKey(string key) => key.Length > 0;

    /// <summary>Presses a key. Keys that come after the boot line was entered are ignored, as are unknown ones.</summary>
    public void TypeKey(string key)
    {
        if (!IsKnownKey(key))
        {
            completion.TrySetCanceled();
        }
    }

    /// <summary>Switches the machine off.</summary>
    public void Dispose() => completion.TrySetCanceled();
}
