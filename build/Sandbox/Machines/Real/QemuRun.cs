using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Qemu;
using Qemu.Disks;
using Qemu.Running;
using Sandbox.Api;
using Sandbox.Tasks;

namespace Sandbox.Machines.Real;

/// <summary>A VM that runs in QEMU.</summary>
internal sealed class QemuRun : RunningMachine, IMachineAgent
{
    /// <summary>The type of the task that runs as long as QEMU does; a real node has none of the kind.</summary>
    public const string RunTask = "sandbox-qemu";

    // The server's own.
    private static readonly TimeSpan DefaultShutdown = TimeSpan.FromSeconds(60);

    private readonly NodeServices node;
    private readonly QemuEngine engine;
    private readonly QemuMachine description;
    private readonly TaskEntry task;
    private readonly TaskLog log;
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<string, string> media;
    private readonly Task ready;
    private QemuProcess? process;
    private TypingPace? typing;

    public QemuRun(NodeServices node, QemuEngine engine, MachineStart start, QemuMachine description)
        : base(start)
    {
        (this.node, this.engine, this.description) = (node, engine, description);
        media = Media();
        task = node.Tasks.Begin(Machine.Node, RunTask, Id.ToString(CultureInfo.InvariantCulture), start.User);
        log = new TaskLog(task);
        var seeds = Machine.Drives.Where(d => Machine.IsCloudInit(d.Drive)).Select(d => d.Drive["file"]!).ToList();
        var password = Machine.CloudInitPassword;
        ready = Task.Run(() => StartAsync(seeds, password), CancellationToken.None);
    }

    public override Task Ready => ready;

    public override string RunState => process is { HasDiskError: true } ? "io-error" : base.RunState;

    public override bool? HasSystem => null;

    public override bool CanKeepMemory => false;

    public override IMachineAgent Agent => this;

    /// <summary>QEMU, for what shows its screen.</summary>
    /// <exception cref="ApiException">It does not run.</exception>
    public QemuProcess Process => process ?? throw ApiException.Failed($"VM {Id} not running");

    public override async Task TypeKeyAsync(string key, CancellationToken cancellation)
    {
        await (typing?.CatchUpAsync(cancellation) ?? Task.CompletedTask);
        await DoAsync(() => Process.SendKeyAsync(key, cancellation));
    }

