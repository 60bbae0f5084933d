using System.Net;
using Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Qemu.Running;
using Sandbox.Api;
using Sandbox.Endpoints;
using Sandbox.Machines.Real;

namespace Sandbox;

/// <summary>
/// A Proxmox VE node for trying things: it speaks the API over HTTPS on the loopback address, keeps users, privileges,
/// storages and VMs, and lets a simulated installer and guest work inside of started VMs. Nothing of it leaves this
/// machine, and no command that a client gives is run.
/// </summary>
public sealed class SandboxNode : IAsyncDisposable
{
    private readonly NodeServices node;
    private readonly WebApplication web;
    private readonly StateFolder folder;

    private SandboxNode(NodeServices node, WebApplication web, StateFolder folder)
    {
        (this.node, this.web, this.folder) = (node, web, folder);
        var address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Url = new Uri($"https://127.0.0.1:{new Uri(address).Port}");
    }

    /// <summary>The address without <c>/api2/json</c>: <c>https://127.0.0.1:port</c>.</summary>
    public Uri Url { get; }

    /// <summary>A PEM file with the certificate to trust.</summary>
    public string CertificateFile => node.Paths.Certificate;

    /// <summary>The certificate's SHA-256 fingerprint, as Proxmox VE shows it.</summary>
    public string Fingerprint => node.Certificate!.Fingerprint;

    /// <summary>The node's name.</summary>
    public string NodeName => node.Options.NodeName;

    /// <summary>The administrator's name.</summary>
    public static string RootUser => Access.AccessControl.Root;

    /// <summary>The administrator's password, another one for each start.</summary>
    public string RootPassword => node.Credentials.RootPassword;

    /// <summary>The port on 127.0.0.1 of the SOCKS 5 proxy that leads to the guests.</summary>
    public int SocksPort => node.Runtime.Network.SocksPort;

    /// <summary>The port on 127.0.0.1 of the HTTP proxy that leads to the guests.</summary>
    public int HttpProxyPort => node.Runtime.Network.HttpPort;

    /// <summary>Whether another process holds the state, so that this node works on a copy that is thrown away.</summary>
    public bool IsPrivateCopy => folder.IsPrivateCopy;

    /// <summary>Where a state went that this version cannot read, so that the node began anew; null where there was none.</summary>
    public string? SetAside => node.State.SetAside;

    /// <summary>The faults that nothing has met, as they were written.</summary>
    public IReadOnlyList<string> UnmetFaults => node.Faults.Unmet;

    internal NodeServices Services => node;

    /// <summary>Every declared endpoint: method and path as the published schema writes them.</summary>
    internal static IReadOnlyList<Endpoint> Endpoints => AllEndpoints.List;

    /// <summary>Starts a node.</summary>
    /// <exception cref="FailureException">An option is wrong, the state is damaged, or the port is taken.</exception>
    public static async Task<SandboxNode> StartAsync(SandboxOptions options, CancellationToken cancellation = default)
    {
        var folder = StateFolder.Open(options.Checked().StateDirectory, alone: options.RealMachines is not null);
        NodeServices? node = null;
        WebApplication? web = null;
        try
        {
            node = new NodeServices(options, folder.Paths, NodeState.Load(folder.Paths));
            node.Certificate = NodeCertificate.Make(options.NodeName, folder.Paths.Certificate);
            web = Listen(node);
            await web.StartAsync(cancellation);
            var sandbox = new SandboxNode(node, web, folder);
            if (sandbox.IsPrivateCopy)
            {
                node.Log("another process holds the sandbox node's state; this one works on a copy that is thrown away at the end");
            }

            return sandbox;
        }
        catch (Exception e)
        {
            await CloseAsync(web, node, folder);
            if (e is IOException)
            {
                throw new FailureException(FailureKind.Task, $"The sandbox node cannot listen on port {options.Port}", e.Message, "Choose another port, or 0 for a free one", cause: e);
            }

            throw;
        }
    }

    /// <summary>Every secret that the node gave out or was given since its start, for tests that look for them.</summary>
    public IReadOnlyCollection<string> SecretsIssued() => node.Credentials.Issued;

