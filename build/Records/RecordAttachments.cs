namespace Records;

/// <summary>What lies in a record beside its log and what is rendered from <c>run.json</c>.</summary>
public sealed record RecordAttachments
{
    /// <summary>What Packer said to people, complete and closed; null when there is none.</summary>
    public LogFile? BuildLog { get; init; }

    /// <summary>The unattended files of the build, secrets masked.</summary>
    public IReadOnlyList<UnattendedContent> Unattended { get; init; } = [];
}

/// <summary>An unattended file for a record.</summary>
/// <param name="Path">Its path in the workspace, such as <c>http/user-data</c>.</param>
/// <param name="Content">The bytes for the record.</param>
/// <param name="ServedSha256">The SHA-256 of the bytes that the installer was served.</param>
/// <param name="Difference">What differs between the two, such as what was masked; null when nothing does.</param>
public sealed record UnattendedContent(string Path, byte[] Content, string ServedSha256, string? Difference);
