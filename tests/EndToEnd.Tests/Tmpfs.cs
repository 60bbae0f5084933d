using System.Diagnostics;

namespace EndToEnd.Tests;

/// <summary>A small file system in memory, to run out of space on.</summary>
internal static class Tmpfs
{
    public static bool TryMount(string folder, string size)
    {
        Directory.CreateDirectory(folder);
        return OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder) == 0;
    }

    public static void Unmount(string folder) => Run("umount", folder);

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
