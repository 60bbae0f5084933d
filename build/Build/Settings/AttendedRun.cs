using Build.CommandLine;
using Foundation;

namespace Build.Settings;

/// <summary>What needs somebody at the terminal is refused where nobody is.</summary>
internal static class AttendedRun
{
    private const string NoTerminal = "nobody can be asked: input or output is no terminal";

    /// <exception cref="FailureException">Usage: something has to be asked, and there is nobody to ask.</exception>
    public static void Require(BuildSettings settings, bool isInteractive)
    {
        if (settings.OnError == OnError.Ask && !isInteractive)
        {
            throw new FailureException(
                FailureKind.Usage, $"--{Options.OnError}=ask is not possible", NoTerminal, $"Give --{Options.OnError}=abort to keep the VM of a build that fails");
        }

        if (!settings.Debug)
        {
            return;
        }

        if (!isInteractive || OperatingSystem.IsWindows())
        {
            throw new FailureException(
                FailureKind.Usage, $"--{Options.Debug} is not possible", isInteractive ? "Packer's terminal is one that this program makes on Linux and macOS only" : NoTerminal,
                "Run packer build -debug in a workspace that --keep-workspace has kept");
        }

        if (settings.Parallel > 1)
        {
            throw new FailureException(FailureKind.Usage, $"--{Options.Debug} is not possible with --{Options.Parallel}={settings.Parallel}", "somebody steps through one build at a time", "Leave one of them out");
        }
    }
}