    /// <summary>
    /// Waits until an installation that starts from now on in this VM has failed, and says why. A real node cannot say that:
    /// a VM with a hung installer keeps running.
    /// </summary>
    public Task<string> InstallationFailureAsync(int vmid, CancellationToken cancellation) => node.Runtime.Failures.WaitAsync(vmid, cancellation);

    /// <summary>What boot loader or installer show in a VM, as text; null when nothing runs in it, or it has a screen of its own.</summary>
    public string? ScreenText(int vmid)
    {
        Machines.RunningMachine? machine;
        lock (node.Gate)
        {
            machine = node.Runtime.Find(vmid);
        }

        return machine?.ScreenText;
    }

    /// <summary>Ends real machines that a killed node left running; does nothing while a node holds the state.</summary>
    /// <param name="stateDirectory">The node's state.</param>
    /// <returns>Their VMIDs.</returns>
    public static IReadOnlyList<string> EndLeft(string stateDirectory) => StateFolder.IsHeld(stateDirectory) ? [] : QemuProcess.EndLeft(Path.Combine(stateDirectory, QemuEngine.MarksFolder));

    /// <summary>The address under which guests reach this machine's loopback address; null where it is the loopback address itself.</summary>
    public IPAddress? GuestGateway => node.Runtime.Engine.GuestGateway;

    /// <summary>What runs the VMs, for people: one or two sentences; null when they are simulated.</summary>
    public string? MachinesInWords => node.Options.RealMachines is not { } real ? null
        : $"Real machines run in QEMU with {real.Accelerator.Name}{(real.WhyEmulated is { } why ? $" ({why}), many times slower than on a cluster" : "")}. "
        + (real.Isolated
            ? $"Their guests reach nothing but Packer's files: the ports {real.Reachable[0]} to {real.Reachable[^1]} of this machine's loopback address."
            : "Their guests reach the network of this machine, and every service on its loopback address.");

    /// <summary>The TCP ports of this machine's loopback address that isolated guests reach; empty where they reach all.</summary>
    public IReadOnlyList<int> ReachablePorts => node.Options.RealMachines is { Isolated: true } real ? real.Reachable : [];

    /// <summary>What runs the VMs; null when they are simulated.</summary>
    public RealMachines? RealMachines => node.Options.RealMachines;

    /// <summary>The label that a medium on a storage has inside, which names it more surely than its file does.</summary>
    /// <param name="volumeId">The volume, such as <c>local:iso/debian-12.iso</c>.</param>
    /// <returns>Null when it is not there, or no ISO 9660 image.</returns>
    public string? MediumLabel(string volumeId)
    {
        lock (node.Gate)
        {
            var storages = node.StoragesOn(node.Options.NodeName);
            return storages.Find(volumeId) is { PlaceholderFor: null } volume ? Installer.Media.MediumLabel.Of(storages.FileOf(volume)) : null;
        }
    }

    /// <summary>How many times as long as on a real machine the boot command has to wait; zero: not at all.</summary>
    public int BootWaitFactor => node.Runtime.Engine.BootWaitFactor;

    /// <summary>Stops the VMs and the server and keeps the state.</summary>
    public ValueTask DisposeAsync() => CloseAsync(web, node, folder);

    private static WebApplication Listen(NodeServices node)
    {
        // Nothing of the usual host is wanted: no configuration from files or the environment, no console log.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(IPAddress.Loopback, node.Options.Port, listen =>
            {
                // HTTP/2 has no reason phrases, and the real server does not speak it either.
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = node.Certificate!.Certificate });
            });
        });
        var web = builder.Build();
        var dispatcher = new Dispatcher(node, new Router(AllEndpoints.List));
        web.UseWebSockets();
        ((IApplicationBuilder)web).Run(dispatcher.HandleAsync);
        return web;
    }

    private static async ValueTask CloseAsync(WebApplication? web, NodeServices? node, StateFolder folder)
    {
        if (web is not null)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await web.StopAsync(soon.Token);
            await web.DisposeAsync();
        }

        if (node is not null)
        {
            await node.DisposeAsync();
            node.Certificate?.Dispose();
        }

        folder.Dispose();
    }
}
