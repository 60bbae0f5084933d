using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Qemu.Arguments;

namespace Qemu.Running;

/// <summary>One VM that runs: QEMU's process with its monitor, its guest's agent and its ports.</summary>
public sealed partial class QemuProcess : IAsyncDisposable
{
    private static readonly TimeSpan Startup = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private readonly RunFolder folder;
    private readonly GuestAgent agent;
    private ChildProcess? process;
    private ChildProcess? tpm;
    private QmpClient? monitor;

    private QemuProcess(RunFolder folder)
    {
        this.folder = folder;
        agent = new GuestAgent(System.IO.Path.Combine(folder.Path, "qga0"));
    }

    /// <summary>QEMU's version.</summary>
    public string Version => Monitor.Version;

    /// <summary>The number of its process.</summary>
    public int Id => process!.Id;

    /// <summary>The guest's ports with the ports of the loopback address at which they are reached.</summary>
    public IReadOnlyDictionary<int, int> Ports { get; private set; } = new Dictionary<int, int>();

    /// <summary>The socket of the screen (RFB), which asks for a password.</summary>
    public string VncSocket => System.IO.Path.Combine(folder.Path, "vnc");

    /// <summary>Ends when QEMU has, with what it said last when it did not end well; null when it did.</summary>
    public Task<string?> Ended { get; private set; } = Task.FromResult<string?>(null);

    /// <summary>Whether QEMU has stopped the processors because a disk could not be read or written, until they are let run on.</summary>
    public bool HasDiskError { get; private set; }

    private QmpClient Monitor => monitor ?? throw new QemuException("QEMU has gone");

    /// <summary>Makes the arguments, so that what is not done here is known before anything is started.</summary>
    /// <exception cref="QemuException">A key of the configuration is not done.</exception>
    public static void Check(QemuTools tools, QemuMachine machine, Accelerator accelerator) =>
        CommandLine.Of(machine, new Host("/", accelerator, tools.Ovmf));

    /// <summary>Ends machines that a killed node left behind.</summary>
    /// <param name="marks">The folder of the marks.</param>
    /// <returns>Their VMIDs.</returns>
    public static IReadOnlyList<string> EndLeft(string marks) => RunFolder.EndLeft(marks);

