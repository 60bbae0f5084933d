using System.Collections.Concurrent;
using Foundation;

namespace Records.Verification;

/// <summary>What was found out about one record's folder, before its neighbours are looked at.</summary>
internal sealed record CheckedRecord(string Folder, string Name, string Subject)
{
    /// <summary>Its place below the records root, with <c>/</c>.</summary>
    public string Path { get; } = $"{Subject}/{Name}";

    public List<Finding> Findings { get; } = [];

    /// <summary>The folder's name as a moment; null when it is none.</summary>
    public UtcStamp? Stamp { get; init; }

    /// <summary>The signer whose signature is right and known.</summary>
    public string? Signer { get; set; }

    /// <summary>The fingerprint of that signer's key.</summary>
    public string? Fingerprint { get; set; }

    /// <summary>The SHA-256 of its <c>SHA256SUMS</c>; null when there is none.</summary>
    public string? SumsSha256 { get; set; }

    /// <summary>Whether the record is what its signer wrote and lies where it was written: it may be part of a chain.</summary>
    public bool IsAuthentic { get; set; }

    /// <summary>The preceding record that it names.</summary>
    public (string Record, string Sha256)? Previous { get; set; }

    /// <summary>The other ends of the branches that were joined before it.</summary>
    public IReadOnlyList<(string Record, string Sha256)> Joined { get; set; } = [];

    /// <summary>The log's hash that <c>run.json</c> states.</summary>
    public string? LogSha256 { get; set; }

    /// <summary>What the index shows of it; null while <c>run.json</c> could not be read.</summary>
    public IndexFacts? ForIndex { get; set; }
}

/// <summary>Checks one record's folder. Nothing in it is trusted: every name, size and content may be hostile.</summary>
/// <param name="root">The records that it lies among.</param>
/// <param name="signers">Whose signatures count.</param>
/// <param name="schemas">The schemas of <c>run.json</c>.</param>
/// <param name="readsLogs">False to take a log's hash as it is stated: to know whether a record may be followed needs no gigabyte to be read.</param>
internal sealed class RecordCheck(RecordRoot root, SignersList signers, RunSchemas schemas, bool readsLogs = true)
{
    private const string Run = "run.json";
    private const string Readme = "README.md";
    private const string Envelope = "provenance.dsse.json";
    private const string Bundle = "provenance.sigstore.json";
    private const string Sums = "SHA256SUMS";
    private const string Signature = "SHA256SUMS.sig";
    private const string Purpose = "packer-build-record";
    private const int MaxFiles = 1000;

    private readonly ConcurrentDictionary<string, string> words = new(StringComparer.Ordinal);

