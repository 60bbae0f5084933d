using System.Globalization;
using Foundation;
using Proxmox.Api;
using Proxmox.Machines.Login;
using Templates;

namespace Proxmox.Machines;

/// <summary>What is to be tested.</summary>
public sealed record SmokeTestRequest
{
    /// <summary>The node that the template is on.</summary>
    public required string Node { get; init; }

    /// <summary>The template's VMID.</summary>
    public required int Vmid { get; init; }

    /// <summary>The template's description: its VMID range, its time limit.</summary>
    public required Template Template { get; init; }

    /// <summary>The run.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>The user that cloud-init makes in the clone.</summary>
    public string User { get; init; } = "smoketest";

    /// <summary>The user's public key as in <c>authorized_keys</c>, or null.</summary>
    public string? SshPublicKey { get; init; }

    /// <summary>How many times as long as its template says the clone may take: an emulated one takes several times as long.</summary>
    public int Patience { get; init; } = 1;

    /// <summary>How to log in to the clone as that user; null when nobody does.</summary>
    public CloneLogin? Login { get; init; }
}

/// <summary>What the test found.</summary>
/// <param name="Status"><c>passed</c>, or <c>skipped</c>; a test that does not pass ends in a failure.</param>
/// <param name="GuestAgent">Whether the guest agent answered.</param>
/// <param name="Network">Whether the guest had an address.</param>
/// <param name="Address">The address.</param>
/// <param name="Os">The operating system's name for people, as the guest says.</param>
public sealed record SmokeTestResult(string Status, bool GuestAgent, bool Network, string Address, string Os)
{
    /// <summary>Why there was no test, which the template says; null when there was one.</summary>
    public string? Reason { get; init; }

    /// <summary>What a login to the clone showed; null when there was none.</summary>
    public CloneLoginResult? Login { get; init; }
}

/// <summary>Clones a template, boots the clone, waits for the guest agent and an address, and destroys the clone in any case.</summary>
public sealed class SmokeTest(ProxmoxClient client, IRunLog log)
{
    internal const string Stage = "SmokeTest";
    private const string UnknownOs = "an operating system that its agent does not tell";

    /// <summary>Kinds of storage whose templates can be cloned without copying; on files it depends on the format.</summary>
    private static readonly string[] LinkingStorages = ["lvmthin", "zfspool", "zfs", "rbd", "btrfs"];

    /// <summary>Runs the test.</summary>
    /// <exception cref="FailureException">The clone did not come up; the reason says how far it came.</exception>
    public async Task<SmokeTestResult> RunAsync(SmokeTestRequest request, CancellationToken cancellation = default)
    {
        if (request.Template.SmokeTest.Skip is { Length: > 0 } reason)
        {
            log.Write(Stage, EventLevel.Warning, $"No clone is tested, and the record says so: {reason}");
            return new SmokeTestResult("skipped", GuestAgent: false, Network: false, "", "") { Reason = reason };
        }

        var clone = 0;
        try
        {
            // Noted before the call is made: a clone whose answer never arrived is one to destroy as well.
            clone = await CloneAsync(request, id => clone = id, cancellation);
            return await BootAsync(request, clone, cancellation);
        }
        catch (Exception error) when (error is ProxmoxApiException or ProxmoxTaskException)
        {
            throw ProxmoxFailure.From(error, $"The smoke test of {request.Template.Id} (VM {request.Vmid}) failed");
        }
        finally
        {
            if (clone != 0)
            {
                await DestroyAsync(request, clone);
            }
        }
    }

