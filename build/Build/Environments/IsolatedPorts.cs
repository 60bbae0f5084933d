using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Foundation;

namespace Build.Environments;

/// <summary>The ports of the loopback address at which Packer serves files to isolated guests: QEMU has to be told them before Packer chooses one.</summary>
internal static class IsolatedPorts
{
    /// <summary>How many there are; each build that runs at the same time needs one.</summary>
    public const int Count = 8;

    // Packer's own range.
    private const int First = 8000;
    private const int Blocks = 1000 / Count;

    /// <summary>Ports in a row that are all free.</summary>
    /// <exception cref="FailureException">There are none.</exception>
    public static IReadOnlyList<int> Find()
    {
        var start = RandomNumberGenerator.GetInt32(Blocks);
        for (var block = 0; block < Blocks; block++)
        {
            var ports = Enumerable.Range(First + ((start + block) % Blocks * Count), Count).ToList();
            if (ports.TrueForAll(IsFree))
            {
                return ports;
            }
        }

        throw new FailureException(FailureKind.Task, "Packer's files cannot be served to isolated guests", $"from port {First} on no {Count} ports in a row are free", "End what holds them");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
