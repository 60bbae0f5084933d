namespace Build.Settings;

/// <summary>What becomes of the VM of a build that fails, in Packer's words.</summary>
public enum OnError
{
    /// <summary>It is destroyed.</summary>
    Cleanup,

    /// <summary>It is kept.</summary>
    Abort,

    /// <summary>Whoever is at the terminal decides.</summary>
    Ask,
}
