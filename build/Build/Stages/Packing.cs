using System.Text.RegularExpressions;
using Build.Context;
using Build.Environments;
using Build.Output;
using Foundation;
using Packer.Diagnosis;
using Packer.Running;
using Proxmox;
using Proxmox.Machines;
using Proxmox.Staging;

namespace Build.Stages;

/// <summary>Runs Packer, watches the node meanwhile, and leaves nothing behind on it when the build fails.</summary>
internal sealed partial class Packing(BuildContext context)
{
    /// <summary>How many other clients may be quicker before this gives up.</summary>
    private const int Attempts = 10;

    public async Task RunAsync(TemplateRun run, CancellationToken cancellation)
    {
        var cleanup = new BuildCleanup(context.BuildEnvironment.Client, run);
        for (var attempt = 1;; attempt++)
        {
            var node = context.BuildEnvironment.Client.Connection.Node;
            try
            {
                await BuildAsync(run, cancellation);
                return;
            }
            catch (FailureException failure) when (failure.Kind == FailureKind.Packer && attempt < Attempts && run.Packer is null)
            {
                // Another client made a VM with this VMID after it was found free; or Packer 1.6, which makes the disk before
                // the VM, left a disk behind when the VM was refused, and nobody but an administrator may remove it. Once Packer
                // has its VM, another VMID changes nothing, though a login that has lost its rights no longer sees whose VM it is.
                var left = LeftDisk().Match(failure.Message) is { Success: true } match && match.Groups[1].Value == $"{run.Vmid}";
                if (PackerLogFacts.Read(run.LogFile!.PackerLog).HasVm || (!left && !await IsTakenAsync(cleanup, new BuildIdentity(node, run.Vmid!.Value, run.VmName, run.Chain), cancellation)))
                {
                    throw;
                }

                run.Write(nameof(Tasks.PackerBuild), EventLevel.Warning, left
                    ? $"a disk of VMID {run.Vmid} is on the storage, though there is no such VM: an administrator can remove it; trying the next free VMID"
                    : $"another client has taken VMID {run.Vmid} meanwhile; trying the next free one");
                await Staging.MoveAsync(context, run, cancellation);
            }
        }
    }

    [GeneratedRegex(@"vm-(\d+)-disk-\d+[^;|]*already exists")]
    private static partial Regex LeftDisk();

    private static async Task<bool> IsTakenAsync(BuildCleanup cleanup, BuildIdentity build, CancellationToken cancellation)
    {
        try
        {
            return await cleanup.IsTakenAsync(build, cancellation);
        }
        catch (ProxmoxApiException)
        {
            // Packer's failure is the one to tell.
            return false;
        }
    }

    private async Task BuildAsync(TemplateRun run, CancellationToken cancellation)
    {
        var client = context.BuildEnvironment.Client;
        var cleanup = new BuildCleanup(client, run);
        LeftVms.Note(context, run);
        run.MayHaveVm = true;
        var withUpgrade = true;
        var hasImage = true;
        try
        {
            await RunPackerAsync(run, cancellation);
            withUpgrade = await FinishAsync(run, cancellation);
            hasImage = false;
            await RemoveImageAsync(run, cleanup);
        }
        finally
        {
            // Whatever failed, and however far the build came.
            if (hasImage)
            {
                await RemoveImageAfterFailureAsync(run, cleanup);
            }
        }

        await AskedAndThere.RequireAsync(client, run, withUpgrade, cancellation);
    }

