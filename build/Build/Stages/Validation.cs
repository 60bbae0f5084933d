using Build.Context;
using Build.Environments;
using Foundation;
using Packer.Running;
using Proxmox;
using Proxmox.Access;
using Proxmox.Machines;
using Templates;

namespace Build.Stages;

/// <summary>
/// Everything that can be known before a VM exists, cheapest first: the template's own files, the login's privileges, a
/// free VMID, and Packer's judgement of the workspace that the build will use.
/// </summary>
internal sealed class Validation(BuildContext context)
{
    private const string Stage = nameof(Tasks.Validate);
    private Task? rehearsal;

    /// <summary>Judges the template's own files, on another thread.</summary>
    public static Task<IReadOnlyList<TemplateFinding>> OwnChecksAsync(BuildContext context, TemplateRun run)
    {
        var generation = context.InstalledTools.Packer.Generation;
        return Task.Run(() => new TemplateValidation(context.Catalogue).Require(run.Chosen, generation));
    }

    public async Task RunAsync(TemplateRun run, CancellationToken cancellation)
    {
        var environment = context.BuildEnvironment;
        var connection = environment.Client.Connection;
        foreach (var warning in await (run.OwnChecks ?? OwnChecksAsync(context, run)))
        {
            run.Write(Stage, EventLevel.Warning, warning.ToString());
        }

        _ = context.Settings.Tags is { } tags ? TemplateTags.Read(tags) : [];
        await PrivilegeCheck.RequireAsync(environment.Client, AccessScope.Of(connection, [run.Template.Vmid]), cancellation);
        run.Vmid = await new VmidAllocator(environment.Client).NextFreeWithCloneAsync(run.Template.Vmid, cancellation);
        await Staging.StageAsync(context, run);
        run.Workspace!.Http?.RequireBindable(Math.Min(context.Parallel ?? 1, context.Runs.Count(r => !r.Template.UnattendedIso)));

        // While Packer starts, which takes longer.
        var rehearsed = RehearsedAsync(run);
        var loggedIn = LoggedInAsPackerAsync(cancellation);
        var findings = await new PackerRunner(context.InstalledTools.Packer, context.Secrets, run, context.Time).ValidateAsync(run.Workspace, cancellation);
        if (findings.Count > 0)
        {
            throw new FailureException(
                FailureKind.Validation, $"Packer does not accept the workspace of {run.Template.Id}", string.Join("; ", findings), null, run.LogFile?.Folder);
        }

        await rehearsed;
        await loggedIn;
        run.Write(Stage, EventLevel.Info, $"valid; VMID {run.Vmid}, {run.Workspace.Inputs.Count} files in the workspace");
    }

    /// <summary>Once for all builds: they are sealed with the same key, and its agent may ask its owner each time.</summary>
    private Task RehearsedAsync(TemplateRun run)
    {
        lock (context)
        {
            return rehearsal ??= context.EndsInRecords ? Task.Run(() => BuildEvidence.Rehearse(context, run)) : Task.CompletedTask;
        }
    }

    private async Task LoggedInAsPackerAsync(CancellationToken cancellation)
    {
        try
        {
            await context.AsPacker.GetVersionAsync(cancellation);
        }
        catch (ProxmoxApiException error) when (error.NeedsSecondFactor)
        {
            throw BuildLogin.NeedsToken(context.AsPacker.Connection.Credentials);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Logging in to {context.AsPacker.Connection.Url} as Packer does failed");
        }
    }
}
