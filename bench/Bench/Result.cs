namespace Bench;

/// <summary>One line of the table: something of this program beside what it is compared with.</summary>
internal sealed record Result
{
    /// <summary>The measurement, as <c>--only</c> names it.</summary>
    public required string Measurement { get; init; }

    /// <summary>What was measured.</summary>
    public required string What { get; init; }

    /// <summary>What it is compared with; null when it stands alone.</summary>
    public string? Beside { get; init; }

    /// <summary>The median, in <see cref="Unit"/>.</summary>
    public required double Value { get; init; }

    /// <summary>The median of what it is compared with.</summary>
    public double? BesideValue { get; init; }

    /// <summary>The unit of both.</summary>
    public string Unit { get; init; } = "s";

    /// <summary>The most that the value may be of the other; null when it is only for information.</summary>
    public double? ReachRatio { get; init; }

    /// <summary>The most that the value itself may be.</summary>
    public double? ReachValue { get; init; }

    /// <summary>Each repetition, in order.</summary>
    public IReadOnlyList<double> Runs { get; init; } = [];

    /// <summary>Each repetition of the other.</summary>
    public IReadOnlyList<double> BesideRuns { get; init; } = [];

    /// <summary>The value by the other.</summary>
    public double? Ratio => BesideValue is > 0 ? Value / BesideValue : null;

    /// <summary>Whether what is to be reached is reached; null when nothing is.</summary>
    public bool? Reached => ReachRatio is null && ReachValue is null ? null
        : (ReachRatio is null || Ratio <= ReachRatio) && (ReachValue is null || Value <= ReachValue);
}
