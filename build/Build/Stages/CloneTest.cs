using Build.Context;
using Build.Environments;
using Packer.Staging;
using Proxmox.Machines;
using Proxmox.Machines.Login;

namespace Build.Stages;

/// <summary>What the smoke test of a run is to do.</summary>
internal static class CloneTest
{
    public static SmokeTestRequest Of(BuildContext context, TemplateRun run)
    {
        // Not the build's own: that one must be found nowhere in the clone.
        var key = run.Workspace?.SshPublicKey is null ? null : SshKeyPair.Create("smoketest", context.Secrets);
        return new SmokeTestRequest
        {
            Node = context.BuildEnvironment.Client.Connection.Node,
            Vmid = run.Vmid!.Value,
            Template = run.Template,
            Chain = run.Chain,
            Patience = Math.Max(1, context.BuildEnvironment.Route.BootWaitFactor),
            SshPublicKey = key?.PublicKey,
            Login = key is null ? null : Login(context.BuildEnvironment, run, key),
        };
    }

    // A simulated guest runs nothing that it could be asked by.
    private static CloneLogin? Login(IBuildEnvironment environment, TemplateRun run, SshKeyPair key) => !run.Template.CloudInit || environment.Machines is { IsSimulated: true } ? null : new CloneLogin
    {
        PrivateKeyPem = key.PrivateKeyPem,
        Proxy = environment.Route.SshProxy,
        Reachable = environment.Machines is not null,
        BuildUser = run.Workspace!.BuildUser,
        Traces = [.. run.Template.SecretVars.Select(name => run.Template.Vars[name]?.ToString() ?? "").SelectMany(v => v.Split('\n')), KeyOf(run.Workspace.SshPublicKey!)],
    };

    // The part of a line of authorized_keys that no comment changes.
    private static string KeyOf(string publicKey) => publicKey.Split(' ')[1];
}
