using System.Text;

namespace Records.Verification;

/// <summary>
/// The records that a run has sealed and died before it moved <c>latest</c> and wrote the index. Such a run leaves
/// a signed note of each, so that nobody without a signing key can excuse an old <c>latest</c> by a note.
/// </summary>
internal sealed class PendingPublications
{
    private const string Purpose = "packer-build-record";
    private const string Extension = ".pending";
    private const int MaxBytes = 64 * 1024;
    private const int MaxFiles = 1000;
    private readonly HashSet<string> records = new(StringComparer.Ordinal);

    /// <summary>Reads the notes. What is no right note does not count, and is no finding: it is of one machine and no record.</summary>
    public static PendingPublications Load(RecordRoot root, SignersList signers, List<RecordVerdict> verdicts)
    {
        var pending = new PendingPublications();
        var folder = Path.Combine(root.Path, ".state");
        if (!Directory.Exists(folder) || SafeFile.IsLink(folder))
        {
            return pending;
        }

        string[] files = [];
        try
        {
            files = [.. Directory.EnumerateFiles(folder, $"*{Extension}").Take(MaxFiles)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the notes it is not known whether a publication that is missing is excused.
            verdicts.Add(new(".state", VerdictKind.Place, null, [new(FindingName.Unreadable, null, e.Message)]));
        }

        foreach (var path in files)
        {
            try
            {
                if (Record(path, signers) is { } record)
                {
                    pending.records.Add(record);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A run that is going on may just have removed it.
            }
        }

        return pending;
    }

    /// <summary>The names of a subject's records that wait for their publication.</summary>
    public IReadOnlySet<string> Of(string subject) =>
        records.Where(r => r.StartsWith($"{subject}/", StringComparison.Ordinal)).Select(r => r[(subject.Length + 1)..]).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether a record, such as <c>init/2026-11-22T191627Z</c>, waits for its publication.</summary>
    public bool Contains(string record) => records.Contains(record);

    // The first line names the record; the signature of that line follows.
    private static string? Record(string path, SignersList signers)
    {
        var content = SafeFile.Read(path, MaxBytes) ?? [];
        var end = Array.IndexOf(content, (byte)'\n') + 1;
        var key = SignatureCheck.Signer(content[end..], content[..end], Purpose);
        return key is not null && signers.NamesOf(key, at: null).Count > 0 ? Encoding.UTF8.GetString(content, 0, end - 1) : null;
    }
}