    /// <summary>Starts a VM.</summary>
    /// <param name="tools">The programs.</param>
    /// <param name="machine">The VM.</param>
    /// <param name="accelerator">What makes it run.</param>
    /// <param name="marks">A folder of the node's state for its mark.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="QemuException">It does not start; the message has QEMU's last words.</exception>
    public static async Task<QemuProcess> StartAsync(QemuTools tools, QemuMachine machine, Accelerator accelerator, string marks, CancellationToken cancellation)
    {
        var folder = RunFolder.Make(marks, machine.Id);
        var started = new QemuProcess(folder);
        try
        {
            await started.StartTpmAsync(tools, machine, cancellation);
            started.process = ChildProcess.Start(tools.System, CommandLine.Of(machine, new Host(folder.Path, accelerator, tools.Ovmf)), folder);
            started.monitor = await started.ConnectAsync(cancellation);
            started.monitor.Event += started.Note;
            started.Ended = started.EndAsync();
            started.Ports = await started.PortsAsync(cancellation);
            foreach (var card in Cards.Unplugged(machine))
            {
                await started.Monitor.DoAsync("set_link", new JsonObject { ["name"] = card, ["up"] = false }, cancellation);
            }

            return started;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or TimeoutException)
        {
            await started.DisposeAsync();
            throw new QemuException($"start failed: {e.Message}", e);
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Presses keys at once and lets them go.</summary>
    /// <param name="keys">QEMU's names joined by dashes: <c>ctrl-alt-delete</c>.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="QemuException">There is no such key.</exception>
    public Task SendKeyAsync(string keys, CancellationToken cancellation) => Monitor.DoAsync(
        "send-key", new JsonObject { ["keys"] = new JsonArray([.. keys.Split('-').Select(k => (JsonNode)new JsonObject { ["type"] = "qcode", ["data"] = QCode(k) })]) }, cancellation);

    /// <summary>Gives the agent a command.</summary>
    /// <exception cref="QemuException">It does not answer.</exception>
    /// <exception cref="AgentException">It refuses.</exception>
    public Task<JsonNode?> AskAgentAsync(string command, JsonObject? arguments, CancellationToken cancellation) => agent.DoAsync(command, arguments, cancellation);

    /// <summary>Presses the power button.</summary>
    public Task PowerDownAsync(CancellationToken cancellation) => Monitor.DoAsync("system_powerdown", null, cancellation);

    /// <summary>Presses the reset button.</summary>
    public Task ResetAsync(CancellationToken cancellation) => Monitor.DoAsync("system_reset", null, cancellation);

    /// <summary>Stops the processors.</summary>
    public Task PauseAsync(CancellationToken cancellation) => Monitor.DoAsync("stop", null, cancellation);

    /// <summary>Lets the processors run on.</summary>
    public Task ResumeAsync(CancellationToken cancellation) => Monitor.DoAsync("cont", null, cancellation);

    /// <summary>Puts a medium into a CD-ROM drive, or takes it out.</summary>
    /// <param name="drive">The drive, such as <c>ide2</c>.</param>
    /// <param name="file">The medium, or null.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task ChangeMediumAsync(string drive, DiskFile? file, CancellationToken cancellation) => file is null
        ? Monitor.DoAsync("eject", new JsonObject { ["id"] = drive, ["force"] = true }, cancellation, TimeSpan.FromSeconds(60))
        : Monitor.DoAsync(
            "blockdev-change-medium",
            new JsonObject { ["id"] = drive, ["filename"] = file.Path, ["format"] = file.Format, ["read-only-mode"] = "read-only", ["force"] = true }, cancellation, TimeSpan.FromSeconds(60));

    /// <summary>Makes a disk larger while the VM runs.</summary>
    public Task ResizeAsync(string drive, long bytes, CancellationToken cancellation) =>
        Monitor.DoAsync("block_resize", new JsonObject { ["node-name"] = "drive-" + drive, ["size"] = bytes }, cancellation);

    /// <summary>Writes what is on the screen as a PNG.</summary>
    public Task ScreenshotAsync(string file, CancellationToken cancellation) =>
        Monitor.DoAsync("screendump", new JsonObject { ["filename"] = file, ["format"] = "png" }, cancellation, TimeSpan.FromSeconds(20));

    /// <summary>Sets the password of the screen, of which RFB uses eight characters.</summary>
    public Task SetVncPasswordAsync(string password, CancellationToken cancellation) =>
        Monitor.DoAsync("set_password", new JsonObject { ["protocol"] = "vnc", ["password"] = password }, cancellation);

    /// <summary>Switches the VM off, whatever it does, and removes what belonged to it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            try
            {
                if (monitor is not null && !process.Ended.IsCompleted)
                {
                    await monitor.DoAsync("quit", null, CancellationToken.None);
                }
            }
            catch (QemuException)
            {
                // It is killed below.
            }

            await EndAsync(process, monitor is null ? TimeSpan.Zero : Farewell);
        }

        if (monitor is not null)
        {
            await monitor.DisposeAsync();
        }

        if (tpm is not null)
        {
            await EndAsync(tpm, TimeSpan.FromSeconds(1));
        }

        process?.Dispose();
        tpm?.Dispose();
        agent.Dispose();
        folder.Dispose();
    }

    private static async Task EndAsync(ChildProcess child, TimeSpan patience)
    {
        await Task.WhenAny(child.Ended, Task.Delay(patience));
        if (!child.Ended.IsCompleted)
        {
            child.Kill();
        }

        await child.Ended;
    }

