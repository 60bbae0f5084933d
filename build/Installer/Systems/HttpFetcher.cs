using System.Net.Sockets;
using System.Text;

namespace Installer.Systems;

/// <summary>Fetches unattended files over plain HTTP, from wherever the boot line says.</summary>
internal static class HttpFetcher
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    internal static async Task<FetchResult> Fetch(Uri address, CancellationToken cancellation)
    {
        // A machine that boots has neither proxy settings nor a connection to reuse.
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Timeout, AllowAutoRedirect = true };
        using var client = new HttpClient(handler) { Timeout = Timeout, MaxResponseContentBufferSize = (4 * Unattended.UnattendedFile.MaximumLength) + 4 };
        try
        {
            using var response = await client.GetAsync(address, cancellation);
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return new FetchResult((int)response.StatusCode, Encoding.UTF8.GetString(body));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new FetchResult(0, "", "no answer within 3 seconds");
        }
        catch (HttpRequestException error)
        {
            var reason = error.InnerException is SocketException socket
                ? socket.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => "connection refused",
                    SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => "the host name is not known",
                    SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to host",
                    _ => socket.Message,
                }
                : error.Message;
            return new FetchResult(0, "", reason);
        }
    }
}
