using Foundation;
using Proxmox.Access;
using Sandbox;
using Templates;

namespace Proxmox.Tests.Support;

/// <summary>A sandbox node of its own for a test, with an administrator's client and the login of builds.</summary>
internal sealed class SandboxFixture : IAsyncDisposable
{
    public const string Sha256 = "1111111111111111111111111111111111111111111111111111111111111111";

    private readonly string folder;
    private readonly List<ProxmoxClient> clients = [];

    private SandboxFixture(SandboxNode node, string folder)
    {
        Node = node;
        this.folder = folder;
        Admin = Client(new ProxmoxCredentials { Username = SandboxNode.RootUser, Password = node.RootPassword });
    }

    public SandboxNode Node { get; }

    public ListLog Log { get; } = new();

    public ProxmoxClient Admin { get; }

    public static VmidRange Range { get; } = new() { First = 9000, Last = 9004 };

    public static IsoImage Iso { get; } = new() { File = "test.iso", Urls = ["https://mirror.example/test.iso"], Sha256 = Sha256 };

    public static AccessScope Scope { get; } = new()
    {
        Nodes = ["pve"], StorageVm = "local-lvm", StorageIso = "local", Bridge = "vmbr0", Vmids = [Range],
    };

    public static Template Template { get; } = new()
    {
        Id = "test-1", Vmid = Range, SmokeTest = new SmokeTestSettings { TimeoutSeconds = 5 }, Hardware = new Hardware { OsType = "l26" },
    };

    public static ChainId Chain { get; } = new(UtcStamp.From(new DateTimeOffset(2026, 11, 22, 19, 16, 27, TimeSpan.Zero)), "test-1");

    public static Task<SandboxFixture> StartAsync(string version = "9", params string[] faults) => StartAsync(null, version, faults);

    public static Task<SandboxFixture> StartAsync(RealMachines? machines, string version = "9", params string[] faults) =>
        StartAsync(TimeSpan.Zero, machines, version, faults);

    /// <param name="statusLag">How old the cluster's lists may be.</param>
    /// <param name="machines">What runs in VMs, or null for a simulation.</param>
    /// <param name="version">The version of Proxmox VE.</param>
    /// <param name="faults">What goes wrong.</param>
    public static async Task<SandboxFixture> StartAsync(TimeSpan statusLag, RealMachines? machines = null, string version = "9", params string[] faults)
    {
        var folder = Path.Combine(Path.GetTempPath(), "proxmox-tests-" + Guid.NewGuid().ToString("N"));
        var node = await SandboxNode.StartAsync(new SandboxOptions
        {
            StateDirectory = folder,
            PveVersion = version,
            StatusLag = statusLag,
            RealMachines = machines,
            IsoCatalogue = [new SandboxMedium(Iso.File, [.. Iso.Urls.Select(u => new Uri(u))], Sha256)],
            Faults = [.. faults.Select(SandboxFault.Parse)],
        });
        return new SandboxFixture(node, folder);
    }

    public ProxmoxClient Client(ProxmoxCredentials credentials, ProxmoxClientOptions? options = null)
    {
        var client = new ProxmoxClient(
            new ProxmoxConnection
            {
                Url = Node.Url, Credentials = credentials, CertificateFile = Node.CertificateFile,
                Node = "pve", StorageVm = "local-lvm", StorageIso = "local", Bridge = "vmbr0",
            },
            options);
        clients.Add(client);
        return client;
    }

    /// <summary>A client with the login that Init makes.</summary>
    public async Task<ProxmoxClient> BuilderAsync()
    {
        var bootstrap = new AccessBootstrap(Admin, Log);
        var result = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(new AccessRequest { Scope = Scope }));
        return Client(result.Credentials);
    }

    /// <summary>A client with the login that Init makes for a pool, as Init does it by itself.</summary>
    public async Task<ProxmoxClient> BuilderInPoolAsync(string bridge = "vmbr0", int? vlan = null)
    {
        using var administrator = new ProxmoxClient(Admin.Connection with { Bridge = bridge, Vlan = vlan });
        var connection = (await Discovery.RunAsync(administrator)).Complete(administrator.Connection) with { Pool = "packer" };
        var bootstrap = new AccessBootstrap(administrator, Log);
        var result = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(new AccessRequest { Scope = AccessScope.Of(connection, []) }));
        return new ProxmoxClient(connection with { Credentials = result.Credentials });
    }

    /// <summary>Makes a VNet in a zone of its own.</summary>
    public async Task CreateVNetAsync(string zone, string vnet)
    {
        Task Send(HttpMethod method, string path, Transport.ApiParameters parameters) => Admin.SendAsync(new(method, path) { Parameters = parameters }, CancellationToken.None);
        await Send(HttpMethod.Post, "/cluster/sdn/zones", new() { { "zone", zone }, { "type", "simple" } });
        await Send(HttpMethod.Post, "/cluster/sdn/vnets", new() { { "vnet", vnet }, { "zone", zone } });
        await Admin.WaitForTaskAsync(await Admin.SendAsync<string>(new(HttpMethod.Put, "/cluster/sdn"), CancellationToken.None));
    }

    /// <summary>Makes a VM without an operating system.</summary>
    public static async Task CreateVmAsync(ProxmoxClient client, int vmid, string name = "vm", string description = "", bool template = false)
    {
        var settings = new Dictionary<string, string>
        {
            ["name"] = name, ["memory"] = "512", ["cores"] = "1", ["ostype"] = "l26", ["scsihw"] = "virtio-scsi-single",
            ["scsi0"] = "local-lvm:1", ["net0"] = "virtio,bridge=vmbr0",
        };
        if (description.Length > 0)
        {
            settings["description"] = description;
        }

        await client.WaitForTaskAsync(await client.Node("pve").CreateVmAsync(vmid, settings));
        if (template)
        {
            await client.WaitForTaskAsync(await client.Node("pve").Qemu(vmid).MakeTemplateAsync());
        }
    }

    public async Task<IReadOnlyList<int>> VmidsAsync() => [.. (await Admin.Cluster.GetVmsAsync()).Select(v => v.Vmid).Order()];

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(c => c.Dispose());
        await Node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