    // The names of the API are those of the monitor for people, which has two more for keys on the same places.
    private static string QCode(string key) => key switch { "return" => "ret", "delete" => "delete", _ => key };

    private async Task StartTpmAsync(QemuTools tools, QemuMachine machine, CancellationToken cancellation)
    {
        if (!machine.Config.TryGetValue("tpmstate0", out var text))
        {
            return;
        }

        var state = machine.FileOf(PropertyList.Parse(text, "file")["file"]!) ?? throw new QemuException("'tpmstate0' has no file");
        var version = PropertyList.Parse(text, "file")["version"] ?? "v1.2";
        var program = tools.Tpm ?? throw new QemuException("swtpm, the software TPM for 'tpmstate0', is not installed (Debian, Ubuntu: apt-get install swtpm)");
        var socket = System.IO.Path.Combine(folder.Path, "tpm");
        string[] arguments =
        [
            "socket", "--tpmstate", new OptionText().Add("backend-uri", "file://" + state.Path).Add("mode", "0600").ToString(),
            "--ctrl", new OptionText("type=unixio").Add("path", socket).Add("mode", "0600").ToString(), "--terminate", .. version == "v2.0" ? ["--tpm2"] : Array.Empty<string>(),
        ];
        tpm = ChildProcess.Start(program, arguments, folder);
        await WaitForAsync(socket, tpm, "swtpm", cancellation);
    }

    private async Task<QmpClient> ConnectAsync(CancellationToken cancellation)
    {
        var socket = System.IO.Path.Combine(folder.Path, "qmp");
        await WaitForAsync(socket, process!, "QEMU", cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Startup);
        while (true)
        {
            try
            {
                return await QmpClient.ConnectAsync(socket, limit.Token);
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or QemuException or TimeoutException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                if (process!.Ended.IsCompleted || limit.IsCancellationRequested)
                {
                    throw await FailedAsync(process, "QEMU");
                }

                await Task.Delay(20, cancellation);
            }
        }
    }

    private static async Task WaitForAsync(string socket, ChildProcess child, string name, CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; !File.Exists(socket); waited += TimeSpan.FromMilliseconds(20))
        {
            if (child.Ended.IsCompleted || waited > Startup)
            {
                throw await FailedAsync(child, name);
            }

            await Task.Delay(20, cancellation);
        }
    }

    private static async Task<QemuException> FailedAsync(ChildProcess child, string name)
    {
        if (!child.Ended.IsCompleted)
        {
            return new QemuException($"start failed: {name} does not answer within {Startup.TotalSeconds:0} seconds: {child.LastWords}");
        }

        var code = await child.Ended;
        return new QemuException($"start failed: {name} exited with code {code}: {child.LastWords}");
    }

    // QEMU's own names: qapi/block-core.json, qapi/run-state.json.
    private void Note(string name, JsonNode? data)
    {
        HasDiskError = name switch
        {
            "BLOCK_IO_ERROR" => HasDiskError || data?["action"]?.GetValue<string>() == "stop",
            "RESUME" => false,
            _ => HasDiskError,
        };
    }

    private async Task<string?> EndAsync() => await process!.Ended is 0 ? null : $"QEMU exited with code {await process.Ended}{(process.LastWords is { Length: > 0 } words ? $": {words}" : ", without a word")}";

    private async Task<IReadOnlyDictionary<int, int>> PortsAsync(CancellationToken cancellation)
    {
        var told = await Monitor.DoAsync("human-monitor-command", new JsonObject { ["command-line"] = "info usernet" }, cancellation);
        var ports = new Dictionary<int, int>();
        foreach (Match match in Forward().Matches(told?.GetValue<string>() ?? ""))
        {
            ports[int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture)] = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        }

        return ports;
    }

    //   TCP[HOST_FORWARD]   3       127.0.0.1 43879      192.0.2.17    22     0     0
    [GeneratedRegex(@"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+[0-9.]+\s+(\d+)\s")]
    private static partial Regex Forward();
}
