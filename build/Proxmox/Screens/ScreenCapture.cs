using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Newtonsoft.Json.Linq;
using Proxmox.Transport;

namespace Proxmox.Screens;

/// <summary>
/// Takes pictures of a VM's screen through the server, as its own web page does: a ticket by <c>vncproxy</c>, then RFB over
/// <c>vncwebsocket</c>. Needs <c>VM.Console</c>.
/// </summary>
public sealed class ScreenCapture(ProxmoxClient client, string node, int vmid)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Takes one picture.</summary>
    /// <param name="file">The PNG to write.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Null, or why there is none.</returns>
    public async Task<string?> TryTakeAsync(string file, CancellationToken cancellation = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            var path = ApiPath.Of("nodes", node, "qemu", vmid.ToString(System.Globalization.CultureInfo.InvariantCulture));
            var console = await client.SendAsync<JObject>(new ApiCall(HttpMethod.Post, path + "/vncproxy") { Parameters = new() { { "websocket", true } } }, limit.Token);
            var ticket = (string?)console["ticket"] ?? "";
            client.Options.Secrets?.Add(ticket);
            await using var stream = await client.ConnectAsync(new ApiCall(HttpMethod.Get, path + "/vncwebsocket") { Parameters = new() { { "port", (string?)console["port"] }, { "vncticket", ticket } } }, limit.Token);
            await File.WriteAllBytesAsync(file, await RfbViewer.TakeAsync(stream, ticket, limit.Token), limit.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "the screen does not answer";
        }
        catch (Exception e) when (e is ProxmoxApiException or IOException or InvalidDataException or WebSocketException or CryptographicException or AuthenticationException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
