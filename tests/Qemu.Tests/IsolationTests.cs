using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Qemu.Arguments;

namespace Qemu.Tests;

/// <summary>
/// What a guest reaches. The guest is iPXE, which is in QEMU's network cards: it fetches a script and does what is written there,
/// one line after the other.
/// </summary>
[Category("RealMachine")]
internal sealed class IsolationTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [TestCase(true)]
    [TestCase(false)]
    public async Task An_isolated_guest_reaches_Packer_s_files_and_nothing_else_and_any_other_every_service_of_the_loopback_address(bool isolated)
    {
        RealMachine.Require();
        var tools = QemuTools.Require();
        var folder = Directory.CreateTempSubdirectory("qemu-tests-").FullName;
        using var other = new Requests("");
        using var packer = new Requests("");
        var packerAddress = isolated ? QemuMachine.IsolatedGateway : QemuMachine.Gateway;
        packer.Body = $"""
            #!ipxe
            imgfetch --timeout 3000 http://{QemuMachine.Gateway}:{other.Port}/gateway ||
            imgfetch --timeout 3000 http://{QemuMachine.IsolatedGateway}:{other.Port}/forwarded ||
            imgfetch http://{packerAddress}:{packer.Port}/again ||
            imgfetch http://{packerAddress}:{packer.Port}/end ||
            poweroff

            """;
        var arguments = CommandLine.Of(
            new QemuMachine
            {
                Id = 100, Config = new Dictionary<string, string> { ["memory"] = "64", ["net0"] = "virtio=BC:24:11:00:00:01,bridge=vmbr0" }, BootOrder = ["net0"],
                FileOf = _ => null, Address = IPAddress.Parse("192.0.2.10"), Isolated = isolated, Reachable = [packer.Port],
            },
            new Host(folder, Accelerator.Emulation, null)).ToList();
        var network = arguments.FindIndex(a => a.StartsWith("user,id=net0", StringComparison.Ordinal));
        arguments[network] += $",bootfile=http://{packerAddress}:{packer.Port}/script";
        using var qemu = Process.Start(new ProcessStartInfo(tools.System, arguments) { RedirectStandardError = true })!;
        var said = qemu.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAny(packer.Ended, qemu.WaitForExitAsync()).WaitAsync(Limit);
        }
        finally
        {
            qemu.Kill();
            await qemu.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }

        Assert.That(packer.Seen, Is.EqualTo(new[] { "GET /script", "GET /again", "GET /end" }), await said);
        Assert.That(other.Seen, isolated ? Is.Empty : Is.EqualTo(new[] { "GET /gateway" }));
    }

    /// <summary>A server on the loopback address that notes what it is asked for.</summary>
    private sealed class Requests : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Requests(string body)
        {
            Body = body;
            listener.Start();
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
            _ = ServeAsync();
        }

        public int Port { get; }

        public string Body { get; set; }

        /// <summary>Ends when <c>/end</c> was asked for.</summary>
        public Task Ended => ended.Task;

        public ConcurrentQueue<string> Seen { get; } = new();

        public void Dispose() => listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    await AnswerAsync(client.GetStream());
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // The test has ended.
            }
        }

        private async Task AnswerAsync(NetworkStream stream)
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var request = await reader.ReadLineAsync() ?? "";
            while (await reader.ReadLineAsync() is { Length: > 0 })
            {
                // Its headers.
            }

            var asked = string.Join(' ', request.Split(' ').Take(2));
            Seen.Enqueue(asked);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}"));
            if (asked == "GET /end")
            {
                ended.TrySetResult();
            }
        }
    }
}
