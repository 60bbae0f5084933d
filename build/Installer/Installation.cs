using Installer.Boot;
using Installer.Media;
using Installer.Systems;

namespace Installer;

/// <summary>
/// A simulated machine from power-on to its first start from disk: firmware, boot loader, installer. It does what the
/// keys and the files tell it and fails where the real one would, without the waiting.
/// </summary>
public sealed class Installation : IDisposable
{
    private readonly TaskCompletionSource<InstallationOutcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> confirmation = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource powerOff = new();
    private readonly Lock gate = new();
    private readonly List<string> log = [];
    private readonly LineEditor answer = new();
    private readonly InstallationRequest request;
    private readonly ITimer? timer;
    private readonly Machine? machine;
    private readonly IBootConsole? console;
    private BootLine? booted;
    private bool touched;
    private bool disposed;

    /// <summary>Switches the machine on.</summary>
    public Installation(InstallationRequest request)
    {
        this.request = request;
        var drives = Drive.Open(request.Media);
        if (drives.FirstOrDefault(d => d.System is not null) is not { } bootDrive)
        {
            Stop(NothingToBoot(drives));
            return;
        }

        machine = new Machine(request, drives, bootDrive, Log);
        Log($"booting from {bootDrive.Name} ({bootDrive.System!.PrettyName})");
        if (bootDrive.System.Kind != InstallerKind.WindowsSetup)
        {
            console = BootMenus.For(bootDrive.System, request.Firmware);
            timer = request.Time.CreateTimer(_ => Idle(), null, request.FirstKeyTimeout, Timeout.InfiniteTimeSpan);
        }
        else if (request.Firmware == Firmware.SeaBios)
        {
            // With nothing to start on the disk, the medium's BIOS loader does not ask for a key.
            Start(new BootLine("bootmgr", null, [], []));
        }
        else
        {
            console = new WindowsPrompt();
            timer = request.Time.CreateTimer(_ => Idle(), null, request.FirstKeyTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>How it ends. Never faulted; cancelled when the machine is switched off (<see cref="Dispose"/>).</summary>
    public Task<InstallationOutcome> Completion => completion.Task;

    /// <summary>Whether the boot loader has handed over.</summary>
    internal bool HasBooted
    {
        get
        {
            lock (gate)
            {
                return booted is not null || completion.Task.IsCompleted;
            }
        }
    }

    /// <summary>What is on the screen.</summary>
    public string Screen
    {
        get
        {
            lock (gate)
            {
                return booted is null && console is not null ? console.Screen : string.Join('\n', Lines().TakeLast(20));
            }
        }
    }

    /// <summary>Whether QEMU knows the key: one name or several joined by <c>-</c>, such as <c>shift-a</c>.</summary>
    public static bool IsKnownKey(string key) => KeyPress.Parse(key) is not null;

    /// <summary>
    /// Presses a key. After the boot line was entered, keys only answer the installer's question, if it has one;
    /// unknown keys are ignored.
    /// </summary>
    public void TypeKey(string key)
    {
        if (KeyPress.Parse(key) is not { } press)
        {
            return;
        }

        lock (gate)
        {
            if (disposed || completion.Task.IsCompleted)
            {
                return;
            }

            if (booted is not null || console is null)
            {
                Answer(press);
                return;
            }

            touched = true;
            if (console.Press(press) is { } line)
            {
                timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                Start(line);
            }
            else
            {
                timer?.Change(request.KeyIdle, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Switches the machine off.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
        }

        timer?.Dispose();
        powerOff.Cancel();
        completion.TrySetCanceled();
        powerOff.Dispose();
    }

    private static string NothingToBoot(IReadOnlyList<Drive> drives)
    {
        if (drives.Count == 0)
        {
            return "no medium is attached, and the disk is empty: the firmware finds no bootable device";
        }

        return $"the firmware finds no bootable device: {string.Join(", ", drives.Select(Describe))}";

        static string Describe(Drive drive) =>
            drive.Image is null && drive.Medium.Identity is null ? $"{drive.Medium.VolumeId} is no ISO 9660 image"
            : drive.Medium.Identity is null ? $"{drive.Medium.VolumeId} (label {drive.Label}) carries no installer that is known here"
            : $"{drive.Name} is no installation medium that is known here";
    }

    private void Answer(KeyPress press)
    {
        if (press.Name == "ret")
        {
            if (answer.Text.Trim() == "yes")
            {
                confirmation.TrySetResult(true);
            }

            answer.Set("");
        }
        else
        {
            answer.Press(press);
        }
    }

    /// <summary>Nobody typed for a while.</summary>
    private void Idle()
    {
        lock (gate)
        {
            if (disposed || booted is not null || console is null)
            {
                return;
            }

            if (console is WindowsPrompt)
            {
                Stop("nobody pressed a key at \"Press any key to boot from CD or DVD\": UEFI firmware goes on to the empty disk and ends in its shell; type a key in the boot command");
            }
            else if (touched)
            {
                var enter = console is GrubConsole && console.Screen.StartsWith("setparams", StringComparison.Ordinal) ? "F10 or Ctrl-X" : "Enter";
                Stop($"the boot command never pressed {enter}; the screen shows: {OneLine(console.Screen)}");
            }
            else
            {
                Log("nobody pressed a key: the boot loader starts its default entry");
                Start(console.Default());
            }
        }
    }

    private void Start(BootLine line)
    {
        booted = line;
        machine!.LogBoot(line);
        var cancellation = powerOff.Token;
        _ = Task.Run(() => Run(line, cancellation), CancellationToken.None);
    }

    private async Task Run(BootLine line, CancellationToken cancellation)
    {
        try
        {
            machine!.NeedCpu();
            var outcome = machine.System.Kind switch
            {
                InstallerKind.Subiquity => await UbuntuInstaller.Run(machine, line, () => Confirmed(cancellation), cancellation),
                InstallerKind.DebianInstaller => await DebianInstaller.Run(machine, line, cancellation),
                InstallerKind.Anaconda => await AnacondaInstaller.Run(machine, line, cancellation),
                _ => WindowsSetup.Run(machine),
            };
            completion.TrySetResult(outcome with { Log = Lines() });
        }
        catch (InstallerStop stop)
        {
            Stop(stop.Message);
        }
        catch (OperationCanceledException)
        {
            completion.TrySetCanceled(CancellationToken.None);
        }
#pragma warning disable CA1031 // Whatever goes wrong in here must not leave the build waiting for its time-out.
        catch (Exception error)
        {
            Stop($"the simulated installer itself failed: {error.GetType().Name}: {error.Message}");
        }
#pragma warning restore CA1031
    }

    private async Task<bool> Confirmed(CancellationToken cancellation)
    {
        try
        {
            return await confirmation.Task.WaitAsync(request.FirstKeyTimeout, request.Time, cancellation);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Stop(string reason)
    {
        Log($"failed: {reason}");
        completion.TrySetResult(new InstallationOutcome { Failure = reason, Log = Lines() });
    }

    private void Log(string line)
    {
        lock (log)
        {
            log.Add(line);
            request.Log?.Invoke(line);
        }
    }

    private string[] Lines()
    {
        lock (log)
        {
            return [.. log];
        }
    }

    private static string OneLine(string screen)
    {
        const int Longest = 600;
        var line = string.Join(" | ", screen.Split('\n').Select(l => l.Replace('\t', ' ').Trim()).Where(l => l.Length > 0));
        return line.Length <= Longest ? line : "…" + line[^Longest..];
    }
}
