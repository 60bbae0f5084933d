using Build.Context;
using Foundation;
using Proxmox.Machines;

namespace Build.Stages;

/// <summary>Destroys a template's older builds after a success, and says at the end what became of each.</summary>
internal static class Retirement
{
    public static async Task RetireAsync(BuildContext context, TemplateRun run, int keep, CancellationToken cancellation)
    {
        try
        {
            foreach (var old in await new Retention(context.BuildEnvironment.Client, run).ApplyAsync(run.Template.Id, run.Vmid!.Value, keep, cancellation))
            {
                context.Outcome.Conclusions.Add(old.Destroyed
                    ? $"{run.Template.Id}: destroyed the older build {old.Vmid} ({old.Name})"
                    : $"{run.Template.Id}: kept the older build {old.Vmid} ({old.Name}): {old.Why}");
            }
        }
        catch (OperationCanceledException)
        {
            context.Outcome.Conclusions.Add($"{run.Template.Id}: interrupted while older builds were destroyed; the next build with --keep goes on");
        }
        catch (FailureException failure)
        {
            // The new template is built and recorded; that an old one stays does not make it a failure.
            run.Write(nameof(Tasks.BuildTemplate), EventLevel.Warning, failure.Message);
            context.Outcome.Conclusions.Add($"{run.Template.Id}: older builds stay. {failure.Message}");
        }
    }
}
