namespace Foundation;

/// <summary>Why a run ended without success. The numbers are the program's exit codes.</summary>
public enum FailureKind
{
    /// <summary>A task failed.</summary>
    Task = 1,

    /// <summary>The program was called wrongly: an unknown target, template or option.</summary>
    Usage = 2,

    /// <summary>Something that can be known before a VM exists is wrong.</summary>
    Validation = 3,

    /// <summary>Packer failed, or was made to stop because the build could not succeed.</summary>
    Packer = 4,

    /// <summary>A record does not verify.</summary>
    Verification = 5,

    /// <summary>The user interrupted the run (128 + SIGINT).</summary>
    Interrupted = 130,
}