    public override async Task<Stream?> OpenScreenAsync(string password, CancellationToken cancellation)
    {
        var qemu = Process;
        await DoAsync(() => qemu.SetVncPasswordAsync(password, cancellation));
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(qemu.VncSocket), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw ApiException.Failed($"the screen of VM {Id} cannot be opened: {e.Message}");
        }
    }

    public override async Task PauseAsync(bool paused, CancellationToken cancellation)
    {
        await DoAsync(() => paused ? Process.PauseAsync(cancellation) : Process.ResumeAsync(cancellation));
        Paused = paused;
    }

    public override async Task<string?> ShutDownAsync(bool byAgent, TimeSpan? timeout, CancellationToken cancellation)
    {
        var qemu = Process;
        try
        {
            if (byAgent && await AnswersAsync(cancellation))
            {
                await qemu.AskAgentAsync("guest-shutdown", null, cancellation);
            }
            else
            {
                await qemu.PowerDownAsync(cancellation);
            }
        }
        catch (Exception e) when (e is QemuException or AgentException)
        {
            return qemu.Ended.IsCompleted ? null : "VM quit/powerdown failed";
        }

        await Task.WhenAny(qemu.Ended, Task.Delay(timeout ?? DefaultShutdown, node.Time, cancellation));
        cancellation.ThrowIfCancellationRequested();
        return qemu.Ended.IsCompleted ? null : "VM quit/powerdown failed - got timeout";
    }

    public override void ConfigChanged()
    {
        var now = Media();
        foreach (var (drive, volume) in now.Where(m => media.TryGetValue(m.Key, out var before) && before != m.Value))
        {
            media[drive] = volume;
            engine.Enqueue(async () =>
            {
                if (!Stopped)
                {
                    await ready;
                    await Process.ChangeMediumAsync(drive, engine.FileOf(Machine, volume), stopping.Token);
                }
            });
        }
    }

    public override void DiskResized(string drive, long bytes)
    {
        if (!drive.StartsWith("efidisk", StringComparison.Ordinal))
        {
            engine.Enqueue(() => Stopped ? Task.CompletedTask : Process.ResizeAsync(drive, bytes, stopping.Token));
        }
    }

    public async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            await ready;
            await Process.AskAgentAsync("guest-ping", null, cancellation);
            return true;
        }
        catch (Exception e) when (e is QemuException or AgentException or ApiException)
        {
            return false;
        }
    }

    public async Task<JsonNode?> DoAsync(string command, JsonObject arguments, CancellationToken cancellation)
    {
        try
        {
            return await Process.AskAgentAsync(command, arguments, cancellation);
        }
        catch (Exception e) when (e is QemuException or AgentException)
        {
            throw ApiException.Failed(e.Message);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        try
        {
            await ready;
        }
        catch (Exception e) when (e is ApiException or OperationCanceledException)
        {
            // Told to who started it.
        }

        var lastWords = process is { Ended.IsCompleted: true } ? await process.Ended : null;
        if (process is not null)
        {
            await DetachAsync();
            await process.DisposeAsync();
        }

        lock (node.Gate)
        {
            node.Tasks.End(task, lastWords ?? "OK");
        }

        stopping.Dispose();
    }

    private static async Task DoAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (QemuException e)
        {
            throw ApiException.Failed(e.Message);
        }
    }

    private Dictionary<string, string> Media() =>
        Machine.Drives.Where(d => Machine.IsCdrom(d.Drive) && !Machine.IsCloudInit(d.Drive)).ToDictionary(d => d.Name, d => d.Drive["file"]!, StringComparer.Ordinal);

    private async Task StartAsync(IReadOnlyList<string> seeds, string? password)
    {
        try
        {
            await engine.Files.SettledAsync();
            foreach (var seed in seeds)
            {
                var drive = CloudInitDrive.Of(Id, description.Config, password, description.Address is null ? null : QemuMachine.NameServer);
                await drive.WriteAsync(engine.Real.Tools, engine.FileOf(Machine, seed)!.Path, stopping.Token);
            }

            var started = await QemuProcess.StartAsync(engine.Real.Tools, description, engine.Real.Accelerator, engine.Marks, stopping.Token);
            (process, typing) = (started, new TypingPace(node.Time, () => ProcessorWait.Of(started.Id)));
        }
        catch (Exception e) when (e is QemuException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            log.Write(e.Message);
            throw ApiException.Failed(e is OperationCanceledException ? $"VM {Id} was switched off" : e.Message);
        }

        log.Write($"QEMU {process.Version} with {engine.Real.Accelerator.Name}, process {process.Id}");
        node.Log($"VM {Id}: runs in QEMU {process.Version} with {engine.Real.Accelerator.Name}");
        foreach (var (port, at) in description.Address is null ? new Dictionary<int, int>() : process.Ports)
        {
            node.Runtime.Network.Attach(description.Address!, port, (stream, cancellation) => ForwardAsync(stream, at, cancellation));
        }

        _ = WatchAsync(process);
    }

    private async Task WatchAsync(QemuProcess qemu)
    {
        var lastWords = await qemu.Ended;
        lock (node.Gate)
        {
            if (Stopped)
            {
                return;
            }

            log.Write(lastWords ?? "the guest has switched the VM off");
            node.Log($"VM {Id}: {lastWords ?? "the guest has switched it off"}");
            if (lastWords is not null)
            {
                node.Runtime.Failures.Tell(this, lastWords);
            }
        }

        await node.Runtime.StopAsync(Machine, this);
        node.Save();
    }

    private async Task DetachAsync()
    {
        if (description.Address is { } address)
        {
            foreach (var port in process!.Ports.Keys)
            {
                await node.Runtime.Network.DetachAsync(address, port);
            }
        }
    }

    private static async Task ForwardAsync(Stream client, int port, CancellationToken cancellation)
    {
        using var guest = new TcpClient { NoDelay = true };
        try
        {
            await guest.ConnectAsync(IPAddress.Loopback, port, cancellation);
            await using var stream = guest.GetStream();
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var there = client.CopyToAsync(stream, over.Token);
            var back = stream.CopyToAsync(client, over.Token);

            // The guest's end ends both; the client's end is told to the guest, which may still answer.
            if (await Task.WhenAny(there, back) == there && there.IsCompletedSuccessfully)
            {
                guest.Client.Shutdown(SocketShutdown.Send);
                await back;
            }

            await over.CancelAsync();
            await Task.WhenAll(Quiet(there), Quiet(back));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of them has gone.
        }
    }

    private static async Task Quiet(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of them has gone.
        }
    }
}
