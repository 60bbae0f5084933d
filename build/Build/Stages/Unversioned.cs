using Build.CommandLine;
using Build.Context;
using Cake.Common.Diagnostics;
using Foundation;

namespace Build.Stages;

/// <summary>
/// Says at once when records would not name the commit that was built from: nobody could compare their inputs with
/// anything. A build on a cluster then takes <c>--allow-unversioned</c>, which the record states.
/// </summary>
internal static class Unversioned
{
    /// <summary>Warns or refuses.</summary>
    /// <param name="context">The run.</param>
    /// <param name="builds">Whether it builds. Access to a server can be set up from anywhere.</param>
    /// <exception cref="FailureException">Usage: there is no commit, the run builds on a cluster, and nobody allowed it.</exception>
    public static void Require(BuildContext context, bool builds)
    {
        if (GitState.WhyNoCommit(context.Settings.Root) is not var (why, remedy))
        {
            return;
        }

        if (!builds || context.Settings.UseSandbox || context.Settings.AllowUnversioned)
        {
            context.Warning("Warning: the record will name no commit: {0}. {1}.", why, remedy);
            return;
        }

        throw new FailureException(
            FailureKind.Usage, "The record would name no commit", why, $"{remedy}; --{Options.AllowUnversioned} builds all the same, and the record states it");
    }
}
