using System.Globalization;
using Foundation;

namespace Bench;

/// <summary>What to measure, and how much of it.</summary>
/// <param name="Root">The repository's root.</param>
/// <param name="Work">A folder for what the measurements write; on the disk that the repository is on.</param>
/// <param name="Only">The measurements to make; empty for all.</param>
/// <param name="Scale">How much of the full size, in per cent.</param>
internal sealed record Sizes(string Root, string Work, IReadOnlyList<string> Only, int Scale)
{
    private const long Mebi = 1024 * 1024;

    /// <summary>How often each side of a comparison runs.</summary>
    public int Repetitions => Scale >= 100 ? 7 : 3;

    /// <summary>The same for what takes seconds.</summary>
    public int LongRepetitions => Scale >= 100 ? 5 : 1;

    /// <summary>The bytes of a large log: 1 GiB.</summary>
    public long LogBytes => Math.Max(Mebi, 1024 * Mebi * Scale / 100);

    /// <summary>The records to verify: 2,000.</summary>
    public int Records => Math.Max(20, 2000 * Scale / 100);

    /// <summary>The records that a repository has after years: 20,000.</summary>
    public int ManyRecords => Math.Max(20, 20_000 * Scale / 100);

    /// <summary>The bytes of the log in each.</summary>
    public const int RecordLogBytes = (int)Mebi;

    /// <summary>Reads <c>--root=… [--only=a,b] [--scale=n]</c>.</summary>
    /// <exception cref="FailureException">Usage: an unknown measurement or option.</exception>
    public static Sizes Read(IReadOnlyList<string> arguments, IReadOnlyCollection<string> names)
    {
        var values = arguments.Select(a => a.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        var root = Path.GetFullPath(values.GetValueOrDefault("--root") ?? Directory.GetCurrentDirectory());
        string[] only = values.GetValueOrDefault("--only")?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (only.FirstOrDefault(o => !names.Contains(o)) is { } unknown)
        {
            throw new FailureException(FailureKind.Usage, $"There is no measurement '{unknown}'", null, NearMiss.Suggestion(unknown, names));
        }

        if (!int.TryParse(values.GetValueOrDefault("--scale") ?? "100", NumberStyles.None, CultureInfo.InvariantCulture, out var scale) || scale is < 1 or > 1000)
        {
            throw new FailureException(FailureKind.Usage, $"--scale={values["--scale"]} is not a number from 1 to 1000");
        }

        return new(root, Path.Combine(root, ".artifacts", "bench"), only, scale);
    }
}
