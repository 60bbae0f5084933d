using Build.Context;
using Build.Pipeline;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(StageIso))]
[TaskDescription("Has the node download the installation media that it lacks, and compare their checksums.")]
[IsDependentOn(typeof(Validate))]
public sealed class StageIso : TemplateTask
{
    private MediaStaging? staging;

    public override Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation) =>
        LazyInitializer.EnsureInitialized(ref staging, () => new MediaStaging(context)).RunAsync(run, cancellation);
}
