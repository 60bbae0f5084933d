using System.Security.Cryptography;
using Build.Context;
using Foundation;
using Packer.Running;
using Packer.Staging;
using Records;
using Records.Model;

namespace Build.Stages;

/// <summary>
/// The record of Init: what was made and found on the server, and how the assets look when they are rendered for it.
/// Its log is Packer's own judgement of a workspace for each template, complete.
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

        var workspaces = new List<Workspace>();
        try
        {
            var ids = context.Settings.TemplateSelection is { } selection ? context.Catalogue.Select([selection]) : context.Catalogue.Ids();
            foreach (var id in ids)
            {
                workspaces.Add(await StageAsync(context, id, new ChainId(context.Started, id)));
            }

            var runner = new PackerRunner(context.InstalledTools.Packer, context.Secrets, log, context.Time);
            var packerLog = await runner.CheckAsync(workspaces, log.PackerLog, context.Interruption.Stop);
            var origin = await context.Origin;
            var finished = UtcStamp.From(context.Time.GetUtcNow());
            var record = BuildEvidence.Common(context, chain, finished, origin) with
            {
                Type = RecordType.Init,
                Packer = new PackerFacts(context.InstalledTools.Packer.Version, null, context.InstalledTools.Packer.PluginVersion),
                TokenId = environment.Client.Connection.Credentials.TokenId,
                Role = environment.Access.Role,
                Privileges = environment.Access.Privileges,
                RenderedAssets = [.. ids.Zip(workspaces, (id, w) => w.Assets.Select(a => new HashedFile($"{id}/{a.Target}", Convert.ToHexStringLower(SHA256.HashData(a.Bytes))))).SelectMany(a => a)],
            };
            var done = context.Records.Seal(
                record, finished, new LogFile(packerLog.Path, packerLog.Sha256, packerLog.Bytes), BuildEvidence.Provenance(origin));
            context.Records.PublishLatest(done);
            return done;
        }
        finally
        {
            workspaces.ForEach(w => w.Dispose());
        }
    }

    private static Task<Workspace> StageAsync(BuildContext context, string id, ChainId chain)
    {
        var template = context.Catalogue.Load(id);
        return Staging.StageAsync(context, template, chain, template.Vmid.First, "init-" + VmNames.For(template, chain), "init");
    }
}
