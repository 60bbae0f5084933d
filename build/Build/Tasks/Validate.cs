using Build.Context;
using Build.Pipeline;
using Build.Stages;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Validate))]
[TaskDescription("Checks everything that can be known before a VM exists: assets, boot command, Packer's own check, VMIDs, privileges.")]
[IsDependentOn(typeof(Init))]
public sealed class Validate : TemplateTask
{
    private Validation? validation;

    public override Task PrepareAsync(BuildContext context, TemplateRun run) => Validation.JudgeAsync(context, run);

    public override Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation) =>
        LazyInitializer.EnsureInitialized(ref validation, () => new Validation(context)).RunAsync(run, cancellation);
}
