using Build.Ci;
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

    // Packer's judgement keeps a processor busy: with more at a time, the longest build would begin as late as the shortest.
    private static readonly SemaphoreSlim Judging = new(Environment.ProcessorCount);
    private Task? rehearsal;

    /// <summary>Judges the template's own files, on another thread.</summary>
    public static Task<IReadOnlyList<TemplateFinding>> OwnChecksAsync(BuildContext context, TemplateRun run)
    {
        var generation = context.InstalledTools.Packer.Generation;
        return Task.Run(() => new TemplateValidation(context.Catalogue).Check(run.Chosen, generation));
    }

    /// <summary>Refuses a template whose own files are wrong, and tells the CI system each finding.</summary>
    /// <exception cref="FailureException">They are.</exception>
    public static async Task JudgeAsync(BuildContext context, TemplateRun run)
    {
        var findings = await (run.OwnChecks ??= OwnChecksAsync(context, run));
        foreach (var finding in findings)
        {
            context.Ci.Annotate(finding.IsError, $"{run.Template.Id}: {finding.Code}", finding.Remedy.Length == 0 ? finding.Message : $"{finding.Message}. {finding.Remedy}", Path.Combine(context.Catalogue.Root, finding.File), finding.Line);
            run.HasErrors |= finding.IsError;
        }

        try
        {
            new TemplateValidation(context.Catalogue).Require(run.Chosen, findings, context.InstalledTools.Packer.Generation);
        }
        catch (FailureException failure)
        {
            Tell(context, run, findings, failure);
            throw;
        }
    }

    /// <summary>Validates one template, and tells the CI system what that came to.</summary>
    public async Task RunAsync(TemplateRun run, CancellationToken cancellation)
    {
        var since = context.Time.GetTimestamp();
        var findings = await (run.OwnChecks ??= OwnChecksAsync(context, run));
        try
        {
            await ValidateAsync(run, findings, cancellation);
            Tell(context, run, findings, null, context.Time.GetElapsedTime(since));
        }
        catch (Exception failure)
        {
            Tell(context, run, findings, failure, context.Time.GetElapsedTime(since));
            throw;
        }
    }

    private static void Tell(BuildContext context, TemplateRun run, IReadOnlyList<TemplateFinding> found, Exception? failure, TimeSpan took = default)
    {
        var why = failure is null ? null : string.Join('\n', [failure.Message, .. found.Where(f => f.IsError).Select(f => f.ToString())]);
        context.Ci.Validated(new CheckResult(Stage, run.Template.Id, why, string.Join('\n', found.Where(f => !f.IsError)), took));
    }

    private async Task ValidateAsync(TemplateRun run, IReadOnlyList<TemplateFinding> found, CancellationToken cancellation)
    {
        var environment = context.BuildEnvironment;
        var connection = environment.Client.Connection;
        foreach (var warning in found)
        {
            run.Write(Stage, EventLevel.Warning, warning.ToString());
        }

        _ = context.Settings.Tags is { } tags ? TemplateTags.Read(tags) : [];
        await PrivilegeCheck.RequireAsync(environment.Client, AccessScope.Of(connection, [run.Template.Vmid]), cancellation);
        await CpuCheck.RequireAsync(environment.Client, connection.Node, run.Template, cancellation);
        var allocator = new VmidAllocator(environment.Client);
        run.Vmid = run.Template.SmokeTest.Skip.Length > 0
            ? await allocator.NextFreeAsync(run.Template.Vmid, cancellation: cancellation)
            : await allocator.NextFreeWithCloneAsync(run.Template.Vmid, cancellation);
        await Staging.StageAsync(context, run);
        run.Workspace!.Http?.RequireBindable(PortsNeeded(run));

        // While Packer starts, which takes longer.
        var rehearsed = RehearsedAsync(run);
        var loggedIn = LoggedInAsPackerAsync(cancellation);
        var findings = run.IsAcceptedByPacker ? [] : await JudgedByPackerAsync(run, cancellation);
        run.IsAcceptedByPacker = findings.Count == 0;
        foreach (var finding in findings)
        {
            var source = run.Workspace.Inputs.FirstOrDefault(i => i.Path == finding.File)?.Source;
            context.Ci.Annotate(isError: true, $"{run.Template.Id}: packer validate", finding.Message, source is null ? null : Path.Combine(context.Catalogue.Root, source), finding.Line ?? 0);
            run.HasErrors = true;
        }

        if (findings.Count > 0)
        {
            throw new FailureException(
                FailureKind.Validation, $"Packer does not accept the workspace of {run.Template.Id}", string.Join("; ", findings), null, run.LogFile?.Folder);
        }

        await rehearsed;
        await loggedIn;
        run.Write(Stage, EventLevel.Info, $"valid; VMID {run.Vmid}, {run.Workspace.Inputs.Count} files in the workspace");
    }

    private async Task<IReadOnlyList<PackerFinding>> JudgedByPackerAsync(TemplateRun run, CancellationToken cancellation)
    {
        await Judging.WaitAsync(cancellation);
        try
        {
            return await new PackerRunner(context.InstalledTools.Packer, context.Secrets, run, context.Time).ValidateAsync(run.Workspace!, cancellation);
        }
        finally
        {
            Judging.Release();
        }
    }

    /// <summary>One for each build that may run at the same time, less those that this run's other builds have already.</summary>
    private int PortsNeeded(TemplateRun run)
    {
        var builds = context.Runs.Where(r => !r.Template.UnattendedIso).ToList();
        var serving = builds.Count(r => r != run && r is { Active: true, MayHaveVm: true, Packer: null });
        return Math.Max(1, Math.Min(context.Parallel ?? 1, builds.Count) - serving);
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
