namespace Qemu;

/// <summary>QEMU, or a program beside it, did not do what it was asked; the message is for people, one line.</summary>
public sealed class QemuException : Exception
{
    /// <summary>Creates it.</summary>
    /// <param name="message">What went wrong, without a full stop.</param>
    /// <param name="cause">The exception that led to this one.</param>
    public QemuException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
