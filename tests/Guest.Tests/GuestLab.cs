using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Guest.Network;

namespace Guest.Tests;

/// <summary>A running guest on its own network, with a folder for the clients' files.</summary>
internal sealed class GuestLab : IAsyncDisposable
{
    private readonly List<TcpListener> listeners = [];
    private readonly ConcurrentQueue<string> log = [];
    private readonly ConcurrentQueue<GuestCommand> commands = [];

    private GuestLab(GuestSystem system, Func<GuestCommand, int>? exitCode)
    {
        Network = GuestNetwork.Start();
        Address = Network.Allocate();
        Guest = RunningGuest.Start(system, Network, Address, new GuestRecorder(log.Enqueue, c =>
        {
            commands.Enqueue(c);
            return exitCode?.Invoke(c) ?? 0;
        }));
        Folder = Directory.CreateTempSubdirectory("guest-tests-").FullName;
    }

    public GuestNetwork Network { get; }

    public IPAddress Address { get; }

    public RunningGuest Guest { get; }

    public string Folder { get; }

    public string Log => string.Join('\n', log);

    public IReadOnlyList<GuestCommand> Commands => [.. commands];

    public static GuestLab Start(GuestSystem system, Func<GuestCommand, int>? exitCode = null) => new(system, exitCode);

    public static GuestSystem Linux(params GuestAccount[] accounts) => new()
    {
        OsId = "rocky", PrettyName = "Rocky Linux 9.6 (Blue Onyx)", VersionId = "9.6", HostName = "rocky-9", Ssh = true, Accounts = accounts,
    };

    public static GuestSystem Windows(WinRmListener listener, params GuestAccount[] accounts) => new()
    {
        OsId = "mswindows", PrettyName = "Windows Server 2022", VersionId = "10.0.20348", HostName = "WIN-2022", IsWindows = true,
        WinRm = listener, Accounts = accounts,
    };

    /// <summary>Makes a key pair in the folder and gives the private file's path and the public line.</summary>
    public async Task<(string Path, string Line)> KeyAsync(string type, int? bits = null)
    {
        var path = Path.Combine(Folder, $"key-{type}-{bits}-{Guid.NewGuid():N}");
        string[] size = bits is null ? [] : ["-b", $"{bits}"];
        var made = await Tool.RunAsync("ssh-keygen", ["-q", "-t", type, .. size, "-m", type == "ed25519" ? "RFC4716" : "PEM", "-N", "", "-f", path]);
        Assert.That(made.ExitCode, Is.Zero, made.Output);
        return (path, (await File.ReadAllTextAsync(path + ".pub")).Trim());
    }

    /// <summary>Opens a loopback port that leads through the SOCKS proxy to a port of the guest.</summary>
    public int Forward(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        listeners.Add(listener);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                _ = Task.Run(async () =>
                {
                    using (client)
                    {
                        using var guest = await SocksAsync(Address.ToString(), port);
                        var streams = (client.GetStream(), guest.GetStream());
                        await Task.WhenAny(streams.Item1.CopyToAsync(streams.Item2), streams.Item2.CopyToAsync(streams.Item1));
                    }
                });
            }
        });
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Connects through the SOCKS proxy; throws with the reply code when refused.</summary>
    public async Task<TcpClient> SocksAsync(string host, int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Network.SocksPort);
        var stream = client.GetStream();
        byte[] name = System.Text.Encoding.ASCII.GetBytes(host);
        await stream.WriteAsync((byte[])[5, 1, 0, 5, 1, 0, 3, (byte)name.Length, .. name, (byte)(port >> 8), (byte)port]);
        var reply = new byte[12];
        await stream.ReadExactlyAsync(reply);
        return reply[3] == 0 ? client : throw new IOException($"SOCKS reply {reply[3]}");
    }

    public async ValueTask DisposeAsync()
    {
        listeners.ForEach(l => l.Dispose());
        await Guest.DisposeAsync();
        await Network.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
