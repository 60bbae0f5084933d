using System.Buffers.Binary;
using System.IO.Pipes;
using System.Net.Sockets;

namespace Records.Signing;

/// <summary>
/// A client of ssh-agent (draft-ietf-sshm-ssh-agent): over the socket in <c>SSH_AUTH_SOCK</c>, or the pipe of Windows'
/// own agent.
/// </summary>
internal static class SshAgent
{
    private const byte RequestIdentities = 11;
    private const byte IdentitiesAnswer = 12;
    private const byte SignRequest = 13;
    private const byte SignResponse = 14;
    private const uint RsaSha512 = 4;
    private const int MaxAnswer = 256 * 1024;

    /// <summary>The agent's keys: public key and comment.</summary>
    /// <exception cref="IOException">There is no agent or it does not answer.</exception>
    public static IReadOnlyList<(byte[] PublicKey, string Comment)> Identities(string? socket)
    {
        var reader = new SshReader(Ask(socket, [RequestIdentities]));
        if (reader.Byte() != IdentitiesAnswer)
        {
            throw new IOException("the ssh-agent does not list its keys");
        }

        try
        {
            var keys = new List<(byte[], string)>();
            for (var left = reader.UInt32(); left > 0; left--)
            {
                keys.Add((reader.Bytes().ToArray(), reader.Text()));
            }

            return keys;
        }
        catch (FormatException e)
        {
            throw Unreadable(e);
        }
    }

    internal static byte[] Sign(string? socket, byte[] publicKey, byte[] data)
    {
        var isRsa = new SshReader(publicKey).Text() == "ssh-rsa";
        var request = new SshWriter().Byte(SignRequest).String(publicKey).String(data).UInt32(isRsa ? RsaSha512 : 0);
        var reader = new SshReader(Ask(socket, request.ToArray()));
        if (reader.Byte() != SignResponse)
        {
            throw new IOException("the ssh-agent refuses to sign with this key");
        }

        try
        {
            return reader.Bytes().ToArray();
        }
        catch (FormatException e)
        {
            throw Unreadable(e);
        }
    }

    private static byte[] Ask(string? socket, byte[] request)
    {
        try
        {
            using var stream = Connect(socket);
            stream.Write(new SshWriter().String(request).ToArray());
            stream.Flush();
            var size = new byte[4];
            stream.ReadExactly(size);
            var length = BinaryPrimitives.ReadUInt32BigEndian(size);
            if (length is 0 or > MaxAnswer)
            {
                throw new IOException("the ssh-agent's answer has an impossible length");
            }

            var answer = new byte[length];
            stream.ReadExactly(answer);
            return answer;
        }
        catch (SocketException e)
        {
            throw new IOException($"the ssh-agent cannot be reached ({e.Message})", e);
        }
        catch (Exception e) when (e is TimeoutException or UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException($"the ssh-agent cannot be used ({e.Message})", e);
        }
    }

    private static IOException Unreadable(FormatException cause) => new("the ssh-agent's answer is cut off", cause);

    private static Stream Connect(string? path)
    {
        if (OperatingSystem.IsWindows())
        {
            var pipe = new NamedPipeClientStream(".", "openssh-ssh-agent", PipeDirection.InOut);
            pipe.Connect(2000);
            return pipe;
        }

        if (string.IsNullOrEmpty(path))
        {
            throw new IOException("there is no ssh-agent (SSH_AUTH_SOCK is not set)");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A key whose private half is in an ssh-agent.</summary>
internal sealed class AgentSigningKey(string? socket, byte[] publicKey) : ISigningKey
{
    public byte[] PublicKey => publicKey;

    public byte[] Sign(byte[] data) => SshAgent.Sign(socket, publicKey, data);

    public void Dispose()
    {
        // Each question has its own connection.
    }
}
