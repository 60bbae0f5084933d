using Foundation;
using Proxmox.Transport;

namespace Proxmox;

/// <summary>How a <see cref="ProxmoxClient"/> behaves.</summary>
public sealed record ProxmoxClientOptions
{
    /// <summary>The clock for back-off, polling and the age of tickets.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where it tells that it waits for a server.</summary>
    public IRunLog? Log { get; init; }

    /// <summary>Takes the tickets and token secrets that the client learns.</summary>
    public SecretSet? Secrets { get; init; }

    /// <summary>
    /// Asks for the code of the second factor when the server wants one, and returns it or null to give up. It gets
    /// the user's name. Without it such a login fails.
    /// </summary>
    public Func<string, CancellationToken, Task<string?>>? SecondFactor { get; init; }

    /// <summary>
    /// Logs in with the password even where there is a token. The tasks of a password login and of a token are not
    /// visible to each other without <c>Sys.Audit</c>, so that whoever watches Packer must log in as Packer does.
    /// </summary>
    public bool PreferPassword { get; init; }

    /// <summary>How fast what only watches may ask while a build runs (<see cref="ProxmoxClient.Watching"/>); null for no limit. Several clients can share one.</summary>
    public RequestPace? Pace { get; init; }

    /// <summary>How long one answer may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a server that has answered before may be away: a node that restarts its API or its network.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long to try a server that has never answered: more likely a wrong address than a pause.</summary>
    public TimeSpan FirstPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>After how long a ticket is exchanged for a new one; the server's limit is two hours.</summary>
    public TimeSpan TicketRenewal { get; init; } = TimeSpan.FromMinutes(75);
}
