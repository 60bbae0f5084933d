using System.Runtime.InteropServices;

namespace Build.Output;

/// <summary>
/// A terminal that has gone, as when a connection drops. Every write to it fails, and what still has to be done would
/// fail with the line that tells of it.
/// </summary>
internal static class LostTerminal
{
    private const int Eio = 5;
    private const int ReadWrite = 2;

    /// <summary>Leads what is open on a terminal that has gone to where nothing is read; a terminal that is still there stays.</summary>
    public static void Forget()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var nowhere = open("/dev/null", ReadWrite);
        var attributes = new byte[256];

        // The console works on copies of the three streams that are not known by a number.
        for (var file = 0; nowhere >= 0 && file < 1024; file++)
        {
            if (tcgetattr(file, attributes) != 0 && Marshal.GetLastPInvokeError() == Eio)
            {
                _ = dup2(nowhere, file);
            }
        }
    }

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPStr)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int tcgetattr(int file, byte[] attributes);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int dup2(int from, int to);
}
