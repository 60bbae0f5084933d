using Build.Settings;
using Foundation;
using Proxmox;
using Proxmox.Transport;

namespace Build.Environments;

/// <summary>A real cluster, with the login for builds.</summary>
internal sealed class ClusterEnvironment(ProxmoxClient client, AccessOutcome access, GuestRoute route) : IBuildEnvironment
{
    // A real server has other work; an agent that is not there costs it three seconds for each question.
    private static readonly TimeSpan WatchSpacing = TimeSpan.FromSeconds(1);

    public string Name => "proxmox";

    public ProxmoxClient Client { get; } = client;

    public AccessOutcome Access { get; } = access;

    public GuestRoute Route { get; } = route;

    public string ConsoleOf(string node, int vmid, string name) =>
        $"{Client.Connection.Url.GetLeftPart(UriPartial.Authority)}/?console=kvm&novnc=1&node={Uri.EscapeDataString(node)}&vmid={vmid}&vmname={Uri.EscapeDataString(name)}";

    /// <summary>Logs in as the settings say and finds what they leave out.</summary>
    public static async Task<ClusterEnvironment> ConnectAsync(BuildSettings settings, SecretSet secrets, IRunLog log, CancellationToken cancellation)
    {
        var wish = settings.Cluster.Connection;
        secrets.Add(wish.Credentials.Password);
        secrets.Add(wish.Credentials.TokenSecret);
        if (wish.Credentials.Username == "root@pam")
        {
            log.Write("Init", EventLevel.Warning, "This run logs in as root@pam, who may do everything. Unset PROXMOX_USERNAME to use the login that Init has made");
        }

        wish = await ServerTrust.SettleAsync(settings, wish, mayAccept: false, log, cancellation);
        var options = new ProxmoxClientOptions { Log = log, Secrets = secrets, Pace = new RequestPace(WatchSpacing, TimeProvider.System) };
        await BuildLogin.RequireWithoutSecondFactorAsync(wish, options, cancellation);
        using var first = new ProxmoxClient(wish, options);
        var found = await Discovery.RunAsync(first, cancellation);
        return new ClusterEnvironment(
            new ProxmoxClient(found.Complete(wish), options),
            new AccessOutcome(found.Version.Version, found.StorageVm.Type, [], null, []),
            GuestRouting.Of(settings, wish.Url, found, log));
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }
}
