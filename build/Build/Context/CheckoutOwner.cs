using System.ComponentModel;
using System.Diagnostics;

namespace Build.Context;

/// <summary>
/// Gives what a run as root made in somebody's checkout to its owner, whose next run could not write there otherwise.
/// <c>build.sh</c> does the same for what it makes.
/// </summary>
internal static class CheckoutOwner
{
    /// <summary>Gives folders back; those that lie elsewhere, or are not there, are left alone.</summary>
    /// <param name="root">The checkout.</param>
    /// <param name="folders">The folders that runs write to.</param>
    public static void GiveBack(string root, IReadOnlyList<string> folders)
    {
        string[] inside = [.. folders.Where(f => f.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) && Directory.Exists(f))];
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess || inside.Length == 0)
        {
            return;
        }

        // "drwxr-xr-x 12 1000 1000 …"; the same on every system that has it.
        if (Run("ls", "-nd", root)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, var user, var group, ..] && user != "0")
        {
            // -h: a link is given, never what it leads to.
            _ = Run("chown", ["-R", "-h", $"{user}:{group}", "--", .. inside]);
        }
    }

    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