    public CheckedRecord Check(string folder, string subject, CancellationToken cancellation)
    {
        var name = Path.GetFileName(folder);
        var record = new CheckedRecord(folder, name, subject) { Stamp = UtcStamp.TryParse(name, out var stamp) ? stamp : null };
        try
        {
            CheckFolder(record, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Add(record, FindingName.Unreadable, null, e.Message);
        }

        return record;
    }

    private void CheckFolder(CheckedRecord record, CancellationToken cancellation)
    {
        var present = Present(record);
        if (!present.Contains(Sums))
        {
            Add(record, FindingName.MissingFile, Sums, "it is not there");
            ReportUnlisted(record, present, new Dictionary<string, string>());
            return;
        }

        var content = SafeFile.Read(Path.Combine(record.Folder, Sums), ChecksumList.MaxBytes);
        record.SumsSha256 = content is null ? null : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        var sums = content is null ? null : ChecksumList.Parse(content);
        if (sums is null)
        {
            Add(record, FindingName.SumsMalformed, Sums, "it is not a list as sha256sum writes it");
        }

        var key = CheckSignature(record, present, content);
        ReportUnlisted(record, present, sums);
        var good = CheckFiles(record, present, sums ?? new Dictionary<string, string>(), cancellation);
        CheckContent(record, key, sums, good);
    }

    /// <summary>The plain files; links and folders are findings.</summary>
    private static HashSet<string> Present(CheckedRecord record)
    {
        var files = new HashSet<string>(StringComparer.Ordinal);
        var all = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        var entries = 0;
        foreach (var entry in new DirectoryInfo(record.Folder).EnumerateFileSystemInfos("*", all))
        {
            if (++entries > MaxFiles)
            {
                Add(record, FindingName.UnexpectedFile, null, $"there are more than {MaxFiles} entries");
                break;
            }

            if (SafeFile.IsLink(entry))
            {
                Add(record, FindingName.LinkNotAllowed, entry.Name, "a link is not followed and has no place in a record");
            }
            else if (entry is DirectoryInfo)
            {
                Add(record, FindingName.UnexpectedFile, entry.Name, "a record has no folders");
            }
            else
            {
                files.Add(entry.Name);
            }
        }

        return files;
    }

    private byte[]? CheckSignature(CheckedRecord record, HashSet<string> present, byte[]? sums)
    {
        if (!present.Contains(Signature))
        {
            Add(record, FindingName.MissingFile, Signature, "it is not there");
            return null;
        }

        var armored = SafeFile.Read(Path.Combine(record.Folder, Signature), SignatureCheck.MaxBytes);
        var key = sums is null || armored is null ? null : SignatureCheck.Signer(armored, sums, Purpose);
        if (key is null)
        {
            Add(record, FindingName.BadSignature, Signature, $"it is not a signature of this {Sums} for '{Purpose}'");
            return null;
        }

        if (signers.NamesOf(key, record.Stamp?.Moment) is not [var name, ..])
        {
            Add(record, FindingName.UnknownSigner, Signature, $"the key {SignatureCheck.Fingerprint(key)} is not among the allowed signers");
            return null;
        }

        record.Signer = name;
        record.Fingerprint = Shared(SignatureCheck.Fingerprint(key));
        return key;
    }

    private static void ReportUnlisted(CheckedRecord record, HashSet<string> present, IReadOnlyDictionary<string, string>? sums)
    {
        foreach (var name in present.Where(n => n is not (Sums or Signature)).Order(StringComparer.Ordinal))
        {
            if (sums?.ContainsKey(name) == false && !(sums.Count == 0 && name is Run or Readme or Envelope or Bundle or ProvenanceCheck.FileOfVersion1))
            {
                Add(record, FindingName.UnexpectedFile, name, $"{Sums} does not list it");
            }
        }
    }

    /// <summary>The listed files whose bytes are those that were sealed.</summary>
    private HashSet<string> CheckFiles(
        CheckedRecord record, HashSet<string> present, IReadOnlyDictionary<string, string> sums, CancellationToken cancellation)
    {
        var good = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in sums.Keys.Union([Run, Readme]).Order(StringComparer.Ordinal))
        {
            if (!present.Contains(name))
            {
                if (!record.Findings.Any(f => f.File == name))
                {
                    Add(record, FindingName.MissingFile, name, "it is not there");
                }
            }
            else if (sums.TryGetValue(name, out var expected))
            {
                var isLog = name.EndsWith(".log", StringComparison.Ordinal);
                if (isLog && !readsLogs)
                {
                    continue;
                }

                var (actual, _) = SafeFile.Hash(Path.Combine(record.Folder, name), cancellation);
                if (actual == expected)
                {
                    good.Add(name);
                }
                else
                {
                    Add(record, isLog ? FindingName.LogHashMismatch : FindingName.FileHashMismatch, name,
                        $"its SHA-256 is {actual} and {Sums} has {expected}");
                }
            }
        }

        return good;
    }

