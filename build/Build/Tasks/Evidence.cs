using Build.Context;
using Build.Pipeline;
using Build.Stages;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(Evidence))]
[TaskDescription("Seals the record.")]
[IsDependentOn(typeof(SmokeTest))]
public sealed class Evidence : TemplateTask
{
    public override async Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation)
    {
        run.Record = await BuildEvidence.SealAsync(context, run);
        run.Write(nameof(Evidence), EventLevel.Info, $"sealed {Path.GetFileName(run.Record.Path)}");
    }
}
