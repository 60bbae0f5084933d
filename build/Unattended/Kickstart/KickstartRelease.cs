namespace Unattended.Kickstart;

/// <summary>
/// The releases of Anaconda that a file may be meant for: one when the medium is known, several when it is not. What
/// all of them refuse is an error; what only some refuse is a warning.
/// </summary>
internal sealed record KickstartRelease
{
    /// <summary>The columns of <c>commands.tsv</c>.</summary>
    private static readonly string[] Columns = ["RHEL 7", "RHEL 8", "RHEL 9", "RHEL 10", "Fedora 40", "Fedora 45"];

    private readonly int[] columns;

    private KickstartRelease(params int[] columns) => this.columns = columns;

    /// <summary>The indices of the columns.</summary>
    internal IReadOnlyList<int> Indices => columns;

    /// <summary>The name of the newest one.</summary>
    internal string Name => Columns[columns[^1]];

    /// <summary>Whether every one of them is RHEL, or a rebuild of it, of at least this version.</summary>
    internal bool IsRhelFrom(int major) => Array.TrueForAll(columns, c => c < 4 && c + 7 >= major);

    internal static string NameOf(int column) => Columns[column];

    internal static KickstartRelease Of(UnattendedContext context) => (context.OsId, context.Major) switch
    {
        ("fedora", 0) => new(4, 5),
        // RHEL 8 was made from Fedora 28, RHEL 9 from Fedora 34.
        ("fedora", < 34) => new(1),
        ("fedora", < 40) => new(2, 4),
        ("fedora", 40) => new(4),
        ("fedora", < 45) => new(4, 5),
        ("fedora", _) => new(5),
        (_, 0) => new(1, 2, 3),
        (_, <= 7) => new(0),
        (_, 8) => new(1),
        (_, 9) => new(2),
        _ => new(3),
    };
}
