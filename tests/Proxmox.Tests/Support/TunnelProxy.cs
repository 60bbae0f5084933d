using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Proxmox.Tests.Support;

/// <summary>An HTTP proxy that leads to whatever it is asked for (CONNECT), or answers with a refusal.</summary>
internal sealed class TunnelProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly string? refusal;

    private readonly X509Certificate2? certificate;

    /// <param name="refusal">The status line that it answers everything with, or null.</param>
    /// <param name="certificate">The certificate that it shows before it listens, or null to speak plain HTTP.</param>
    public TunnelProxy(string? refusal = null, X509Certificate2? certificate = null)
    {
        this.refusal = refusal;
        this.certificate = certificate;
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The address, <c>127.0.0.1:1234</c>.</summary>
    public string Address => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>The heads of the requests.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            Stream near = client.GetStream();
            if (certificate is not null)
            {
                var tls = new SslStream(near);
                await tls.AuthenticateAsServerAsync(certificate);
                near = tls;
            }

            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await near.ReadAsync(one, stop.Token) == 1)
            {
                head.Append((char)one[0]);
            }

            Heads.Enqueue(head.ToString());
            if (refusal is not null)
            {
                await near.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n"), stop.Token);
                return;
            }

            var target = new Uri("tcp://" + head.ToString().Split(' ')[1]);
            using var server = new TcpClient();
            await server.ConnectAsync(target.Host, target.Port, stop.Token);
            var far = server.GetStream();
            await near.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop.Token);
            await Task.WhenAny(near.CopyToAsync(far, stop.Token), far.CopyToAsync(near, stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // One of them has hung up, or the test is over.
        }
    }
}