    private async Task<int> CloneAsync(SmokeTestRequest request, Action<int> starting, CancellationToken cancellation)
    {
        var template = client.Node(request.Node).Qemu(request.Vmid);
        var config = await template.GetConfigAsync(cancellation);
        var full = !await CanLinkAsync(request.Node, VmFacts.Of(config), cancellation);
        var marker = new VmMarker(VmPurpose.SmokeTest, request.Template.Id, request.Chain.ToString())
        {
            Owner = VmMarker.ThisProcess,
            Until = client.Options.Time.GetUtcNow() + Limit(request) + TimeSpan.FromMinutes(30),
        };
        var pool = client.Connection.Pool is { Length: > 0 } name ? name : null;
        var clone = await new VmidAllocator(client).TakeAsync(
            request.Template.Vmid,
            async id =>
            {
                starting(id);
                var upid = await template.CloneAsync(
                    id, $"smoke-{request.Template.Id.Replace('_', '-')}-{id.ToString(CultureInfo.InvariantCulture)}", marker.ToString(), full,
                    full ? client.Connection.StorageVm : null, pool, cancellation);
                try
                {
                    await client.WaitForTaskAsync(upid, line => log.Write(Stage, EventLevel.Debug, line), cancellation);
                }
                catch (OperationCanceledException)
                {
                    // The node removes what a stopped clone has made so far.
                    await TaskStop.StopAsync(client, upid);
                    throw;
                }
            },
            cancellation);
        log.Write(Stage, EventLevel.Info, $"Cloned {request.Vmid} to {clone} ({(full ? "full" : "linked")})");
        if (VmFacts.Of(config).Cdrom.Any(c => c.Volume.Contains("cloudinit", StringComparison.Ordinal)) && Seed(request) is { Count: > 0 } seed)
        {
            await client.Node(request.Node).Qemu(clone).SetConfigAsync(seed, cancellation);
        }

        return clone;
    }

    /// <summary>What cloud-init is to make of the clone.</summary>
    private static Dictionary<string, string> Seed(SmokeTestRequest request)
    {
        var seed = new Dictionary<string, string>();
        if (request.SshPublicKey is { } key)
        {
            seed["ciuser"] = request.User;

            // The API wants the key URL-encoded within the parameter.
            seed["sshkeys"] = Uri.EscapeDataString(key.Trim());
            seed["ipconfig0"] = "ip=dhcp";
        }

        if (request.Template.Network is { } network)
        {
            seed["ipconfig0"] = $"ip={network.Address},gw={network.Gateway}";
            if (network.Dns.Count > 0)
            {
                seed["nameserver"] = string.Join(' ', network.Dns);
            }
        }

        return seed;
    }

    private async Task<SmokeTestResult> BootAsync(SmokeTestRequest request, int clone, CancellationToken cancellation)
    {
        await client.WaitForTaskAsync(
            await client.Node(request.Node).Qemu(clone).StartAsync(cancellation), line => log.Write(Stage, EventLevel.Debug, line), cancellation);
        var vm = client.Watching.Node(request.Node).Qemu(clone);
        var time = client.Options.Time;
        var started = time.GetTimestamp();
        var agent = false;
        string? last = null;
        for (var delay = TimeSpan.FromMilliseconds(100);; delay = delay < TimeSpan.FromSeconds(3) ? delay * 2 : TimeSpan.FromSeconds(3))
        {
            if ((await vm.GetStatusAsync(cancellation)).Status != "running")
            {
                throw Failed(request, $"the clone {clone} stopped by itself {Seconds(time.GetElapsedTime(started))} after it was started");
            }

            last = await vm.PingAgentAsync(cancellation);
            if (last is null)
            {
                agent = true;
                if (await AddressAsync(vm, cancellation) is { } address)
                {
                    var os = await OsAsync(vm, cancellation);
                    log.Write(Stage, EventLevel.Info, $"The clone {clone} runs {os.Name} and has the address {address}");
                    RequireSystem(request, os);
                    return new SmokeTestResult("passed", GuestAgent: true, Network: true, address, os.Name) { Login = await LogInAsync(request, clone, address, cancellation) };
                }
            }

            if (time.GetElapsedTime(started) > Limit(request))
            {
                throw Failed(request, agent
                    ? $"the guest agent of the clone {clone} answers, but the guest has no address after {Seconds(Limit(request))}; {(request.Template.Network is null ? $"is there a DHCP server on {client.Connection.Bridge}?" : $"does cloud-init in it take {request.Template.Network.Address} from its drive?")}"
                    : $"the guest agent of the clone {clone} did not answer within {Seconds(Limit(request))} ({last})");
            }

            await Task.Delay(delay, time, cancellation);
        }
    }

