using System.Net;
using System.Security.Cryptography;
using Build.CommandLine;
using Build.Settings;
using Foundation;
using Packer.Staging;
using Proxmox;
using Proxmox.Access;
using Proxmox.Transport;
using Sandbox;
using Templates;

namespace Build.Environments;

/// <summary>
/// The sandbox node. Its administrator's password is new at each start and known only here; Init makes the build's user
/// with it, over the API, as it would on a cluster. The build's own secrets are new for each run as well, so that none
/// has to be kept.
/// </summary>
internal sealed class SandboxEnvironment : IBuildEnvironment
{
    // The daemon of a real node reports every ten seconds.
    private static readonly TimeSpan RealStatusLag = TimeSpan.FromSeconds(10);

    private readonly SandboxNode node;
    private readonly HttpServing http;
    private readonly IRunLog log;

    private SandboxEnvironment(SandboxNode node, ProxmoxClient client, AccessOutcome access, HttpServing http, IRunLog log)
    {
        this.node = node;
        this.log = log;
        this.http = http;
        Client = client;
        Access = access;
    }

    public string Name => "sandbox";

    public ProxmoxClient Client { get; }

    public AccessOutcome Access { get; }

    public bool KeepsVms => !node.IsPrivateCopy;

    public bool HasScreens => node.MachinesInWords is not null;

    public string? ScreenTextOf(int vmid) => node.ScreenText(vmid);

    public string Afterwards => $"The node ends with this run; ./build.sh --target={nameof(Tasks.Sandbox)}{(node.MachinesInWords is null ? "" : $" --{Options.SandboxMachines}=qemu")} runs it again and says where its proxy is, and the VM is started through its API.";

    public MachineFacts Machines => node.RealMachines is { } real ? new MachineFacts("qemu", real.Accelerator.Name, real.QemuVersion) : new MachineFacts("simulated", null, null);

    public string? MediumLabel(string volumeId) => node.MediumLabel(volumeId);

    public GuestRoute Route => new()
    {
        Http = http,
        SshProxy = new DnsEndPoint("127.0.0.1", node.SocksPort),
        HttpProxy = new Uri($"http://127.0.0.1:{node.HttpProxyPort}"),
        BootWaitFactor = node.BootWaitFactor,
        HttpAddressForGuests = node.GuestGateway,
        HttpPorts = node.ReachablePorts,
    };

    /// <summary>Starts the node alone, as the target Sandbox does.</summary>
    /// <param name="settings">Where its state is, its port and its faults.</param>
    /// <param name="catalogue">Where the list of published media is.</param>
    /// <param name="forAnyClient">Whether clients other than this program's own builds come, which wait for a real firmware.</param>
    /// <param name="cancellation">Stops the start.</param>
    public static async Task<SandboxNode> StartNodeAsync(
        BuildSettings settings, TemplateCatalogue catalogue, bool forAnyClient, CancellationToken cancellation)
    {
        var options = new SandboxOptions { StateDirectory = settings.Runtime.SandboxState, RealMachines = settings.RealMachines ? await MachinesAsync(settings, cancellation) : null };
        return await SandboxNode.StartAsync(
            options with
            {
                Port = settings.Port,
                Latency = settings.SandboxLatency,
                TaskTime = settings.SandboxTaskTime,
                StatusLag = settings.SandboxStatusLag ?? (forAnyClient ? RealStatusLag : TimeSpan.Zero),
                Nodes = settings.SandboxNodes,
                IsoCatalogue = Media(catalogue),
                PatientBootLoaders = forAnyClient,
                PveVersion = settings.SandboxVersion ?? options.PveVersion,
                FurtherStorages = settings.SandboxStorages,
                Faults = [.. settings.SandboxFaults.Select(SandboxFault.Parse)],
            },
            cancellation);
    }

