using System.Globalization;

namespace Build.Output;

/// <summary>How elapsed times are shown.</summary>
internal static class Elapsed
{
    /// <summary>Minutes and seconds, such as <c>12:05</c>.</summary>
    public static string Clock(TimeSpan elapsed) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)elapsed.TotalMinutes}:{elapsed.Seconds:00}");
}