    private void CheckContent(CheckedRecord record, byte[]? key, IReadOnlyDictionary<string, string>? sums, HashSet<string> good)
    {
        if (!good.Contains(Run))
        {
            return;
        }

        var content = SafeFile.Read(Path.Combine(record.Folder, Run), RunFacts.MaxBytes);
        if (content is null)
        {
            Add(record, FindingName.SchemaViolation, Run, $"it has more than {RunFacts.MaxBytes} bytes");
            return;
        }

        using var run = RunFacts.Parse(content, schemas, out var errors, out var unknown);
        if (unknown is not null)
        {
            Add(record, FindingName.UnknownVersion, Run, $"its schema_version is {unknown}; this program knows 1 and 2, so that a newer one wrote it");
            return;
        }

        foreach (var error in errors)
        {
            Add(record, FindingName.SchemaViolation, Run, error);
        }

        if (run is null)
        {
            return;
        }

        CheckPlace(record, run);
        CheckListed(record, run, sums!);
        CheckLog(record, run, sums!, good);
        if (key is not null && (run.SignerFingerprint != SignatureCheck.Fingerprint(key)
            || !signers.NamesOf(key, record.Stamp?.Moment).Contains(run.SignerName)))
        {
            Add(record, FindingName.SignerMismatch, Run, $"it names {run.SignerName} with {run.SignerFingerprint}; another signed");
        }

        CheckViews(record, run, good);
        if (key is not null)
        {
            CheckEnvelope(record, run, key, sums!, good);
        }

        record.LogSha256 = run.LogSha256;
        record.Previous = run.Previous;
        record.Joined = run.Joined;
        record.ForIndex = run.ForIndex(Shared);
        record.IsAuthentic = key is not null
            && !record.Findings.Any(f => f.Name is FindingName.TimestampMismatch or FindingName.WrongPlace or FindingName.SignerMismatch);
    }

    /// <summary>One string for what thousands of records say alike: node, medium, key and the like.</summary>
    private string Shared(string word) => words.GetOrAdd(word, word);

    private void CheckPlace(CheckedRecord record, RunFacts run)
    {
        if (run.Timestamp != record.Name)
        {
            Add(record, FindingName.TimestampMismatch, Run, $"it was sealed as {run.Timestamp} and lies in {record.Name}");
        }

        var expected = root.IsSandbox ? RecordRoot.Sandbox : "proxmox";
        if (run.Subject != record.Subject)
        {
            Add(record, FindingName.WrongPlace, Run, $"it belongs to {run.Subject} and lies in {record.Subject}");
        }
        else if (run.Environment != expected)
        {
            Add(record, FindingName.WrongPlace, Run, $"it was made in the environment {run.Environment} and lies among those of {expected}");
        }
    }

    /// <summary>The list has the files that <c>run.json</c> tells of, and the unattended files are those that it tells of.</summary>
    private static void CheckListed(CheckedRecord record, RunFacts run, IReadOnlyDictionary<string, string> sums)
    {
        var told = run.OtherFiles.Concat([Run, Readme]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in told.Where(n => !sums.ContainsKey(n) && n != run.LogFile && !record.Findings.Any(f => f.File == n)).Order(StringComparer.Ordinal))
        {
            Add(record, FindingName.MissingFile, name, $"{Sums} does not list it");
        }

        foreach (var (file, sha256) in run.Unattended.Where(u => sums.TryGetValue(u.File, out var listed) && listed != u.Sha256))
        {
            Add(record, FindingName.FileHashMismatch, file, $"run.json states the SHA-256 {sha256} and {Sums} has {sums[file]}");
        }
    }

