namespace Foundation;

/// <summary>What to do about a folder that cannot be written to, as the system's reason for it wants.</summary>
public static class WriteRemedy
{
    /// <summary>The remedy, as a sentence without a full stop.</summary>
    /// <param name="error">What the system said.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="otherwise">What else can be done, such as choosing another folder.</param>
    public static string For(Exception error, string folder, string otherwise) =>
        IsFull(error) ? "Free space on that disk and run it again"
        : OperatingSystem.IsWindows() || error is not UnauthorizedAccessException ? $"Make it writable, or {otherwise}"
        : $"An earlier run of another user may have left it: give it back with `sudo chown -R {Environment.UserName} '{folder}'`, or {otherwise}";

    /// <summary>Whether a disk or a quota is full: ENOSPC, EDQUOT (Linux, macOS) and ERROR_DISK_FULL.</summary>
    public static bool IsFull(Exception error) => error.HResult is 28 or 122 or 69 or unchecked((int)0x80070070);
}
