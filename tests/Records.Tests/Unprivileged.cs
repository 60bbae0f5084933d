using System.Diagnostics;

namespace Records.Tests;

/// <summary>Runs <see cref="Sealer"/> as somebody to whom permissions apply; the tests may be root, to whom they do not.</summary>
internal static class Unprivileged
{
    public static string[] Run(params string[] arguments)
    {
        string[] command = ["dotnet", typeof(Unprivileged).Assembly.Location, .. arguments];
        if (Environment.IsPrivilegedProcess)
        {
            Assume.That(File.Exists("/usr/bin/setpriv"), "setpriv is not installed");
            command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", .. command];
        }

        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output + error.Result).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
