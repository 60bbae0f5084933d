using Build.Context;
using Cake.Frosting;

namespace Build.Pipeline;

/// <summary>
/// A target that does its work for each template by itself. Cake runs it as any other; the <see cref="TemplatePipeline"/>
/// does the work, of one instance of the class for all templates, possibly for several at the same time.
/// </summary>
public abstract class TemplateTask : FrostingTask<BuildContext>
{
    /// <summary>What can be known at once of a template: said of all of them before the first one's chain begins.</summary>
    /// <exception cref="Exception">The template fails here.</exception>
    public virtual Task PrepareAsync(BuildContext context, TemplateRun run) => Task.CompletedTask;

    /// <summary>Does the work for one template.</summary>
    /// <param name="context">The build.</param>
    /// <param name="run">The template's way.</param>
    /// <param name="cancellation">Cancelled when the user asks the build to stop.</param>
    /// <exception cref="Exception">The template fails here; the others go on.</exception>
    public abstract Task RunAsync(BuildContext context, TemplateRun run, CancellationToken cancellation);

    /// <inheritdoc/>
    public override void Run(BuildContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Pipeline.PassAsync(Targets.Name(GetType())).GetAwaiter().GetResult();
    }
}
