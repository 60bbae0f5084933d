using Build.CommandLine;
using Build.Environments;
using Build.Settings;
using Foundation;
using Packer.Tools;
using Templates;

namespace Build.Stages;

/// <summary>
/// What Init would change on a cluster, for <c>--target=Init --dryrun</c>: Cake's dry run executes no task, and the
/// order of the targets alone would not say it.
/// </summary>
internal static class InitPreview
{
    /// <summary>Whether the run is one that this belongs to.</summary>
    public static bool IsWanted(BuildSettings settings, ArgumentList arguments) =>
        settings.IsDryRun && !settings.UseSandbox && Targets.IsAsked(arguments, nameof(Tasks.Init));

    /// <summary>Asks the server and prints the changes; nothing is changed there or here.</summary>
    /// <exception cref="FailureException">Something is missing, refused, or not to be trusted; or the run is interrupted.</exception>
    public static async Task PrintAsync(BuildSettings settings, TextWriter output, CancellationToken cancellation)
    {
        var log = new PlainLog(output);
        IReadOnlyList<string> changes;
        try
        {
            var packer = await new ToolFinder(settings.ToolsFolder, log).FindPackerAsync(settings.PackerPath, cancellation);
            var init = new ClusterInit(settings, new TemplateCatalogue(settings.PackerFolder), new SecretSet(), log);
            changes = await init.PreviewAsync(packer.Generation == PackerGeneration.Builtin, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new FailureException(FailureKind.Interrupted, "Init was interrupted", "it had changed nothing");
        }

        await output.WriteLineAsync(changes.Count == 0 ? "Init would change nothing on the server." : "Init would change on the server:");
        foreach (var change in changes)
        {
            await output.WriteLineAsync($"  {change}");
        }
    }

    private sealed class PlainLog(TextWriter output) : IRunLog
    {
        public void Write(string stage, EventLevel level, string message)
        {
            if (level >= EventLevel.Info)
            {
                output.WriteLine(level == EventLevel.Warning ? $"Warning: {message}" : message);
            }
        }
    }
}
