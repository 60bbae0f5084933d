using Proxmox.Transport;

namespace Proxmox;

/// <summary>
/// A call of the Proxmox VE API that did not succeed: what was called, and what the server said about it. Without a
/// <see cref="Status"/> there was no answer at all.
/// </summary>
public sealed class ProxmoxApiException : Exception
{
    internal ProxmoxApiException(string method, string path, string reason, Exception? cause = null)
        : base($"{method} {path}: {reason}", cause)
    {
        Method = method;
        Path = path;
        Reason = reason;
    }

    internal ProxmoxApiException(
        string method, string path, int status, string reason, IReadOnlyDictionary<string, string> errors)
        : base($"{method} {path}: {status} {reason}{Listed(errors)}")
    {
        Method = method;
        Path = path;
        Status = status;
        Reason = reason;
        Errors = errors;
        Missing = status == 403 ? MissingPrivilege.Parse(reason) : null;
    }

    /// <summary>The method, such as <c>POST</c>.</summary>
    public string Method { get; }

    /// <summary>The path below <c>/api2/json</c>, such as <c>/nodes/pve/qemu</c>.</summary>
    public string Path { get; }

    /// <summary>The HTTP status, or null when no whole answer arrived.</summary>
    public int? Status { get; }

    /// <summary>The reason phrase of the answer, or what went wrong on the way.</summary>
    public string Reason { get; }

    /// <summary>What the server said about single parameters: name to complaint.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; } = new Dictionary<string, string>();

    /// <summary>The privilege that the call needed, when the server named it in a 403.</summary>
    public MissingPrivilege? Missing { get; }

    /// <summary>Whether the login was refused for want of the code of a second factor.</summary>
    public bool NeedsSecondFactor { get; internal init; }

    /// <summary>What is wrong with the server's certificate, when that is why there was no answer.</summary>
    public CertificateProblem? Certificate { get; internal init; }

    /// <summary>The proxy that did not answer, or did not lead to the server, when that is why there was no answer.</summary>
    public string? Proxy { get; internal init; }

    /// <summary>Whether the answer arrived but was not what the API declares.</summary>
    public bool Malformed { get; internal init; }

    /// <summary>Whether the same call may well succeed a little later.</summary>
    internal bool Transient { get; init; }

    /// <summary>Whether it is certain that the server never saw the call, so that repeating it cannot do harm.</summary>
    internal bool NeverSent { get; init; }

    /// <summary>Whether the server said that the object (VM, volume, user, role, …) exists already.</summary>
    public bool AlreadyExists =>
        Status is 400 or 500 && (Said("already exists") || Said("already in use") || Said("already defined"));

    /// <summary>Whether the server said that there is no such object.</summary>
    public bool NotFound => Status is 404 || (Status is 400 or 500 && (Said("does not exist") || Said("no such")));

    private bool Said(string words) =>
        Reason.Contains(words, StringComparison.OrdinalIgnoreCase)
        || Errors.Values.Any(e => e.Contains(words, StringComparison.OrdinalIgnoreCase));

    private static string Listed(IReadOnlyDictionary<string, string> errors) =>
        errors.Count == 0 ? "" : $" ({string.Join("; ", errors.Select(e => $"{e.Key}: {e.Value.Trim()}"))})";
}
