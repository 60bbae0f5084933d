using System.Globalization;

namespace Templates;

/// <summary>How old a template's installation medium is, against the policy of its <c>template.json</c>.</summary>
/// <param name="Released">The day of its release (<c>iso.released</c>), or null when it is not known.</param>
/// <param name="MaximumDays">After how many days it is old (<c>max_age_days</c>).</param>
public sealed record MediumAge(DateOnly? Released, int MaximumDays)
{
    /// <summary>The policy of a template that has none.</summary>
    public const int DefaultMaximum = 365;

    /// <summary>The days since its release, or null.</summary>
    public int? Days(DateOnly today) => Released is { } day ? today.DayNumber - day.DayNumber : null;

    /// <summary>Whether it is older than the policy allows.</summary>
    public bool IsOld(DateOnly today) => Days(today) > MaximumDays;

    /// <summary>The age for people: <c>78 days</c>, <c>808 days, older than 365</c>, <c>not known</c>.</summary>
    public string Describe(DateOnly today) => Days(today) is not { } days ? "not known"
        : string.Create(CultureInfo.InvariantCulture, $"{days} day{(days == 1 ? "" : "s")}") + (IsOld(today) ? $", older than {MaximumDays}" : "");

    internal static DateOnly? Date(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;
}
