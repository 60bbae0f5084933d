namespace Records.Verification;

/// <summary>One way in which something does not verify.</summary>
/// <param name="Name">The kind: one of <see cref="FindingName"/>.</param>
/// <param name="File">The file or folder, relative to the verdict's path; null when it is the whole. May hold any character.</param>
/// <param name="Message">What is wrong, one sentence. May hold any character.</param>
public sealed record Finding(string Name, string? File, string Message);

/// <summary>What was found out about one record, one <c>latest</c> or the index.</summary>
/// <param name="Path">Relative to the records root, with <c>/</c>. May hold any character.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Signer">The name of the signer whose signature is right and known; null otherwise.</param>
/// <param name="Findings">What is wrong; empty when all is well.</param>
public sealed record RecordVerdict(string Path, VerdictKind Kind, string? Signer, IReadOnlyList<Finding> Findings)
{
    /// <summary>The fingerprint of the key that signed, as <c>ssh-keygen -l</c> prints it; null where <see cref="Signer"/> is.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsValid => Findings.Count == 0;
}

/// <summary>What a verdict is about.</summary>
public enum VerdictKind
{
    /// <summary>A record.</summary>
    Record,

    /// <summary>A <c>latest</c>; told only when something is wrong with it.</summary>
    Latest,

    /// <summary>The index; told only when something is wrong with it.</summary>
    Index,

    /// <summary>Something that does not belong there.</summary>
    Place,
}

/// <summary>What to verify.</summary>
public sealed record VerifyOptions
{
    /// <summary>The records.</summary>
    public required RecordRoot Root { get; init; }

    /// <summary>Only this template's records; null for all.</summary>
    public string? Template { get; init; }

    /// <summary>Only the record in this folder; null for all.</summary>
    public string? RecordPath { get; init; }

    /// <summary>
    /// The signers whose signatures count; null for <c>allowed_signers</c> beside the records. A reviewer who does not
    /// trust the repository names a file that came on another way; it may be a link.
    /// </summary>
    public string? AllowedSigners { get; init; }

    /// <summary>How many records are read at once.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;
}
