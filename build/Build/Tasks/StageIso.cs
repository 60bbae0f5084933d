using Build.Context;
using Build.Stages;
using Cake.Frosting;
using Proxmox.Staging;

namespace Build.Tasks;

[TaskName(nameof(StageIso))]
[TaskDescription("Has the node download the installation media that it lacks, and compare their checksums.")]
[IsDependentOn(typeof(Validate))]
public sealed class StageIso : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context)
    {
        var local = LocalIsos.Of(context.Settings.LocalIsos, [.. context.Runs.Select(r => r.Template)]);
        context.ForEachRun(nameof(StageIso), async (run, cancellation) =>
        {
            var connection = context.BuildEnvironment.Client.Connection;
            var staging = new IsoStaging(context.BuildEnvironment.Client, run);
            var staged = new List<StagedIso>();
            foreach (var iso in (IEnumerable<Templates.IsoImage>)[run.Template.Iso, .. run.Template.AdditionalIsos])
            {
                staged.Add(await staging.StageAsync(connection.Node, connection.StorageIso, iso, local.GetValueOrDefault(iso.File), cancellation));
            }

            run.Isos = staged;
        });
    }
}