    private async Task RunPackerAsync(TemplateRun run, CancellationToken cancellation)
    {
        var client = context.BuildEnvironment.Client;
        var node = client.Connection.Node;
        var vmid = run.Vmid!.Value;
        var watcher = context.AsPacker;
        if (run.Workspace!.AssetImage is { } image)
        {
            await new IsoStaging(client, run).UploadAsync(node, client.Connection.StorageIso, image, cancellation);
        }

        var observer = new MediaObserver(watcher.Watching, node, vmid);
        var watch = await BuildWatch.BeginAsync(watcher, node, vmid, cancellation);
        var runner = new PackerRunner(context.InstalledTools.Packer, context.Secrets, run, context.Time)
        {
            Answer = context.Settings.Debug ? (question, ended) => AskAsync(run, question, ended) : null,
        };
        _ = context.Origin;
        var diagnosis = new PackingDiagnosis(context, run, watcher, watch);
        await using var screens = ScreenWatch.Begin(context, run, client);
        using var observing = new CancellationTokenSource();
        using var pace = client.Options.Pace?.Keep();
        var observed = observer.WatchAsync(observing.Token);
        try
        {
            var built = await runner.BuildAsync(
                run.Workspace!, run.LogFile!.PackerLog, new PackerProgress(run),
                ended => diagnosis.ObserveAsync(token => WatchAsync(run, watcher, watch, run.Plan!.AttachesMedia ? run.Plan.FurtherMedia : [], token), ended), cancellation, context.Interruption.Drop);
            await diagnosis.RequireNoDroppedErrorAsync(built.Log.Path);
            run.Packer = built;
        }
        catch (FailureException failure) when (failure.Kind == FailureKind.Packer)
        {
            await screens.TakeLastAsync();
            throw screens.With(await diagnosis.ExplainAsync(failure));
        }
        finally
        {
            await observing.CancelAsync();
            await observed;
            run.Media = observer.Seen;
        }

        run.Started = StartedBuilder.Require(context.InstalledTools.Packer, run.Packer.Log.Path);
        if (run.Packer.Vmid != vmid)
        {
            throw new FailureException(
                FailureKind.Packer, $"Packer's manifest names VM {run.Packer.ArtifactId} instead of {vmid}", null, null, run.Packer.Log.Path);
        }
    }

    /// <summary>Packer stops between its steps: whoever watches says when it goes on.</summary>
    private async Task<string?> AskAsync(TemplateRun run, string question, CancellationToken ended)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, context.Interruption.Stop);
        Task<string?> Ask() => Terminal.AskAsync(question + " ", either.Token);
        return await (run.Display?.AskAsync(Ask) ?? Ask());
    }

    /// <summary>Does what Packer leaves to do.</summary>
    /// <returns>Whether the server has taken <c>ciupgrade</c>.</returns>
    private async Task<bool> FinishAsync(TemplateRun run, CancellationToken cancellation)
    {
        var client = context.BuildEnvironment.Client;
        var node = client.Connection.Node;
        var vmid = run.Vmid!.Value;
        foreach (var volume in await MediaEjection.EjectAsync(client, node, vmid, cancellation))
        {
            run.Write(nameof(Tasks.PackerBuild), EventLevel.Info, $"took {volume} out of the template's drive");
        }

        var refused = run.Template.CloudInit ? await CloudInitUpgrade.SetAsync(client, node, vmid, run.Template.CiUpgrade, cancellation) : null;
        if (refused is not null)
        {
            run.Write(nameof(Tasks.PackerBuild), EventLevel.Warning, $"ciupgrade could not be set, so that clones do as the server's default is: {refused}");
        }

        if (TemplateTags.Read(run.Plan!.Tags) is { Count: > 0 } tags)
        {
            await TemplateTags.SetAsync(client, node, vmid, tags, cancellation);
            run.Write(nameof(Tasks.PackerBuild), EventLevel.Info, $"tagged the template: {string.Join(", ", tags)}");
        }

        return refused is null;
    }

    /// <summary>Runs beside Packer and ends with the reason why the build cannot succeed.</summary>
    private async Task<string?> WatchAsync(
        TemplateRun run, ProxmoxClient watcher, BuildWatch watch, IReadOnlyList<string> media, CancellationToken ended)
    {
        var vmid = run.Vmid!.Value;
        if (media.Count == 0)
        {
            return await context.BuildEnvironment.InstallationFailureAsync(vmid, ended);
        }

        Task<string>? failed = null;
        try
        {
            // What failed before the media were there does not count.
            await new MediaAttachment(watcher, run).AttachAsync(
                watcher.Connection.Node, vmid, media,
                async () =>
                {
                    await watch.ForgetAsync(ended);
                    failed = context.BuildEnvironment.InstallationFailureAsync(vmid, ended);
                },
                ended);
        }
        catch (FailureException failure)
        {
            return failure.Message;
        }

        return await failed!;
    }

    private async Task RemoveImageAfterFailureAsync(TemplateRun run, BuildCleanup cleanup)
    {
        try
        {
            await RemoveImageAsync(run, cleanup);
        }
        catch (FailureException failure)
        {
            run.Write(nameof(Tasks.PackerBuild), EventLevel.Error, failure.Message);
        }
    }

    /// <summary>The image holds the password of the build user on Windows: it goes with the run, failed or not.</summary>
    private Task RemoveImageAsync(TemplateRun run, BuildCleanup cleanup)
    {
        var connection = context.BuildEnvironment.Client.Connection;
        return run.Workspace!.AssetImage is { } image
            ? cleanup.RemoveIsosAsync(connection.Node, connection.StorageIso, [Path.GetFileName(image)])
            : Task.CompletedTask;
    }
}
