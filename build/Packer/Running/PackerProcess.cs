using System.Diagnostics;
using System.Runtime.InteropServices;
using Foundation;
using Packer.Tools;

namespace Packer.Running;

/// <summary>
/// A running Packer, in a session of its own, so that a terminal's Ctrl-C reaches it only through
/// <see cref="Interrupt"/> and only once. It is signalled as a terminal would do it, the whole process group:
/// Packer's outer process ignores SIGINT, its inner one cancels the build, its plugins ignore it.
/// </summary>
internal sealed partial class PackerProcess : IDisposable
{
    private const int Sigint = 2;
    private const int Sigkill = 9;
    private const int Sigterm = 15;

    private readonly Process process;
    private readonly bool ownGroup;

    private PackerProcess(Process process, bool ownGroup)
    {
        this.process = process;
        this.ownGroup = ownGroup;
    }

    /// <summary>Its first process's id.</summary>
    public int Id => process.Id;

    /// <summary>What it says to people.</summary>
    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>Its log.</summary>
    public Stream Log => process.StandardError.BaseStream;

    /// <summary>The exit code; on Unix 128 and the signal's number when a signal ended it.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>Starts Packer.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">The arguments; no secret among them.</param>
    /// <param name="folder">The folder to run in.</param>
    /// <param name="environment">Its whole environment.</param>
    /// <param name="terminal">The terminal of its session; null for none.</param>
    public static PackerProcess Start(
        string program, IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string> environment, PseudoTerminal? terminal = null)
    {
        var (launcher, prefix) = SessionLauncher(terminal);
        var start = new ProcessStartInfo(launcher ?? program, launcher is null ? arguments : [.. prefix, program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (OperatingSystem.IsWindows())
        {
            start.CreateNewProcessGroup = true;
        }

        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new PackerProcess(process, launcher is not null);
    }

    /// <summary>Waits until the first process has ended.</summary>
    public Task WaitAsync(CancellationToken cancellation = default) => process.WaitForExitAsync(cancellation);

    /// <summary>Asks Packer to cancel the build. Doing it twice does no harm.</summary>
    public void Interrupt()
    {
        if (OperatingSystem.IsWindows())
        {
            // Ctrl-Break is the only one of the two that reaches a process group of its own.
            _ = GenerateConsoleCtrlEvent(1, (uint)process.Id);
        }
        else
        {
            // Without a group of its own, SIGTERM: Packer's outer process passes that one on to the inner.
            Signal(ownGroup ? Sigint : Sigterm);
        }
    }

    /// <summary>Asks with more force.</summary>
    public void Terminate()
    {
        if (!OperatingSystem.IsWindows())
        {
            Signal(Sigterm);
        }
    }

    /// <summary>Ends everything that Packer started and that is still there.</summary>
    public void Kill()
    {
        if (ownGroup)
        {
            Signal(Sigkill);
        }

        ProcessTree.Kill(process);
    }

    /// <summary>Whether any process of the group is left after the first one ended.</summary>
    public bool GroupLives => ownGroup && kill(-process.Id, 0) == 0;

    /// <inheritdoc/>
    public void Dispose() => process.Dispose();

    private void Signal(int signal)
    {
        // Just after the start the launcher has not made the group yet, and there is only the process itself.
        if (!(ownGroup && kill(-process.Id, signal) == 0) && !process.HasExited)
        {
            _ = kill(process.Id, signal);
        }
    }

    // setsid of util-linux, or Perl, which macOS has; neither forks here, so the process id is Packer's own. The first terminal
    // that the head of a session opens is the session's; macOS has to be told.
    private static (string? Program, string[] Prefix) SessionLauncher(PseudoTerminal? terminal)
    {
        if (OperatingSystem.IsWindows())
        {
            return (null, []);
        }

        var host = ToolHost.Current();
        if (host.Programs("setsid").FirstOrDefault() is { } setsid)
        {
            return (setsid, terminal is null ? [] : ["sh", "-c", "exec \"$@\" < \"$0\"", terminal.Name]);
        }

        return host.Programs("perl").FirstOrDefault() is { } perl
            ? (perl, ["-e", $"use POSIX; POSIX::setsid(); {(terminal is null ? "" : "open(STDIN, '+<', shift @ARGV) or exit 126; ioctl(STDIN, 0x20007461, 0); ")}exec {{ $ARGV[0] }} @ARGV or exit 127", "--", .. terminal is null ? Array.Empty<string>() : [terminal.Name]])
            : (null, []);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool GenerateConsoleCtrlEvent(uint signal, uint group);
}
