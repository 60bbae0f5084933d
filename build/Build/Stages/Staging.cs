using Build.Context;
using Foundation;
using Packer.Staging;
using Proxmox.Machines;
using Templates;

namespace Build.Stages;

/// <summary>Plans a build for the environment that is open, and stages its workspace.</summary>
internal static class Staging
{
    /// <summary>Gives a run its plan and a workspace for it.</summary>
    /// <exception cref="FailureException">A file is missing, a value cannot be used there, or the login does not suit this Packer.</exception>
    public static async Task StageAsync(BuildContext context, TemplateRun run)
    {
        (run.Plan, run.Workspace) = await StageAsync(context, run.Chosen, run.Chain, run.Vmid!.Value, run.VmName);
    }

    /// <summary>Gives a run the next free VMID above its own, and a plan and a workspace for it.</summary>
    /// <exception cref="FailureException">The range is full.</exception>
    public static async Task MoveAsync(BuildContext context, TemplateRun run, CancellationToken cancellation)
    {
        run.Vmid = await new VmidAllocator(context.BuildEnvironment.Client).NextFreeAsync(run.Template.Vmid, run.Vmid ?? 0, cancellation);
        run.Workspace?.Dispose();
        await StageAsync(context, run);
    }

    /// <summary>Plans a build and stages its workspace.</summary>
    public static async Task<(BuildPlan Plan, Workspace Workspace)> StageAsync(
        BuildContext context, ChosenTemplate chosen, ChainId chain, int vmid, string vmName, string subfolder = "")
    {
        var template = chosen.Template;
        var environment = context.BuildEnvironment;
        var route = environment.Route;
        var tools = context.InstalledTools;
        var credentials = BuildCredentials.Create(template, chain, context.Secrets);
        var plan = BuildPlan.Of(context.Catalogue, new BuildPlanRequest
        {
            Template = template,
            Given = chosen.Given,
            Values = chosen.Values,
            Generation = tools.Packer.Generation,
            Chain = chain,
            Place = Place(context),
            Vmid = vmid,
            VmName = vmName,
            Description = $"{template.Title}, built by Packer\n\n{new VmMarker(VmPurpose.Build, template.Id, chain.ToString())}",
            Username = credentials.Access.Username,
            Route = route.Variables(tools.Packer.Generation),
            BootWaitFactor = route.BootWaitFactor,
            HttpAddressForGuests = route.HttpAddressForGuests?.ToString(),
        });
        var request = new WorkspaceRequest
        {
            Plan = plan,
            Catalogue = context.Catalogue,
            Packer = tools.Packer,
            IsoMaker = tools.IsoMaker,
            Connection = environment.Client.Connection,
            Credentials = credentials,
            HttpProxy = route.HttpProxy,
        };
        var folder = context.Settings.Runtime.Workspace(template.Id, chain.Stamp) + (subfolder.Length > 0 ? "-" + subfolder : "");
        return (plan, await Workspace.StageAsync(request, folder, context.Secrets, null, context.Interruption.Stop));
    }

    private static BuildPlace Place(BuildContext context)
    {
        var connection = context.BuildEnvironment.Client.Connection;
        return new BuildPlace
        {
            Api = $"{connection.Url.GetLeftPart(UriPartial.Authority)}/api2/json",
            Insecure = connection.Insecure,
            Node = connection.Node,
            Pool = connection.Pool,
            StorageVm = connection.StorageVm,
            StorageType = context.BuildEnvironment.Access.StorageType,
            StorageIso = connection.StorageIso,
            Bridge = connection.Bridge,
            Vlan = connection.Vlan,
        };
    }
}
