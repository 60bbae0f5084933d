using Unattended.Autoinstall;
using Unattended.Kickstart;
using Unattended.Preseed;
using Unattended.Windows;

namespace Unattended;

/// <summary>
/// Reads unattended files as their installers do. The validation of a template and the sandbox's installer both ask
/// here, so that they say the same.
/// </summary>
public static class UnattendedFile
{
    /// <summary>The longest file that is read, in characters; installers' own files are a few kilobytes.</summary>
    public const int MaximumLength = 1024 * 1024;

    /// <summary>Reads a file. Never throws on any text: what is wrong with it is in the findings.</summary>
    public static UnattendedReading Read(UnattendedFormat format, string text, UnattendedContext context)
    {
        if (text.Length > MaximumLength)
        {
            return new UnattendedReading(null, [new Finding(
                FindingSeverity.Error, "file-too-long", $"the file has {text.Length} characters; at most {MaximumLength} are read", context.FileName)]);
        }

        return format switch
        {
            UnattendedFormat.Kickstart => KickstartReader.Read(text, context),
            UnattendedFormat.Autoinstall => AutoinstallReader.Read(text, context),
            UnattendedFormat.Unattend => AnswerFileReader.Read(text, context),
            UnattendedFormat.Preseed => PreseedReader.Read(text, context),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
    }
}
