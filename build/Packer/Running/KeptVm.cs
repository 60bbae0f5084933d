namespace Packer.Running;

/// <summary>What a failed run has kept for whoever wants to look at it, and how to reach it.</summary>
/// <param name="Vmid">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="Node">Its node.</param>
public sealed record KeptVm(int Vmid, string Name, string Node)
{
    /// <summary>The address of its console for a browser; null where the server has no web page.</summary>
    public string? Console { get; init; }

    /// <summary>The command that logs in to it; null when its agent told no address, or it has no SSH.</summary>
    public string? Ssh { get; init; }

    /// <summary>The build user.</summary>
    public required string User { get; init; }

    /// <summary>The file with the build user's key (SSH) or password (WinRM), which only the user who ran the build may read.</summary>
    public required string Login { get; init; }

    /// <summary>What has to be done first once the run has ended; null for nothing.</summary>
    public string? First { get; init; }

    /// <summary>How to reach it, line by line.</summary>
    /// <param name="now">Whether the run has not ended yet.</param>
    public IEnumerable<string> Reach(bool now) => ((string?[])
    [
        now ? null : First,
        Console is null ? null : $"Console: {Console}",
        Ssh is not null ? $"SSH: {Ssh}" : $"The login of {User}: {Login}",
    ]).OfType<string>();
}
