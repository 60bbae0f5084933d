namespace Unattended;

/// <summary>The kinds of files that answer an installer's questions.</summary>
public enum UnattendedFormat
{
    /// <summary>Anaconda's kickstart: Rocky Linux, AlmaLinux, RHEL and CentOS Stream.</summary>
    Kickstart,

    /// <summary>Subiquity's autoinstall within cloud-init's <c>user-data</c>: Ubuntu Server.</summary>
    Autoinstall,

    /// <summary>Windows Setup's <c>Autounattend.xml</c>.</summary>
    Unattend,

    /// <summary>The Debian installer's preconfiguration file.</summary>
    Preseed,
}

/// <summary>The formats' names as <c>template.json</c> has them.</summary>
public static class UnattendedFormats
{
    /// <summary>The format of a name such as <c>kickstart</c>; false for <c>text</c> and everything unknown.</summary>
    public static bool TryParse(string? name, out UnattendedFormat format)
    {
        (var known, format) = name switch
        {
            "kickstart" => (true, UnattendedFormat.Kickstart),
            "autoinstall" => (true, UnattendedFormat.Autoinstall),
            "unattend" => (true, UnattendedFormat.Unattend),
            "preseed" => (true, UnattendedFormat.Preseed),
            _ => (false, default),
        };
        return known;
    }
}
