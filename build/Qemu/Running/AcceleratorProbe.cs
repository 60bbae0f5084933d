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

    // A disk's first sector: it counts to two hundred million, which takes emulation about a second, and tells the device
    // isa-debug-exit, on which QEMU ends with the exit code 33.
    //   mov ecx, 200000000 · dec ecx · jnz -4 · mov dx, 0xf4 · mov al, 0x10 · out dx, al · hlt · jmp -3
    private static readonly byte[] Code = [0x66, 0xB9, 0x00, 0xC2, 0xEB, 0x0B, 0x66, 0x49, 0x75, 0xFC, 0xBA, 0xF4, 0x00, 0xB0, 0x10, 0xEE, 0xF4, 0xEB, 0xFD];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

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
            return (Accelerator.Emulation, $"a tiny guest did not run with {name} within {Limit.TotalSeconds:0} seconds");
        }

        return (new Accelerator(name), null);
    }

    /// <summary>Whether a tiny guest runs to its end in time.</summary>
    internal static async Task<bool> RunsAsync(QemuTools tools, string accelerator, CancellationToken cancellation)
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
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Limit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == Passed;
            }
            catch (OperationCanceledException)
            {
                ProcessTree.Kill(process);
                await process.WaitForExitAsync(CancellationToken.None);
                cancellation.ThrowIfCancellationRequested();
                return false;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
