using System.Globalization;

namespace Foundation;

/// <summary>
/// A moment in UTC to the second, in the form that names folders: <c>2026-11-22T191627Z</c> (ISO 8601 without the
/// colons, which Windows does not allow in a file name). Names sort as the moments do.
/// </summary>
public readonly record struct UtcStamp : IComparable<UtcStamp>
{
    private const string Format = "yyyy-MM-dd'T'HHmmss'Z'";

    private UtcStamp(DateTimeOffset moment) => Moment = moment;

    /// <summary>The moment, with offset zero and no fraction of a second.</summary>
    public DateTimeOffset Moment { get; }

    /// <summary>The form used inside identifiers: <c>20261122T191627Z</c>.</summary>
    public string Compact => Moment.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The stamp of a moment; fractions of a second are cut off.</summary>
    public static UtcStamp From(DateTimeOffset moment)
    {
        var utc = moment.ToUniversalTime();
        return new UtcStamp(new DateTimeOffset(utc.Ticks - (utc.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero));
    }

    /// <summary>Reads a folder name. Only the exact form is accepted.</summary>
    public static bool TryParse(string? text, out UtcStamp stamp)
    {
        stamp = default;
        if (!DateTimeOffset.TryParseExact(
                text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment))
        {
            return false;
        }

        stamp = new UtcStamp(moment);
        return stamp.ToString() == text;
    }

    /// <summary>The stamp one second later: the next free folder name when this one is taken.</summary>
    public UtcStamp Next() => new(Moment.AddSeconds(1));

    /// <inheritdoc/>
    public int CompareTo(UtcStamp other) => Moment.CompareTo(other.Moment);

    /// <summary>The folder name, such as <c>2026-11-22T191627Z</c>.</summary>
    public override string ToString() => Moment.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Earlier than.</summary>
    public static bool operator <(UtcStamp left, UtcStamp right) => left.CompareTo(right) < 0;

    /// <summary>Earlier than or the same.</summary>
    public static bool operator <=(UtcStamp left, UtcStamp right) => left.CompareTo(right) <= 0;

    /// <summary>Later than.</summary>
    public static bool operator >(UtcStamp left, UtcStamp right) => left.CompareTo(right) > 0;

    /// <summary>Later than or the same.</summary>
    public static bool operator >=(UtcStamp left, UtcStamp right) => left.CompareTo(right) >= 0;
}
