using System.Globalization;
using Foundation;

namespace Proxmox.Staging;

/// <summary>Makes news of a download's task log: every tenth of it, instead of a line for each 32 KiB.</summary>
internal sealed class DownloadProgress(IRunLog log, string stage, string file)
{
    /// <summary>How the sandbox node begins the line that says that it has put down a placeholder.</summary>
    private const string Placeholder = "Placeholder of ";

    private int tenth;

    public void Line(string line)
    {
        if (Percent(line) is not { } percent)
        {
            // That nothing was downloaded is no detail.
            log.Write(stage, line.StartsWith(Placeholder, StringComparison.Ordinal) ? EventLevel.Info : EventLevel.Debug, line);
        }
        else if (percent / 10 > tenth)
        {
            tenth = percent / 10;
            log.Write(stage, EventLevel.Info, $"{file}: {percent} %");
        }
    }

    /// <summary>The percentage in one of wget's lines: <c>  3072K .......... ..........  42% 10.3M 5s</c>.</summary>
    internal static int? Percent(string line)
    {
        foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.Length is >= 2 and <= 4 && word[^1] == '%'
                && int.TryParse(word[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100)
            {
                return percent;
            }
        }

        return null;
    }
}
