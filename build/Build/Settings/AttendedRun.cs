using Build.CommandLine;
using Foundation;

namespace Build.Settings;

/// <summary>What needs somebody at the terminal is refused where nobody is.</summary>
internal static class AttendedRun
{
    /// <exception cref="FailureException">Usage: something has to be asked, and there is nobody to ask.</exception>
    public static void Require(BuildSettings settings, bool isInteractive)
    {
        if (settings.OnError == OnError.Ask && !isInteractive)
        {
            throw new FailureException(
                FailureKind.Usage, $"--{Options.OnError}=ask is not possible", "nobody can be asked: input or output is no terminal", $"Give --{Options.OnError}=abort to keep the VM of a build that fails");
        }
    }
}
