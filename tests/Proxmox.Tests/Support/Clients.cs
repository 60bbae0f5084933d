namespace Proxmox.Tests.Support;

/// <summary>Clients for a <see cref="ScriptedServer"/>.</summary>
internal static class Clients
{
    public static ProxmoxClient WithToken(ScriptedServer server, ProxmoxClientOptions? options = null) => new(
        new ProxmoxConnection
        {
            Url = server.Url,
            Credentials = new ProxmoxCredentials { Username = "packer@pve", TokenName = "build", TokenSecret = "11112222-3333-4444-5555-666677778888" },
        },
        options ?? new ProxmoxClientOptions { Time = new FastTime() });

    public static ProxmoxClient WithPassword(ScriptedServer server, ProxmoxClientOptions? options = null) => new(
        new ProxmoxConnection
        {
            Url = server.Url,
            Credentials = new ProxmoxCredentials { Username = "root@pam", Password = "hunter2&=%+" },
        },
        options ?? new ProxmoxClientOptions { Time = new FastTime() });
}
