using Build.Settings;
using Foundation;
using Proxmox;

namespace Build.Environments;

/// <summary>A real cluster, with the login that the settings name.</summary>
internal sealed class ClusterEnvironment : IBuildEnvironment
{
    private ClusterEnvironment(ProxmoxClient client, AccessOutcome access)
    {
        Client = client;
        Access = access;
    }

    public string Name => "proxmox";

    public ProxmoxClient Client { get; }

    public AccessOutcome Access { get; }

    public GuestRoute Route => new();

    /// <summary>Logs in and finds what the settings leave out.</summary>
    public static async Task<ClusterEnvironment> ConnectAsync(BuildSettings settings, SecretSet secrets, IRunLog log, CancellationToken cancellation)
    {
        var wish = settings.ProxmoxConnection;
        secrets.Add(wish.Credentials.Password);
        secrets.Add(wish.Credentials.TokenSecret);
        if (wish.Insecure)
        {
            log.Write("Init", EventLevel.Warning, "PROXMOX_INSECURE=true: the server's certificate is not checked, and the record says so");
        }

        var options = new ProxmoxClientOptions { Log = log, Secrets = secrets };
        using var first = new ProxmoxClient(wish, options);
        var found = await Discovery.RunAsync(first, cancellation);
        return new ClusterEnvironment(
            new ProxmoxClient(found.Complete(wish), options),
            new AccessOutcome(found.Version.Version, found.StorageVm.Type, [], null, []));
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }
}