    private static async Task<RealMachines> MachinesAsync(BuildSettings settings, CancellationToken cancellation)
    {
        var found = (await RealMachines.FindAsync(cancellation)) with { MediaCache = settings.Runtime.MediaCache, Proxies = new EnvironmentProxies(System.Environment.GetEnvironmentVariable) };
        return settings.IsolatedMachines ? found with { Isolated = true, Reachable = IsolatedPorts.Find() } : found;
    }

    /// <summary>Makes or checks the build's login on a node.</summary>
    /// <param name="node">The node; who started it stops it when this fails.</param>
    /// <param name="cluster">What the command line names of the node's resources.</param>
    /// <param name="http">Where Packer serves files, when somebody said so; null for the loopback address.</param>
    /// <param name="secrets">Told the secrets of the node and of the login.</param>
    /// <param name="log">Told what is made.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<SandboxEnvironment> SetUpAsync(
        SandboxNode node, ClusterSettings cluster, HttpServing? http, SecretSet secrets, IRunLog log, CancellationToken cancellation)
    {
        secrets.Add(node.RootPassword);
        if (node.IsPrivateCopy)
        {
            log.Write("Init", EventLevel.Warning, "Another run holds the sandbox node's state: this run works on a copy that is thrown away at its end");
        }

        if (node.SetAside is { } aside)
        {
            log.Write("Init", EventLevel.Warning, $"The sandbox's state is of another version of this program: it lies in {aside} now, and the sandbox begins anew");
        }

        var options = new ProxmoxClientOptions { Log = log, Secrets = secrets };
        var asRoot = cluster.InSandbox(new ProxmoxConnection
        {
            Url = node.Url,
            CertificateFile = node.CertificateFile,
            Credentials = new ProxmoxCredentials { Username = SandboxNode.RootUser, Password = node.RootPassword },
        });
        asRoot = asRoot with
        {
            Node = asRoot.Node.Length > 0 ? asRoot.Node : node.NodeName,
            StorageVm = asRoot.StorageVm.Length > 0 ? asRoot.StorageVm : "local-lvm",
            StorageIso = asRoot.StorageIso.Length > 0 ? asRoot.StorageIso : "local",
        };
        using var root = new ProxmoxClient(asRoot, options);
        var found = await Discovery.RunAsync(root, cancellation);
        var connection = found.Complete(asRoot);
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        secrets.Add(password);

        var bootstrap = new AccessBootstrap(root, log);
        var auto = asRoot.Node == Discovery.AutoNode;
        var request = new AccessRequest
        {
            Scope = AccessScope.Of(connection, []) with { Nodes = auto ? [.. found.Nodes.Select(n => n.Node)] : [connection.Node], AutoNode = auto },
        };

        var plan = await bootstrap.PlanAsync(request with { Password = password, RotateToken = true }, cancellation);

        // Renewing the secrets is no change of who may do what, so it alone leaves no record.
        var changes = plan.Changes.Where(c => !c.IsRenewal).Select(c => c.Description).ToList();
        var result = await bootstrap.ApplyAsync(plan, cancellation: cancellation);
        secrets.Add(result.Credentials.TokenSecret);
        return new SandboxEnvironment(
            node,
            new ProxmoxClient(connection with { Credentials = result.Credentials }, options),
            new AccessOutcome(found.Version.Version, found.StorageVm.Type, changes, result.Role, result.Privileges),
            http ?? HttpServing.At(IPAddress.Loopback),
            log);
    }

    public Task<string> InstallationFailureAsync(int vmid, CancellationToken cancellation) => node.InstallationFailureAsync(vmid, cancellation);

    public async ValueTask DisposeAsync()
    {
        foreach (var fault in node.UnmetFaults)
        {
            log.Write("Sandbox", EventLevel.Warning, $"--sandbox-fault={fault} had no effect: nothing in this run met it");
        }

        Client.Dispose();
        await node.DisposeAsync();
    }

    private static List<SandboxMedium> Media(TemplateCatalogue catalogue) =>
        [.. PublishedMedia.Read(catalogue.Root).Select(m => new SandboxMedium(m.File, [.. m.Urls.Select(u => new Uri(u))], m.Sha256))];
}
