namespace Sandbox.Api;

/// <summary>A refusal or failure that the client is told: the status, the reason phrase and the errors by parameter.</summary>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    /// <summary>What is wrong with which parameter; only with status 400.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; init; } = new Dictionary<string, string>();

    /// <summary>How a task ends that fails with it: a refusal keeps its number.</summary>
    public string InTask => Status == 403 ? $"403 {Message}" : Message;

    /// <summary>No or bad credentials.</summary>
    public static ApiException Unauthorized(string message) => new(401, message);

    /// <summary>A missing privilege: <c>Permission check failed (/vms/101, VM.Allocate)</c>.</summary>
    public static ApiException Forbidden(string? what = null) =>
        new(403, what is null ? "Permission check failed" : $"Permission check failed ({what})");

    /// <summary>The operation cannot be done in this state.</summary>
    public static ApiException Failed(string message) => new(500, message);

    /// <summary>Parameters that are wrong.</summary>
    public static ApiException Parameters(IReadOnlyDictionary<string, string> errors) =>
        new(400, "Parameter verification failed.") { Errors = errors };

    /// <summary>One parameter that is wrong.</summary>
    public static ApiException Parameter(string name, string why) =>
        Parameters(new Dictionary<string, string> { [name] = why });
}
