using System.ComponentModel;
using System.Diagnostics;
using Foundation;

namespace Qemu.Running;

/// <summary>
/// Finds out what makes guests run here: the system's virtualization where a tiny guest really runs with it, otherwise
/// emulation. That <c>/dev/kvm</c> is there says little: there are machines where it opens, and a guest hangs.
/// </summary>
public static class AcceleratorProbe
{
    private const int Passed = 33;

    // A disk's first sector: it counts to twenty million, which takes emulation a tenth of a second, and a virtualization that
    // does each instruction by itself most of a minute. Then it tells the device isa-debug-exit, on which QEMU ends with the exit code 33.
    //   mov ecx, 20000000 · dec ecx · jnz -4 · mov dx, 0xf4 · mov al, 0x10 · out dx, al · hlt · jmp -3
    private static readonly byte[] Code = [0x66, 0xB9, 0x00, 0x2D, 0x31, 0x01, 0x66, 0x49, 0x75, 0xFC, 0xBA, 0xF4, 0x00, 0xB0, 0x10, 0xEE, 0xF4, 0xEB, 0xFD];

    // A guest that runs needs a part of a second of a processor; the clock is for one that waits for something.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProcessorLimit = TimeSpan.FromSeconds(2);

    /// <summary>What this system might have.</summary>
    private static string? Candidate =>
        OperatingSystem.IsLinux() ? (File.Exists("/dev/kvm") ? "kvm" : null) : OperatingSystem.IsMacOS() ? "hvf" : OperatingSystem.IsWindows() ? "whpx" : null;

    /// <summary>Starts a tiny guest.</summary>
    /// <returns>What guests run with, and why it is emulation when it is.</returns>
    public static async Task<(Accelerator Accelerator, string? Why)> RunAsync(QemuTools tools, CancellationToken cancellation)
    {
        if (Candidate is not { } name)
        {
            return (Accelerator.Emulation, "this machine has no hardware virtualization");
        }

        if (!await RunsAsync(tools, name, cancellation))
        {
            return (Accelerator.Emulation, $"a tiny guest did not run to its end with {name}");
        }

        return (new Accelerator(name), null);
    }

    /// <summary>Whether a tiny guest runs to its end in the time that this machine's virtualization has for it.</summary>
    internal static Task<bool> RunsAsync(QemuTools tools, string accelerator, CancellationToken cancellation) => RunsAsync(tools, accelerator, Limit, ProcessorLimit, cancellation);

    /// <summary>Whether a tiny guest runs to its end in time.</summary>
    /// <param name="tools">The QEMU that runs it.</param>
    /// <param name="accelerator">QEMU's name of what it runs with.</param>
    /// <param name="limit">How long it may take by the clock.</param>
    /// <param name="processor">How much of a processor's time it may take.</param>
    /// <param name="cancellation">Stops it.</param>
    internal static async Task<bool> RunsAsync(QemuTools tools, string accelerator, TimeSpan limit, TimeSpan processor, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("sandbox-probe-");
        try
        {
            var sector = new byte[512];
            Code.CopyTo(sector, 0);
            (sector[510], sector[511]) = (0x55, 0xAA);
            var disk = Path.Combine(folder.FullName, "disk");
            await File.WriteAllBytesAsync(disk, sector, cancellation);
            var start = new ProcessStartInfo(tools.System) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
            string[] arguments =
            [
                "-accel", accelerator, "-nodefaults", "-no-user-config", "-display", "none", "-m", "32", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
                "-drive", new Arguments.OptionText().Add("file", disk).Add("format", "raw").Add("if", "ide").ToString(),
            ];
            arguments.ToList().ForEach(start.ArgumentList.Add);
            using var process = Process.Start(start)!;
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            try
            {
                await EndOrLimitAsync(process, limit, processor, cancellation);
                return process.HasExited && process.ExitCode == Passed;
            }
            finally
            {
                ProcessTree.Kill(process);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task EndOrLimitAsync(Process process, TimeSpan limit, TimeSpan processor, CancellationToken cancellation)
    {
        var ended = process.WaitForExitAsync(cancellation);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < limit && Used(process) < processor;)
        {
            if (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None)) == ended)
            {
                await ended;
                return;
            }
        }
    }

    private static TimeSpan Used(Process process)
    {
        try
        {
            return process.TotalProcessorTime;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has just ended, which is what is waited for.
            return TimeSpan.Zero;
        }
    }
}
