using System.Globalization;
using Build.Context;
using Foundation;
using Proxmox;
using Proxmox.Screens;

namespace Build.Stages;

/// <summary>
/// Takes pictures of a VM's screen while Packer builds: what is on it is what people are asked first when a build fails, and
/// Packer destroys a failed VM before anybody could look.
/// </summary>
internal sealed class ScreenWatch : IAsyncDisposable
{
    // A picture each time that somebody asked for, or only the last one.
    private static readonly TimeSpan Unasked = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource ending = new();
    private readonly Task watching;
    private string? last;

    private ScreenWatch(BuildContext context, TemplateRun run, ProxmoxClient client)
    {
        var asked = context.Settings.Screenshots;
        watching = asked is not null || context.Settings.RealMachines
            ? Task.Run(() => WatchAsync(context, run, new ScreenCapture(client, client.Connection.Node, run.Vmid!.Value), asked))
            : Task.CompletedTask;
    }

    /// <summary>Begins.</summary>
    public static ScreenWatch Begin(BuildContext context, TemplateRun run, ProxmoxClient client) => new(context, run, client);

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

    private async Task WatchAsync(BuildContext context, TemplateRun run, ScreenCapture capture, TimeSpan? asked)
    {
        string? told = null;
        try
        {
            while (true)
            {
                await Task.Delay(asked ?? Unasked, context.Time, ending.Token);
                var file = Path.Combine(run.LogFile!.Folder, string.Create(CultureInfo.InvariantCulture, $"screen-{UtcStamp.From(context.Time.GetUtcNow())}.png"));
                if (await capture.TryTakeAsync(file, ending.Token) is { } why)
                {
                    // Before the VM is there, and when it is off, there is none; each reason is told once.
                    if (why != told)
                    {
                        run.Write(nameof(Tasks.PackerBuild), EventLevel.Debug, $"no picture of the screen: {why}");
                    }

                    told = why;
                    continue;
                }

                if (asked is null && last is not null)
                {
                    File.Delete(last);
                }

                last = file;
            }
        }
        catch (OperationCanceledException)
        {
            // Packer has ended.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            run.Write(nameof(Tasks.PackerBuild), EventLevel.Warning, $"pictures of the screen cannot be kept: {e.Message}");
        }
    }
}
