using System.Security.Cryptography;
using Build.Context;
using Cake.Common.Diagnostics;
using Foundation;
using Packer.Diagnosis;
using Packer.Running;
using Packer.Staging;
using Records;
using Records.Model;

namespace Build.Stages;

/// <summary>
/// The record of Init: what was made and found on the server, and how the assets look when they are rendered for it.
/// Its log is Packer's own judgement of a workspace for each template, complete. A template that cannot be staged or that
/// Packer rejects fails Init only when that was asked for by name.
/// </summary>
internal static class InitEvidence
{
    /// <summary>Seals the record when Init changed something on the server or was asked for by name; null otherwise.</summary>
    public static async Task<SealedRecord?> SealAsync(BuildContext context)
    {
        var environment = context.BuildEnvironment;
        if (environment.Access.Changes.Count == 0 && !context.IsAskedFor(nameof(Tasks.Init)))
        {
            return null;
        }

        var chain = new ChainId(context.Started, "init");
        using var log = new RunLogFile(context.Settings.Runtime, chain, context.Secrets, context.Time);
        foreach (var change in environment.Access.Changes)
        {
            log.Write(nameof(Tasks.Init), EventLevel.Info, change);
        }

        var staged = new List<(string Id, Workspace Workspace)>();
        try
        {
            // An Init that a build has brought along fails for no template: Validate does, for that one alone.
            var isAskedFor = context.IsAskedFor(nameof(Tasks.Init));
            foreach (var id in context.Settings.TemplateSelection is { } selection ? context.Catalogue.Select([selection]) : context.Catalogue.Ids())
            {
                try
                {
                    staged.Add((id, await StageAsync(context, id, new ChainId(context.Started, id))));
                }
                catch (FailureException failure) when (!isAskedFor)
                {
                    TellLeftOut(context, id, failure);
                }
            }

            var rejected = new List<Workspace>();
            void Reject(Workspace workspace, FailureException failure)
            {
                rejected.Add(workspace);
                TellLeftOut(context, staged.First(s => s.Workspace == workspace).Id, failure);
            }

            var runner = new PackerRunner(context.InstalledTools.Packer, context.Secrets, log, context.Time);
            var packerLog = await runner.CheckAsync([.. staged.Select(s => s.Workspace)], log.PackerLog, isAskedFor ? null : Reject, context.Interruption.Stop);
            foreach (var run in context.HasRuns ? context.Runs : [])
            {
                run.IsAcceptedByPacker = staged.Any(s => s.Id == run.Template.Id && !rejected.Contains(s.Workspace));
            }

            if (environment.Access.Changes.Count == 0 && Last(context) is { } last && IsSame(context, last))
            {
                // The templates are checked all the same: that is what it was asked for.
                return null;
            }

            var origin = await context.Origin;
            var finished = UtcStamp.From(context.Time.GetUtcNow());
            var record = BuildEvidence.Common(context, chain, context.Times, finished, origin) with
            {
                Type = RecordType.Init,
                Packer = BuildEvidence.PackerOf(context, origin, builder: null, StartedBuilder.Require(context.InstalledTools.Packer, packerLog.Path)),
                Parameters = BuildEvidence.Parameters(context, context.Settings.PackerVariables),
                TokenId = environment.Client.Connection.Credentials.TokenId,
                Role = environment.Access.Role,
                Privileges = environment.Access.Privileges,
                RenderedAssets =
                [
                    .. from s in staged
                       where !rejected.Contains(s.Workspace)
                       from a in s.Workspace.Assets
                       select new HashedFile($"{s.Id}/{a.Target}", Convert.ToHexStringLower(SHA256.HashData(a.Bytes))),
                ],
            };
            var done = context.Records.Seal(
                record, finished, new LogFile(packerLog.Path, packerLog.Sha256, packerLog.Bytes));
            context.Records.PublishLatest(done);
            return done;
        }
        finally
        {
            staged.ForEach(s => s.Workspace.Dispose());
        }
    }

    private static RunRecord? Last(BuildContext context) => RecordCatalogue.LastInit(context.RecordRoot) is { } stamp
        ? RecordCatalogue.Read(context.RecordRoot, RecordSubject.Init, stamp)
        : null;

    /// <summary>Whether the newest record says already what this one would: the server, its resources, the login and what it may do.</summary>
    private static bool IsSame(BuildContext context, RunRecord last)
    {
        var environment = context.BuildEnvironment;
        var connection = environment.Client.Connection;
        return last.Proxmox is { } server && last.Environment == environment.Name
            && (environment.Name == RecordRoot.Sandbox || server.Url == connection.Url.ToString().TrimEnd('/')) && server.Version == environment.Access.Version
            && (server.StorageVm, server.StorageIso, server.Bridge) == (connection.StorageVm, connection.StorageIso, connection.BridgeName)
            && last.Node == connection.Node && last.TokenId == connection.Credentials.TokenId
            && (environment.Access.Role is null || (last.Privileges ?? []).Order(StringComparer.Ordinal).SequenceEqual(environment.Access.Privileges.Order(StringComparer.Ordinal)))
            && last.Packer?.Version == context.InstalledTools.Packer.Version;
    }

    private static void TellLeftOut(BuildContext context, string id, FailureException failure) =>
        context.Warning("Warning: {0} is not in the init record. {1}", id, context.Secrets.MaskIn(failure.Message));

    private static async Task<Workspace> StageAsync(BuildContext context, string id, ChainId chain)
    {
        var chosen = context.Choose(id);
        var (_, workspace) = await Staging.StageAsync(context, chosen, chain, chosen.Template.Vmid.First, "init-" + VmNames.For(chosen.Template, chain), "init");
        return workspace;
    }
}
