using Build.CommandLine;
using Build.Context;
using Build.Environments;
using Build.Settings;
using Foundation;
using Packer.Running;
using Proxmox;
using Proxmox.Machines;

namespace Build.Stages;

/// <summary>
/// What becomes of the VM of a build that failed: Packer leaves it as it is, so that its screen can be seen; then it is
/// destroyed, or kept for whoever wants to look at it, as <c>--on-error</c> says. An interrupted run keeps nothing.
/// </summary>
internal static class FailedVm
{
    /// <summary>One question at a time.</summary>
    private static readonly SemaphoreSlim Asking = new(1, 1);

    /// <summary>Destroys or keeps the VM of a run that failed; does nothing for others.</summary>
    public static async Task SettleAsync(BuildContext context, TemplateRun run)
    {
        // What has a record stays, whatever went wrong after the seal.
        if (run is not { Active: false, MayHaveVm: true, Record: null, Vmid: { } vmid, Failure: { } failure })
        {
            return;
        }

        var build = new BuildIdentity(context.BuildEnvironment.Client.Connection.Node, vmid, run.VmName, run.Chain) { Smbios = run.Smbios };
        var cleanup = new BuildCleanup(context.BuildEnvironment.Client, run);
        if (context.Settings.OnError == OnError.Cleanup || IsInterrupted(context, failure))
        {
            await cleanup.RemoveVmAsync(build);
        }
        else if (await cleanup.IsThereAsync(build))
        {
            var kept = await DescribeAsync(context, run, build);
            if (await IsToStayAsync(context, run, failure, kept))
            {
                await KeepAsync(context, run, cleanup, build, failure, kept);
            }
            else
            {
                Directory.Delete(context.Settings.Runtime.KeptLogin(run.Chain), recursive: true);
                await cleanup.RemoveVmAsync(build);
            }
        }
    }

    private static bool IsInterrupted(BuildContext context, Exception failure) =>
        Outcome.Kind(failure) == FailureKind.Interrupted || context.Interruption.Stop.IsCancellationRequested;

    private static async Task<bool> IsToStayAsync(BuildContext context, TemplateRun run, Exception failure, KeptVm kept)
    {
        if (context.Settings.OnError == OnError.Abort)
        {
            if (!context.BuildEnvironment.KeepsVms)
            {
                run.LastWords.Add((EventLevel.Warning, $"VM {kept.Vmid} of {run.Template.Id} cannot be kept: another run holds the sandbox node's state, and this run's copy of it is thrown away"));
            }

            return context.BuildEnvironment.KeepsVms;
        }

        var words = context.Secrets.MaskIn($"{failure.Message.ReplaceLineEndings(" ")}\n{run.Template.Id}: VM {kept.Vmid} is as the failure left it.{Lines(kept.Reach(now: true))}");
        await Asking.WaitAsync();
        try
        {
            return await (run.Display?.AskAsync(() => AskAsync(context, words)) ?? AskAsync(context, words));
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            Asking.Release();
        }
    }

    /// <summary>In Packer's words. Packer itself has ended, so that its last step cannot be tried again.</summary>
    private static async Task<bool> AskAsync(BuildContext context, string words)
    {
        Console.WriteLine(words);
        while (await Terminal.AskAsync("[c] Clean up and exit, [a] abort without cleanup? ", context.Interruption.Stop) is { } answer)
        {
            switch (answer.ToLowerInvariant())
            {
                case "c" or "":
                    return false;
                case "a" when context.BuildEnvironment.KeepsVms:
                    return true;
                case "a":
                    Console.WriteLine("It cannot be kept: another run holds the sandbox node's state, and this run's copy of it is thrown away.");
                    break;
                default:
                    Console.WriteLine($"Incorrect input: '{answer}'");
                    break;
            }
        }

        // Nobody is there any more.
        return false;
    }

    private static async Task KeepAsync(BuildContext context, TemplateRun run, BuildCleanup cleanup, BuildIdentity build, Exception failure, KeptVm kept)
    {
        run.Kept = kept;
        try
        {
            await cleanup.MarkAsFailedAsync(build, run.Template.Id, context.Secrets.MaskIn(failure.Message));
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            run.LastWords.Add((EventLevel.Warning, $"VM {kept.Vmid} could not be marked as what a failed build has left: {error.Message}"));
        }

        run.Write(nameof(Tasks.PackerBuild), EventLevel.Info, $"keeping VM {kept.Vmid}");
        run.LastWords.Add((EventLevel.Info,
            $"VM {kept.Vmid} ({kept.Name}) on node {kept.Node} is kept.{Lines(kept.Reach(now: false).Append($"When it is no longer needed: ./build.sh --target={nameof(Tasks.Clean)} --{Options.Vms}"))}"));
    }

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(l => $"\n  {l}"));

    private static async Task<KeptVm> DescribeAsync(BuildContext context, TemplateRun run, BuildIdentity build)
    {
        var environment = context.BuildEnvironment;
        var login = run.Workspace!.KeepLogin(context.Settings.Runtime.KeptLogin(run.Chain));
        var user = run.Plan!.Variables["build_username"]!.ToString();
        return new KeptVm(build.Vmid, build.Name, build.Node)
        {
            Console = environment.ConsoleOf(build.Node, build.Vmid, build.Name),
            User = user,
            Login = login,
            First = environment.Afterwards,
            Ssh = run.Template.Communicator == "ssh" && await AddressAsync(environment.Client, build) is { } address ? Ssh(environment.Route, login, user, address) : null,
        };
    }

    private static string Ssh(GuestRoute route, string key, string user, string address)
    {
        var proxy = route.SshProxy is { } at ? $" -o ProxyCommand='nc -X 5 -x {at.Host}:{at.Port} %h %p'" : "";
        return $"ssh -i '{key.Replace("'", @"'\''", StringComparison.Ordinal)}'{proxy} {user}@{address}";
    }

    /// <summary>The first address that the guest's agent tells.</summary>
    private static async Task<string?> AddressAsync(ProxmoxClient client, BuildIdentity build)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            return (await client.Node(build.Node).Qemu(build.Vmid).GetAgentAddressesAsync(limit.Token)) is [var first, ..] ? first : null;
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            return null;
        }
    }
}
