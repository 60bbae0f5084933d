using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Packer.Running;

/// <summary>
/// A terminal for Packer, which asks its questions nowhere else: it writes them to its output, and reads the answers from the
/// terminal of its session. Linux and macOS.
/// </summary>
internal sealed class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2;

    private readonly FileStream master;
    private readonly SafeFileHandle slave;

    private PseudoTerminal(SafeFileHandle master, SafeFileHandle slave, string name)
    {
        (this.master, this.slave, Name) = (new FileStream(master, FileAccess.ReadWrite, bufferSize: 0), slave, name);
        new Thread(Drain) { IsBackground = true, Name = "packer terminal" }.Start();
    }

    /// <summary>Whether this system has them.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    /// <summary>The device that Packer opens, such as <c>/dev/pts/3</c>.</summary>
    public string Name { get; }

    /// <summary>Opens one.</summary>
    /// <exception cref="IOException">The system has none left.</exception>
    public static PseudoTerminal Open()
    {
        // It must not become this process's own.
        var noControl = OperatingSystem.IsMacOS() ? 0x20000 : 0x100;
        var number = posix_openpt(ReadWrite | noControl);
        if (number < 0 || grantpt(number) != 0 || unlockpt(number) != 0 || Marshal.PtrToStringUTF8(ptsname(number)) is not { } name)
        {
            throw new IOException($"No pseudo terminal can be opened: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        // Held open here as well: the other end reads an error while nobody has it.
        var device = open(Encoding.UTF8.GetBytes(name + "\0"), ReadWrite | noControl);
        return new PseudoTerminal(new SafeFileHandle(number, ownsHandle: true), new SafeFileHandle(device, ownsHandle: true), name);
    }

    /// <summary>Types a line and Enter.</summary>
    public void Type(string line) => master.Write(Encoding.UTF8.GetBytes(line + "\r"));

    /// <inheritdoc/>
    public void Dispose()
    {
        slave.Dispose();
        master.Dispose();
    }

    /// <summary>What Packer writes there is the echo of what was typed, which the user's own terminal has shown.</summary>
    private void Drain()
    {
        var buffer = new byte[4096];
        try
        {
            while (master.Read(buffer) > 0)
            {
                // Nothing of it is wanted.
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It is closed.
        }
    }

#pragma warning disable IDE1006 // The names of the C library.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int posix_openpt(int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int grantpt(int terminal);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int unlockpt(int terminal);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr ptsname(int terminal);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(byte[] path, int flags);
#pragma warning restore IDE1006
}
