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
    private static CloneLogin? Login(IBuildEnvironment environment, TemplateRun run, SshKeyPair key)
    {
        if (!run.Template.CloudInit || environment.Machines is { IsSimulated: true })
        {
            return null;
        }

        var isHere = environment.Machines is not null;
        var (traces, all) = Sought(run.Template, run.Workspace!.SshPublicKey!, isHere);
        return new CloneLogin
        {
            PrivateKeyPem = key.PrivateKeyPem,
            Proxy = environment.Route.SshProxy,
            Reachable = isHere,
            BuildUser = run.Workspace.BuildUser,
            Traces = traces,
            SeeksAll = all,
        };
    }

    /// <summary>What is sought in the clone.</summary>
    /// <param name="template">The template, with its secret variables.</param>
    /// <param name="publicKey">The build user's key as a line of <c>authorized_keys</c>.</param>
    /// <param name="isHere">
    /// Whether the clone is on this machine. On the way to one of a cluster somebody could stand who takes its place: no secret is sent there.
    /// </param>
    internal static (IReadOnlyList<string> Traces, bool All) Sought(Templates.Template template, string publicKey, bool isHere)
    {
        var secrets = template.SecretVars.Select(name => template.Vars[name]?.ToString() ?? "").Where(v => v.Length > 0).ToList();
        return ([.. isHere ? secrets.SelectMany(v => v.Split('\n')) : [], KeyOf(publicKey)], isHere || secrets.Count == 0);
    }

    // The part of a line of authorized_keys that no comment changes.
    private static string KeyOf(string publicKey) => publicKey.Split(' ')[1];
}
