using Foundation;
using Records.Sealing;
using Records.Signing;
using Records.Verification;

namespace Records.Views;

/// <summary>The index of all records, <c>README.md</c> in the records folder.</summary>
public static class RecordIndex
{
    /// <summary>The lock under which it is written.</summary>
    internal const string Lock = "index";

    /// <summary>
    /// Writes the index anew from the records that are there and verify. The same records give the same bytes.
    /// </summary>
    /// <param name="root">The records.</param>
    /// <param name="signer">Signs the joining of merged branches; null to leave them as they are.</param>
    /// <exception cref="IOException">It cannot be written, or would leave out records because a folder cannot be read.</exception>
    public static void Regenerate(RecordRoot root, RecordSigner? signer = null)
    {
        using var taken = RecordLock.Take(root, Lock);
        FileSystemCalls.RemoveUnfinished(root.Index);
        IndexCache.RemoveUnfinished(root);
        var loading = Task.Run(() => IndexCache.Load(root));
        var options = new VerifyOptions { Root = root };
        var found = RecordFinder.Find(options);
        Chain.RequireReadable(found.Strangers);
        var signers = SignersFile.Load(root);
        var signersSha256 = File.Exists(root.AllowedSigners) ? FileHash.Sha256(root.AllowedSigners) : "";
        var check = new Lazy<RecordCheck>(() => new RecordCheck(root, signers, new RunSchemas()));
        var entries = new Dictionary<string, IndexEntry>(StringComparer.Ordinal);
        var records = new List<CheckedRecord>();
        var fingerprints = new string?[found.Records.Count];
        Parallel.For(0, fingerprints.Length, i => fingerprints[i] = IndexCache.Fingerprint(found.Records[i].Folder, signersSha256));
        var known = loading.GetAwaiter().GetResult();
        var isNew = known.Count != found.Records.Count;
        foreach (var ((folder, subject), fingerprint) in found.Records.Zip(fingerprints))
        {
            var name = $"{subject}/{Path.GetFileName(folder)}";
            if (known.TryGetValue(name, out var entry) && entry.Fingerprint == fingerprint)
            {
                entries[name] = entry;
                records.Add(entry.Remembered(folder, subject));
                continue;
            }

            isNew = true;
            var record = check.Value.Check(folder, subject, default);
            records.Add(record);
            if (record is { Findings.Count: 0, ForIndex: not null } && fingerprint is not null)
            {
                entries[name] = IndexEntry.Of(record, fingerprint);
            }
        }

        CheckChains(root, signers, records, signer);
        var wrong = new List<RecordVerdict>();
        var destroyed = DestroyedCheck.Load(root, signers, wrong, pending: null);
        Chain.RequireReadable(wrong);
        AtomicFile.Write(root.Index, IndexPage.Render(root, records, entries, [.. found.Strangers, .. wrong], destroyed));
        FileSystemCalls.SyncFolder(root.Path);
        if (isNew)
        {
            IndexCache.Save(root, entries);
        }
    }

    private static void CheckChains(RecordRoot root, SignersList signers, List<CheckedRecord> records, RecordSigner? signer)
    {
        var joins = Chain.Joins(root, signers);
        foreach (var subject in records.GroupBy(r => r.Subject))
        {
            var all = subject.ToList();
            ChainCheck.Check(all, joins);
            var forked = all.Where(r => r.Findings is [{ Name: FindingName.ChainForked }]).ToList();
            if (forked.Count == 0 || signer is null)
            {
                continue;
            }

            // The next record follows the newest, and names those that a statement joins with it.
            var newest = all.Where(r => r.IsAuthentic).MaxBy(r => r.Stamp)!;
            if (newest.Findings.Count > 0)
            {
                continue;
            }

            var ends = forked.Append(newest).Select(r => (r.Name, r.SumsSha256!));
            var of = subject.Key == RecordSubject.Init.Name ? RecordSubject.Init : RecordSubject.Build(subject.Key["builds/".Length..]);
            SignersFile.Ensure(root, signer, newest.Stamp!.Value.Moment);
            JoinStatement.Write(root, of, ends, signer);
            foreach (var record in forked)
            {
                record.Findings.Clear();
            }
        }
    }
}
