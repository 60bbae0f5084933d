using Build.Context;
using Foundation;
using Packer.Staging;
using Proxmox.Machines;
using Templates;

namespace Build.Stages;

/// <summary>Stages the workspace of a run for the environment that is open.</summary>
internal static class Staging
{
    /// <summary>Gives a run the next free VMID above its own, and a workspace for it.</summary>
    /// <exception cref="FailureException">The range is full.</exception>
    public static async Task MoveAsync(BuildContext context, TemplateRun run, CancellationToken cancellation)
    {
        run.Vmid = await new VmidAllocator(context.BuildEnvironment.Client).NextFreeAsync(run.Template.Vmid, run.Vmid ?? 0, cancellation);
        run.Workspace?.Dispose();
        run.Workspace = await StageAsync(context, run.Template, run.Chain, run.Vmid.Value, run.VmName);
    }

    public static Task<Workspace> StageAsync(BuildContext context, Template template, ChainId chain, int vmid, string vmName, string subfolder = "")
    {
        var environment = context.BuildEnvironment;
        var route = environment.Route;
        var marker = new VmMarker(VmPurpose.Build, template.Id, chain.ToString());
        var request = new WorkspaceRequest
        {
            Template = template,
            Chain = chain,
            Catalogue = context.Catalogue,
            Packer = context.InstalledTools.Packer,
            IsoMaker = context.InstalledTools.IsoMaker,
            Connection = environment.Client.Connection,
            Credentials = BuildCredentials.Create(template, chain, context.Secrets),
            Vmid = vmid,
            VmName = vmName,
            Description = $"{template.Title}, built by Packer\n\n{marker}",
            StorageType = environment.Access.StorageType,
            Pool = environment.Client.Connection.Pool,
            Http = route.Http,
            SshProxy = route.SshProxy,
            HttpProxy = route.HttpProxy,
            WithoutBootWaits = route.WithoutBootWaits,
            Variables = context.Settings.OtherPackerVariables,
        };
        var folder = context.Settings.Runtime.Workspace(template.Id, chain.Stamp) + (subfolder.Length > 0 ? "-" + subfolder : "");
        return Workspace.StageAsync(request, folder, context.Secrets, null, context.Interruption.Stop);
    }
}
