using Foundation;

namespace Proxmox;

/// <summary>Turns what the API said into a failure that its reader can act on.</summary>
public static class ProxmoxFailure
{
    /// <summary>Explains an error of the API.</summary>
    /// <param name="error">A <see cref="ProxmoxApiException"/> or <see cref="ProxmoxTaskException"/>.</param>
    /// <param name="what">What was being done, as a sentence without a full stop.</param>
    /// <param name="kind">The kind of failure.</param>
    /// <param name="remedy">What to do about it, where the caller knows better than the error.</param>
    public static FailureException From(
        Exception error, string what, FailureKind kind = FailureKind.Task, string? remedy = null) => error switch
    {
        ProxmoxApiException { Certificate: { } problem } => new(
            kind, what, problem.ToString(), "Run the target Init to look at the certificate and accept it", cause: error),
        ProxmoxApiException { Missing: { } missing } => new(
            kind, what, $"the login lacks the privilege {missing}", remedy ?? "Run the target Init to grant it", cause: error),
        ProxmoxApiException { Status: 403, Missing: null } api when UnnamedPrivilege(api) is { } needed => new(
            kind, what, $"the server refuses {api.Method} {api.Path} ({api.Reason}), which needs {needed}", remedy ?? "Run the target Init to grant it", cause: error),
        ProxmoxApiException { NeedsSecondFactor: true } api => new(
            kind, what, api.Reason, "Run it at a terminal, where the code is asked for, or set PROXMOX_OTP", cause: error),
        ProxmoxApiException { Status: 401 } api => new(
            kind, what, $"Proxmox refused the login: {api.Reason}",
            remedy ?? "Check user and password or token", cause: error),
        ProxmoxApiException { Proxy: { } proxy } api => new(
            kind, what, $"the proxy {proxy} in HTTPS_PROXY does not lead to the server ({api.Message})",
            "Look at the proxy, or name the server in NO_PROXY when it is reached directly", cause: error),
        ProxmoxApiException { Status: null, Malformed: false } api => new(
            kind, what, $"Proxmox does not answer ({api.Message})", "Check the address and that the server is up", cause: error),
        ProxmoxTaskException task => new(kind, what, Words(task), remedy, cause: error),
        _ => new(kind, what, error.Message, remedy, cause: error),
    };

    /// <summary>What a call needs that the server refuses without naming a privilege, since one of several would do.</summary>
    private static string? UnnamedPrivilege(ProxmoxApiException error) => (error.Method, error.Path.Split('/')) switch
    {
        ("POST", ["", "nodes", _, "qemu"]) => "VM.Allocate on the pool or on the VMID",
        ("POST", ["", "nodes", _, "qemu", _, "clone"]) => "VM.Clone on the template, and VM.Allocate on the pool or on the new VMID",
        ("GET", ["", "nodes", _, "query-url-metadata"]) or ("POST", ["", "nodes", _, "storage", _, "download-url"]) =>
            "Sys.AccessNetwork on the node (or Sys.Audit and Sys.Modify on /)",
        _ => null,
    };

    /// <summary>A failed task in one line: its exit status and the log's last line when that says more.</summary>
    internal static string Words(ProxmoxTaskException task)
    {
        var last = task.LastLines.LastOrDefault(l => !l.StartsWith("TASK ", StringComparison.Ordinal) && l.Trim().Length > 0);
        return last is null || task.ExitStatus.Contains(last.Trim(), StringComparison.Ordinal)
            ? task.ExitStatus
            : $"{task.ExitStatus} (task log: {last.Trim()})";
    }
}
