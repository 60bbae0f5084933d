using System.Net;

namespace Proxmox.Transport;

/// <summary>The same rule for whatever address is asked for: the proxy that <see cref="ServerProxy.For"/> names for it.</summary>
/// <param name="variable">Reads an environment variable.</param>
public sealed class EnvironmentProxies(Func<string, string?> variable) : IWebProxy
{
    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => ServerProxy.Any(variable)?.Login;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => ServerProxy.For(destination, variable)?.Address;

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => ServerProxy.For(host, variable) is null;
}
