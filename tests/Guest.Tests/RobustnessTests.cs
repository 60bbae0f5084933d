using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Guest.Network;
using Guest.Ssh;
using Guest.WinRm;

namespace Guest.Tests;

/// <summary>Whatever arrives, a connection ends by itself and nothing else suffers.</summary>
public sealed class RobustnessTests
{
    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 300];

    // Packets with a correct frame, so that what is inside gets read.
    private static readonly Gen<byte[]> Packets = Gen.Select(Gen.Byte[0, 101], Bytes)
        .Select((type, body) => Frame([type, .. body])).Array[0, 8].Select(p => p.SelectMany(b => b).ToArray());

    private static readonly Gen<string> Names = OneOf("session", "exec", "shell", "subsystem", "sftp", "env", "publickey", "password", "packer",
        "ssh-connection", "ssh-userauth", "scp -t /tmp", "scp -rt .", "scp -f /x", "ecdsa-sha2-nistp256", "ssh-rsa", "ssh-ed25519", "", "\0");

    private static readonly Gen<byte[]> Fields = Gen.OneOf(
        Names.Select(n => new SshWriter().Text(n).Written.ToArray()),
        OneOf<uint>(0, 1, 2, 100, 1 << 20, uint.MaxValue).Select(n => new SshWriter().UInt32(n).Written.ToArray()),
        Gen.Bool.Select(b => new SshWriter().Bool(b).Written.ToArray()),
        Bytes.Select(b => new SshWriter().Bytes(b).Written.ToArray()));

    // Messages made of plausible fields.
    private static readonly Gen<byte[]> Messages = Gen.Select(Gen.Byte[1, 101], Fields.Array[0, 8])
        .Select((type, fields) => Frame([type, .. fields.SelectMany(f => f)]));

    private static readonly Gen<byte[]> Conversations = Messages.Array[0, 12].Select(m => m.SelectMany(b => b).ToArray());

    [Test]
    public void SshServerSurvivesBytes() => Gen.OneOf(Bytes, Bytes.Select(b => (byte[])[.. "SSH-2.0-x\r\n"u8, .. b]), Packets.Select(b => (byte[])[.. "SSH-2.0-x\r\n"u8, .. b]))
        .Sample(b => Ends(Ssh(), b), iter: 500);

    [Test]
    public void KeyExchangeSurvivesItsOwnOfferAndThenAnything() => Gen.Select(Packets, Gen.Bool).Sample((rest, echo) =>
    {
        var offer = Frame(new KeyExchange(first: true).Offer.ToArray());
        return Ends(Ssh(), [.. "SSH-2.0-x\r\n"u8, .. offer, .. echo ? Frame([30, 0, 0, 0, 65, 4, .. new byte[64]]) : [], .. rest]);
    }, iter: 200);

    [Test]
    public void LoginSurvivesAnything() => Conversations.Sample(bytes => Ends(
        async (stream, cancellation) =>
        {
            using var transport = new SshTransport(stream, Key, cancellation);
            await Refusing(() => new UserAuthentication(State(), transport).RunAsync(cancellation));
        },
        bytes), iter: 1000);

    [Test]
    public void ConnectionSurvivesAnything() => Conversations.Sample(bytes => Ends(
        async (stream, cancellation) =>
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var transport = new SshTransport(stream, Key, over.Token);
            var state = State();
            using var connection = new SshConnection(transport, new GuestShell(state, state.System.Accounts[0]), over);
            await Refusing(connection.RunAsync);
        },
        [.. Frame([90, .. new SshWriter().Text("session").UInt32(7).UInt32(1000).UInt32(1000).Written.Span]), .. bytes]), iter: 1000);

    [Test]
    public void SftpSurvivesAnything() => Gen.Select(Gen.Byte[0, 20], Fields.Array[0, 6]).Array[0, 10].Sample(requests =>
    {
        var bytes = requests.SelectMany(r => new SshWriter().Bytes([r.Item1, 0, 0, 0, 1, .. r.Item2.SelectMany(f => f)]).Written.ToArray()).ToArray();
        return Ends(
            async (stream, cancellation) =>
            {
                var state = State();
                using var server = new SftpServer(state, state.System.Accounts[0], stream);
                await server.RunAsync(cancellation);
            },
            bytes);
    }, iter: 500);

    [Test]
    public void ScpSinkSurvivesAnything() => OneOf("C0644 3 a\n", "abc\0", "D0755 0 d\n", "E\n", "T1 0 1 0\n", "C0644 99999999999999999999 a\n", "C0644 1 ../a\n", "\u0001x\n", "\n", "x")
        .Array[0, 12].Sample(parts => Ends(
            async (stream, cancellation) =>
            {
                var state = State();
                await new ScpSink(state, state.System.Accounts[0], new ScpCommand(true, true, false, "/tmp"), stream).RunAsync(cancellation);
                Assert.That(state.Files.All.Select(f => f.Path), Has.All.StartsWith("/tmp/").And.All.Not.Contains(".."));
            },
            Encoding.ASCII.GetBytes(string.Concat(parts))), iter: 500);

    [Test]
    public void WinRmSurvivesBytes()
    {
        var listener = new WinRmListener(Https: false, Basic: true, AllowUnencrypted: true);
        var login = Convert.ToBase64String("packer:password"u8);
        var requests = Gen.OneOf(
            Bytes,
            Bytes.Select(b => (byte[])[.. Encoding.ASCII.GetBytes($"POST /wsman HTTP/1.1\r\nAuthorization: Basic {login}\r\nContent-Length: {b.Length}\r\n\r\n"), .. b]));
        requests.Sample(bytes => Ends(async (stream, cancellation) =>
        {
            using var server = new WinRmServer(State(), listener);
            await server.ServeAsync(stream, cancellation);
        }, bytes), iter: 300);
    }

    [Test]
    public void ProxiesSurviveBytes() => Gen.OneOf(Bytes, Bytes.Select(b => (byte[])[5, 1, 0, 5, 1, 0, .. b])).Sample(bytes =>
        Ends((s, c) => SocksProxy.OpenAsync(s, (_, _) => Task.FromResult<AttachedService?>(null), c), bytes)
        && Ends((s, c) => HttpProxy.OpenAsync(s, (_, _) => Task.FromResult<AttachedService?>(null), c), bytes), iter: 500);

    [Test]
    public void CommandLinesOfAnyKindAreTakenApart() => Gen.String.Sample(line =>
    {
        var files = new GuestFiles();
        files.Store(new GuestFile("/tmp/x", 0, "", default));
        ScriptFinder.Find(line, files);
        CommandOutput.For(line, GuestLab.Linux());
        ScpCommand.Parse(line);
        PublicKey.FromLine(line);
    });

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static HostKey Key { get; } = new();

    private static GuestState State() => new(
        GuestLab.Linux(new GuestAccount { Name = "packer", Password = "password", Administrator = true }), new GuestRecorder(_ => { }));

    private static Func<Stream, CancellationToken, Task> Ssh()
    {
        var server = new SshServer(State());
        return server.ServeAsync;
    }

    private static async Task Refusing(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (SshException)
        {
            // A disconnect with a reason.
        }
    }

    /// <summary>Whether serving these bytes and then the end of the stream ends soon, with no surprise.</summary>
    private static bool Ends(Func<Stream, CancellationToken, Task> serve, byte[] bytes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            Task.Run(() => serve(new ScriptedStream(bytes), limit.Token)).GetAwaiter().GetResult();
        }
        catch (IOException)
        {
            // The end of the stream in the middle of something.
        }

        return !limit.IsCancellationRequested;
    }

    private static byte[] Frame(byte[] payload)
    {
        var padding = 8 - ((5 + payload.Length) % 8);
        padding += padding < 4 ? 8 : 0;
        var frame = new byte[5 + payload.Length + padding];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)(1 + payload.Length + padding));
        frame[4] = (byte)padding;
        payload.CopyTo(frame, 5);
        return frame;
    }

    private sealed class ScriptedStream(byte[] bytes) : DuplexStream
    {
        private int position;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var length = Math.Min(buffer.Length, bytes.Length - position);
            bytes.AsMemory(position, length).CopyTo(buffer);
            position += length;
            return ValueTask.FromResult(length);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
