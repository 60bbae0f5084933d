using Foundation;
using Records.Model;
using Records.Verification;

namespace Records.Views;

/// <summary>
/// What the index needs of one record that verified. Kept on this machine between runs, with a fingerprint of the
/// record's files, so that a new record among thousands costs the reading of that one.
/// </summary>
internal sealed record IndexEntry
{
    public required string Fingerprint { get; init; }

    public required string SumsSha256 { get; init; }

    public required string LogSha256 { get; init; }

    public required string Signer { get; init; }

    public string? PreviousRecord { get; init; }

    public string? PreviousSha256 { get; init; }

    public IReadOnlyList<PreviousRecord> Joined { get; init; } = [];

    public required IndexFacts Facts { get; init; }

    /// <summary>What is kept of a record that verified.</summary>
    public static IndexEntry Of(CheckedRecord record, string fingerprint) => new()
    {
        Fingerprint = fingerprint,
        SumsSha256 = record.SumsSha256!,
        LogSha256 = record.LogSha256!,
        Signer = record.Signer!,
        PreviousRecord = record.Previous?.Record,
        PreviousSha256 = record.Previous?.Sha256,
        Joined = [.. record.Joined.Select(j => new PreviousRecord(j.Record, j.Sha256))],
        Facts = record.ForIndex!,
    };

    /// <summary>The record as it was when it was checked.</summary>
    public CheckedRecord Remembered(string folder, string subject)
    {
        var name = Path.GetFileName(folder);
        return new(folder, name, subject)
        {
            Stamp = UtcStamp.TryParse(name, out var stamp) ? stamp : null,
            Signer = Signer,
            SumsSha256 = SumsSha256,
            LogSha256 = LogSha256,
            IsAuthentic = true,
            Previous = PreviousRecord is null ? null : (PreviousRecord, PreviousSha256!),
            Joined = [.. Joined.Select(j => (j.Record, j.Sha256))],
            ForIndex = Facts,
        };
    }
}
