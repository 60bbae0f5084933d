using System.Globalization;
using Build.Context;
using Foundation;
using Proxmox;
using Proxmox.Screens;

namespace Build.Stages;

/// <summary>
/// Takes pictures of a VM's screen while Packer builds, and one when it has failed: what is on it is what people are asked
/// first. Where VMs are simulated, it is the text that boot loader or installer show.
/// </summary>
internal sealed class ScreenWatch : IAsyncDisposable
{
    // A picture each time that somebody asked for, or only the last one.
    private static readonly TimeSpan Unasked = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource ending = new();
    private readonly BuildContext context;
    private readonly TemplateRun run;
    private readonly ScreenCapture capture;
    private readonly Task watching;
    private string? last;

    private ScreenWatch(BuildContext context, TemplateRun run, ProxmoxClient client)
    {
        (this.context, this.run) = (context, run);
        capture = new ScreenCapture(client, client.Connection.Node, run.Vmid!.Value);
        watching = context.Settings.Screenshots is not null || context.Settings.RealMachines ? Task.Run(WatchAsync) : Task.CompletedTask;
    }

    /// <summary>Begins.</summary>
    public static ScreenWatch Begin(BuildContext context, TemplateRun run, ProxmoxClient client) => new(context, run, client);

    /// <summary>Takes the last picture: of the screen as the failure left it.</summary>
    public async Task TakeLastAsync()
    {
        await ending.CancelAsync();
        await watching;
        try
        {
            if (context.BuildEnvironment.ScreenTextOf(run.Vmid!.Value) is { } text)
            {
                var file = Path.Combine(run.LogFile!.Folder, "screen.txt");
                await File.WriteAllTextAsync(file, context.Secrets.MaskIn(text) + "\n");
                last = file;
            }
            else if (context.BuildEnvironment.HasScreens)
            {
                await TakeAsync(CancellationToken.None);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CannotKeep(e);
        }
    }

    /// <summary>The failure, with where the last picture is.</summary>
    public FailureException With(FailureException failure) => last is not { } file ? failure : new FailureException(
        failure.Kind, failure.What, failure.Why,
        (failure.Remedy is { } remedy ? remedy.TrimEnd('.') + ". " : "") + $"The screen as it was last: {file}", failure.Log, failure);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await watching;
        ending.Dispose();
    }

    private async Task WatchAsync()
    {
        string? told = null;
        try
        {
            while (true)
            {
                await Task.Delay(context.Settings.Screenshots ?? Unasked, context.Time, ending.Token);

                // Before the VM is there, and when it is off, there is none; each reason is told once.
                var why = await TakeAsync(ending.Token);
                if (why is not null && why != told)
                {
                    run.Write(nameof(Tasks.PackerBuild), EventLevel.Debug, $"no picture of the screen: {why}");
                }

                told = why ?? told;
            }
        }
        catch (OperationCanceledException)
        {
            // Packer has ended.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CannotKeep(e);
        }
    }

    /// <summary>Takes a picture; of those that nobody asked for only the last one stays.</summary>
    /// <returns>Null, or why there is none.</returns>
    private async Task<string?> TakeAsync(CancellationToken cancellation)
    {
        var file = Path.Combine(run.LogFile!.Folder, string.Create(CultureInfo.InvariantCulture, $"screen-{UtcStamp.From(context.Time.GetUtcNow())}.png"));
        if (await capture.TryTakeAsync(file, cancellation) is { } why)
        {
            return why;
        }

        if (context.Settings.Screenshots is null && last is not null && last != file)
        {
            File.Delete(last);
        }

        last = file;
        return null;
    }

    private void CannotKeep(Exception e) => run.Write(nameof(Tasks.PackerBuild), EventLevel.Warning, $"pictures of the screen cannot be kept: {e.Message}");
}
