namespace Installer.Systems;

/// <summary>Where an installation ends without a system: the reason as one sentence without a full stop.</summary>
internal sealed class InstallerStop(string reason) : Exception(reason);
