using Guest;

namespace Installer;

/// <summary>How an installation ended.</summary>
public sealed record InstallationOutcome
{
    /// <summary>The installed system, or null when the installation failed.</summary>
    public GuestSystem? Guest { get; init; }

    /// <summary>The file with the answers that the installer found, or null when it came to none.</summary>
    public string? AnswerFile { get; init; }

    /// <summary>Why it failed, as one sentence without a full stop, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Why the installed system will be of no use to Packer, each a sentence without a full stop.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];

    /// <summary>The installation's log.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <summary>Whether a system was installed.</summary>
    public bool Succeeded => Guest is not null;
}
