using Build.CommandLine;
using Build.Context;
using Cake.Common.Diagnostics;
using Foundation;
using Templates;

namespace Build.Stages;

/// <summary>
/// Keeps Packer 1.6 from clusters: it is from 2020, drops the errors of tasks, knows neither tokens nor UEFI, TPM and task
/// time-outs, and cannot read the addresses of today's guests.
/// </summary>
internal static class OldPacker
{
    private static bool IsUsed(BuildContext context) =>
        !context.Settings.UseSandbox && context.InstalledTools.Packer.Generation == PackerGeneration.Builtin;

    /// <exception cref="FailureException">Usage: a build on a cluster with Packer 1.6 that nobody allowed, or that can never work.</exception>
    public static void Require(BuildContext context)
    {
        var packer = context.InstalledTools.Packer;
        if (!IsUsed(context) || context.IsAskedFor(nameof(Tasks.Test)))
        {
            return;
        }

        var remedy = "Install Packer 1.11 or later and run `packer plugins install github.com/hashicorp/proxmox`, or put both archives into "
            + Path.Combine(context.Settings.ToolsFolder, "archives");
        if (!context.HasRuns)
        {
            context.Warning("Packer {0} is for rehearsals: to build on a cluster with it takes --{1}. {2}", packer.Version, Options.AllowOldPacker, remedy);
            return;
        }

        if (!context.Settings.AllowOldPacker)
        {
            throw new FailureException(
                FailureKind.Usage, $"Packer {packer.Version} does not build on a cluster",
                "it drops the errors of tasks, knows no tokens, UEFI or TPM, and cannot read the addresses of today's guests",
                $"{remedy}; --{Options.AllowOldPacker} builds all the same, and the record states it");
        }

        if (context.Runs.FirstOrDefault(r => r.Template.Communicator == "winrm") is { } windows)
        {
            throw new FailureException(
                FailureKind.Usage, $"Packer {packer.Version} does not build {windows.Template.Id} on a cluster", "it cannot read the addresses that today's Windows tells", remedy);
        }
    }
}
