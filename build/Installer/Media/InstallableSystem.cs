namespace Installer.Media;

/// <summary>The installers that are simulated.</summary>
internal enum InstallerKind
{
    /// <summary>Ubuntu's live-server installer.</summary>
    Subiquity,

    /// <summary>The installer of RHEL and its relatives.</summary>
    Anaconda,

    /// <summary>The installer of Debian (d-i).</summary>
    DebianInstaller,

    /// <summary>Windows Setup.</summary>
    WindowsSetup,
}

/// <summary>The operating system that a medium installs.</summary>
/// <param name="Kind">Its installer.</param>
/// <param name="OsId">The id as <c>/etc/os-release</c> has it, or <c>mswindows</c>.</param>
/// <param name="VersionId">The version.</param>
/// <param name="PrettyName">The name for people.</param>
/// <param name="ProductName">The name in the boot menu.</param>
/// <param name="Label">The medium's volume label.</param>
internal sealed record InstallableSystem(
    InstallerKind Kind, string OsId, string VersionId, string PrettyName, string ProductName, string Label)
{
    /// <summary>The major version number.</summary>
    internal int Major => int.TryParse(VersionId.Split('.')[0], out var major) ? major : 0;
}