    /// <exception cref="FailureException">It cannot be logged in to, or what is seen in it makes the template unfit.</exception>
    private async Task<CloneLoginResult?> LogInAsync(SmokeTestRequest request, int clone, string address, CancellationToken cancellation)
    {
        if (request.Login is not { } login)
        {
            return null;
        }

        CloneLoginResult result;
        try
        {
            result = await new CloneShell(login, client.Options.Time).LookAsync(address, request.User, Limit(request), cancellation);
        }
        catch (CloneLoginException error)
        {
            throw Failed(request, $"the clone {clone} is up, but {error.Message}");
        }

        if (result.Findings is not { } findings)
        {
            log.Write(Stage, EventLevel.Info, $"Nobody logged in to the clone {clone}, and the record says so: {result.NotRecorded}");
            return result;
        }

        if (findings.Faults.ToList() is { Count: > 0 } faults)
        {
            throw Failed(request, $"in the clone {clone} {string.Join("; ", faults)}");
        }

        foreach (var doubt in findings.Doubts)
        {
            log.Write(Stage, EventLevel.Warning, $"In the clone {clone} {doubt}");
        }

        log.Write(Stage, EventLevel.Info, $"{request.User} logged in to the clone {clone}: cloud-init is {findings.CloudInit ?? "not told"}, the system {findings.System ?? "not told"}");
        return result;
    }

    private static async Task<string?> AddressAsync(VmApi vm, CancellationToken cancellation)
    {
        try
        {
            var addresses = await vm.GetAgentAddressesAsync(cancellation);
            return addresses.Count > 0 ? addresses[0] : null;
        }
        catch (ProxmoxApiException error) when (error.Status == 500)
        {
            // The agent was there a moment ago and is busy now.
            return null;
        }
    }

    // An agent that does not tell its system (a policy, an old one) is an agent all the same.
    private async Task<GuestOs> OsAsync(VmApi vm, CancellationToken cancellation)
    {
        try
        {
            var os = await vm.GetAgentOsAsync(cancellation);
            return os.Name.Length > 0 ? os : os with { Name = UnknownOs };
        }
        catch (ProxmoxApiException error)
        {
            log.Write(Stage, EventLevel.Warning, $"The guest agent does not tell the operating system ({error.Reason})");
            return new GuestOs(UnknownOs, "", "");
        }
    }

    /// <exception cref="FailureException">The guest is another system than the template says.</exception>
    private static void RequireSystem(SmokeTestRequest request, GuestOs os)
    {
        if (SystemAgreement.WithGuest(request.Template, os.Id, os.Version) is { } why)
        {
            throw new FailureException(
                FailureKind.Task, $"The smoke test of {request.Template.Id} (VM {request.Vmid}) failed", $"the clone runs {os.Name}: {why}",
                "Let iso, os_version and what the unattended files install say the same system in template.json");
        }
    }

    private async Task DestroyAsync(SmokeTestRequest request, int clone)
    {
        // Another client may have been given the VMID when our clone failed before it was made.
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var config = await client.Node(request.Node).Qemu(clone).GetConfigAsync(limit.Token);
            if (VmMarker.Parse(config.Description)?.Chain != request.Chain.ToString())
            {
                return;
            }
        }
        catch (ProxmoxApiException error) when (error.NotFound)
        {
            return;
        }
        catch (Exception error) when (error is ProxmoxApiException or OperationCanceledException)
        {
            // A clone that failed is gone, and with it the place in the pool from which the right to look at it came.
            if (error is not ProxmoxApiException { Status: 403 } || !await VmRemoval.IsGoneAsync(client, clone))
            {
                log.Write(Stage, EventLevel.Error, $"VM {clone} could not be looked at ({error.Message}); {VmRemoval.ByNextRun}");
            }

            return;
        }

        await VmRemoval.RemoveAtEndAsync(client, request.Node, clone, VmRemoval.ByNextRun, log, Stage);
    }

    private async Task<bool> CanLinkAsync(string node, VmFacts facts, CancellationToken cancellation)
    {
        var types = (await client.Node(node).GetStoragesAsync(cancellation)).ToDictionary(s => s.Storage, s => s.Type);
        return facts.Disks.All(d => types.TryGetValue(d.Storage, out var type)
            && (LinkingStorages.Contains(type) || d.Volume.EndsWith(".qcow2", StringComparison.Ordinal) || d.Volume.EndsWith(".vmdk", StringComparison.Ordinal)));
    }

    private static FailureException Failed(SmokeTestRequest request, string why) => new(
        FailureKind.Task, $"The smoke test of {request.Template.Id} (VM {request.Vmid}) failed", why,
        "Build it with --target=PackerBuild, which keeps the template, start a clone of it by hand and look at its console");

    private static TimeSpan Limit(SmokeTestRequest request) => TimeSpan.FromSeconds(request.Template.SmokeTest.TimeoutSeconds) * request.Patience;

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s";
}