    /// <summary>The provenance is signed with the record's key, its public key is there, and it says what <c>run.json</c> does.</summary>
    private void CheckEnvelope(CheckedRecord record, RunFacts run, byte[] key, IReadOnlyDictionary<string, string> sums, HashSet<string> good)
    {
        if (run.Version == 1)
        {
            return;
        }

        var isCapable = KeyCheck.Pem(key) is not null;
        var stated = run.Field("attestation.key")?.GetString();
        if (stated != (isCapable ? $"keys/{KeyCheck.FileName(key)}" : null) || (run.Field("attestation.envelope")?.GetString() is null) == isCapable
            || (run.Field("attestation.bundle")?.GetString() is null) == isCapable || (run.Field("attestation.why_none")?.GetString() is null) != isCapable)
        {
            Add(record, FindingName.EnvelopeInvalid, Run, "it states another attestation than its key gives");
            return;
        }

        if (!isCapable)
        {
            return;
        }

        if (!File.Exists(Path.Combine(root.Path, "keys", KeyCheck.FileName(key))))
        {
            Add(record, FindingName.KeyInvalid, null, $"the public key of its provenance, {stated}, is not there");
        }

        if (!good.Contains(Envelope))
        {
            return;
        }

        var envelope = SafeFile.Read(Path.Combine(record.Folder, Envelope), EnvelopeCheck.MaxBytes);
        var error = "it is too large to be read";
        if (envelope is null || EnvelopeCheck.Statement(envelope, key, out error) is not { } statement)
        {
            Add(record, FindingName.EnvelopeInvalid, Envelope, error!);
            return;
        }

        var subjects = sums.Where(s => s.Key is not (Envelope or Bundle)).ToDictionary(StringComparer.Ordinal);
        if (ProvenanceCheck.Error(statement, run, subjects) is { } wrong)
        {
            Add(record, FindingName.ProvenanceDisagrees, Envelope, wrong);
        }

        if (good.Contains(Bundle) && !(SafeFile.Read(Path.Combine(record.Folder, Bundle), EnvelopeCheck.MaxBytes) is { } bundle && EnvelopeCheck.IsBundleOf(bundle, envelope, key)))
        {
            Add(record, FindingName.EnvelopeInvalid, Bundle, $"it is not the bundle of {Envelope}");
        }
    }

    private static void CheckLog(CheckedRecord record, RunFacts run, IReadOnlyDictionary<string, string> sums, HashSet<string> good)
    {
        if (!sums.TryGetValue(run.LogFile, out var sealedHash))
        {
            Add(record, FindingName.MissingFile, run.LogFile, $"{Sums} does not list the log");
        }
        else if (sealedHash != run.LogSha256)
        {
            Add(record, FindingName.LogHashMismatch, run.LogFile, $"run.json states the SHA-256 {run.LogSha256} and {Sums} has {sealedHash}");
        }

        if (good.Contains(run.LogFile) && new FileInfo(Path.Combine(record.Folder, run.LogFile)).Length is var length && length != run.LogBytes)
        {
            Add(record, FindingName.LogSizeMismatch, run.LogFile, $"it has {length} bytes and run.json states {run.LogBytes}");
        }
    }

    private static void CheckViews(CheckedRecord record, RunFacts run, HashSet<string> good)
    {
        if (good.Contains(Readme))
        {
            var readme = SafeFile.Read(Path.Combine(record.Folder, Readme), ReadmeCheck.MaxBytes);
            foreach (var error in readme is null ? ["it is too large to be read"] : ReadmeCheck.Errors(readme, run))
            {
                Add(record, FindingName.ReadmeDisagrees, Readme, error);
            }
        }

        if (run.Version == 1 && good.Contains(ProvenanceCheck.FileOfVersion1))
        {
            var provenance = SafeFile.Read(Path.Combine(record.Folder, ProvenanceCheck.FileOfVersion1), ProvenanceCheck.MaxBytes);
            var error = provenance is null ? "it is too large to be read" : ProvenanceCheck.Error(provenance, run);
            if (error is not null)
            {
                Add(record, FindingName.ProvenanceDisagrees, ProvenanceCheck.FileOfVersion1, error);
            }
        }
    }

    private static void Add(CheckedRecord record, string name, string? file, string message) =>
        record.Findings.Add(new(name, file, message));
}
