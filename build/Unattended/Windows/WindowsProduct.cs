using System.Text.RegularExpressions;

namespace Unattended.Windows;

/// <summary>Which Windows a medium installs.</summary>
/// <param name="Name">The name with which the images on the medium begin, such as <c>Windows Server 2022</c> or <c>Windows 11</c>.</param>
/// <param name="IsClient">Whether it is a client: Windows 7 to 11.</param>
/// <param name="Number">The year of Windows Server, or the client's number.</param>
internal sealed partial record WindowsProduct(string Name, bool IsClient, int Number)
{
    /// <summary>The Windows of a context, or null when it is not known.</summary>
    internal static WindowsProduct? Of(UnattendedContext context) => context.OsId == "mswindows" ? Of(context.VersionId) : null;

    /// <summary>Whether the kernel is that of Windows 10 and Windows Server 2016 or later, for which the same drivers are made.</summary>
    internal bool IsTen => IsClient ? Number >= 10 : Number >= 2016;

    /// <summary>The folder of the VirtIO medium (virtio-win's README: w7, w8, w8.1, w10, w11; 2k8R2, 2k12, 2k12R2, 2k16 to 2k25).</summary>
    internal string VirtioFolder => IsClient ? $"w{Name["Windows ".Length..]}" : $"2k{Number % 100}{(Name.EndsWith("R2", StringComparison.Ordinal) ? "R2" : "")}";

    private static WindowsProduct? Of(string version)
    {
        if (Version().Match(version) is not { Success: true } match)
        {
            return null;
        }

        var number = match.Groups["number"].Value;
        var client = number.Length < 4;
        return new WindowsProduct(
            client ? $"Windows {number}" : $"Windows Server {number}{(match.Groups["r2"].Success ? " R2" : "")}", client, int.Parse(number.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?<number>20\d{2}|7|8(\.1)?|1[01])(?<r2>[ _-]?r2)?\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();
}
