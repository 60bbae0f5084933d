using System.Security.Cryptography;
using Foundation;
using Records.Model;
using Records.Provenance;
using Records.Signing;
using Records.Verification;
using Records.Views;

namespace Records.Sealing;

/// <summary>
/// Writes records. A record appears whole or not at all: it is written in a folder beside its place, flushed, made
/// read-only and renamed. Safe for use by several threads and processes.
/// </summary>
/// <param name="root">The records of the run's environment.</param>
/// <param name="signer">Who signs.</param>
public sealed class RecordStore(RecordRoot root, RecordSigner signer)
{
    private const string Leftover = ".tmp-";

    /// <summary>
    /// Seals a record. Its folder is named after <paramref name="stamp"/> or, when that is taken or not after the
    /// preceding record (two runs in one second, a clock that went back), the next second that is free. The preceding
    /// record is the newest that is what its signer wrote.
    /// </summary>
    /// <param name="record">What is known of the run; the fields that sealing sets are set here.</param>
    /// <param name="stamp">The wanted name of the folder.</param>
    /// <param name="log">The log, complete and closed.</param>
    /// <param name="attachments">What else lies in the record.</param>
    /// <exception cref="FailureException">The record cannot be written; nothing of it is left.</exception>
    public SealedRecord Seal(RunRecord record, UtcStamp stamp, LogFile log, RecordAttachments? attachments = null)
    {
        var subject = RecordSubject.Of(record);
        var folder = root.FolderOf(subject);
        var isNew = !Directory.Exists(folder);
        try
        {
            FileSystemCalls.RefuseLinks(root, folder);
            FileSystemCalls.RefuseLinks(root, root.AllowedSigners);
            MakeFolder(folder);
            using var taken = RecordLock.Take(root, subject.Name);
            RemoveLeftovers(folder);
            GitFiles.Ensure(root);
            var previous = Chain.ToFollow(root, subject);
            stamp = Free(folder, previous?.Stamp is { } last && stamp <= last ? last.Next() : stamp);
            SignersFile.Ensure(root, signer, stamp.Moment);
            KeyFiles.Ensure(root, signer);
            attachments ??= new();
            var inputs = UnattendedFiles.Of(attachments.Unattended);
            var complete = Complete(record, stamp, log) with
            {
                BuildLog = attachments.BuildLog is null ? null : RecordFiles.BuildLog,
                Unattended = record.Type == RecordType.Init ? null : [.. inputs.Select(i => i.Facts)],
                Previous = previous is null ? null : new(previous.Name, previous.SumsSha256!),
                Joined = Chain.JoinedWith(root, subject, previous),
            };
            try
            {
                PublicationJournal.Begin(root, subject, stamp, signer);
                return Write(folder, complete, stamp, log, attachments.BuildLog, inputs.ToDictionary(i => i.Facts.File, i => i.Content, StringComparer.Ordinal));
            }
            catch
            {
                TryEndJournal(subject);
                throw;
            }
        }
        catch (Exception e)
        {
            if (isNew)
            {
                RemoveIfEmpty(folder);
            }

            if (e is IOException or UnauthorizedAccessException)
            {
                throw CannotWrite($"The record of {subject} cannot be written", e, log.Path);
            }

            throw;
        }
    }

    /// <summary>Fails now where a record of the template could not be written, or would not count, after a long build. Leaves nothing behind.</summary>
    /// <param name="template">The template.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="FailureException">The folder of records cannot be written to, or the key is one that somebody has limited.</exception>
    public void RequireSealable(string template, DateTimeOffset now)
    {
        var subject = RecordSubject.Build(template);
        var place = root.FolderOf(subject);
        try
        {
            foreach (var folder in (string[])[place, root.Path, root.State, Path.Combine(root.Path, KeyFiles.Folder)])
            {
                FileSystemCalls.RefuseLinks(root, folder);
                RequireFolder(folder);
            }

            foreach (var taken in (string[])[subject.Name, RecordIndex.Lock, SignersFile.Lock, KeyFiles.Folder])
            {
                FileSystemCalls.RefuseLinks(root, RecordLock.PathOf(root, taken));
                FileSystemCalls.RequireFileWritable(RecordLock.PathOf(root, taken));
            }

            foreach (var file in (string[])[Path.Combine(place, RecordFiles.Latest), root.Index, .. GitFiles.Paths(root)])
            {
                FileSystemCalls.RefuseFolder(file);
            }

            _ = SignersFile.Counts(root, signer, now);
            _ = Chain.ToFollow(root, subject);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite($"No record of {subject} could be written", e);
        }
    }

    /// <summary>That entries can be made in a folder or, where it is not there yet, in the one in which it would be made.</summary>
    private void RequireFolder(string folder)
    {
        while (!Directory.Exists(folder))
        {
            folder = File.Exists(folder) ? throw new IOException($"'{folder}' is a file") : Path.GetDirectoryName(folder) ?? throw new IOException($"'{root.Path}' is on no file system");
        }

        FileSystemCalls.RequireWritable(folder);
    }

    /// <summary>
    /// Fails now where a record could not be sealed after a long build: what a reviewer reads is made of what is known so
    /// far, and signed. Writes nothing.
    /// </summary>
    /// <exception cref="FailureException">The key does not sign, such as when its agent refuses, or signs wrongly.</exception>
    public void Rehearse(RunRecord record, UtcStamp stamp)
    {
        var complete = Complete(record, stamp, new LogFile("", Convert.ToHexStringLower(SHA256.HashData([])), 0));
        try
        {
            var hashes = new Dictionary<string, string>(StringComparer.Ordinal) { [complete.LogFile!] = complete.LogSha256! };
            _ = Pages(complete, hashes).ToList();
            _ = Signature(Sums(hashes));
        }
        catch (IOException e)
        {
            throw CannotWrite($"No record of {RecordSubject.Of(record)} could be sealed", e);
        }
    }

    /// <summary>
    /// Moves <c>latest</c> to the newest record of the same template and brings the index up to date. Repeating it
    /// does no harm.
    /// </summary>
    /// <exception cref="FailureException">It cannot be written; the record itself is safe and the next run repeats this.</exception>
    public void PublishLatest(SealedRecord record) => Publication.Publish(root, RecordSubject.Of(record.Record), record);

    /// <summary>Two runs in one second; or a folder that nobody sealed has taken the name.</summary>
    private static UtcStamp Free(string folder, UtcStamp stamp)
    {
        while (Path.Exists(Path.Combine(folder, stamp.ToString())))
        {
            stamp = stamp.Next();
        }

        return stamp;
    }

    private RunRecord Complete(RunRecord record, UtcStamp stamp, LogFile log) => record with
    {
        TimestampUtc = stamp.ToString(),
        LogFile = record.Type == RecordType.Init ? RecordFiles.InitLog : RecordFiles.PackerLog,
        LogSha256 = log.Sha256,
        LogBytes = log.Bytes,
        Attestation = KeyFiles.NameOf(signer) is { } key ? new(RecordFiles.Envelope, RecordFiles.Bundle, key, null) : new(null, null, null, signer.WhyNoEnvelope),
        Signer = signer.Facts,
    };

    private SealedRecord Write(string folder, RunRecord record, UtcStamp stamp, LogFile log, LogFile? buildLog, Dictionary<string, byte[]> inputs)
    {
        var temporary = Path.Combine(folder, $"{Leftover}{Guid.NewGuid():N}");
        var place = Path.Combine(folder, stamp.ToString());
        try
        {
            Directory.CreateDirectory(temporary);
            LogPlacement.Place(log, Path.Combine(temporary, record.LogFile!));
            var hashes = new Dictionary<string, string>(StringComparer.Ordinal) { [record.LogFile!] = log.Sha256 };
            if (buildLog is not null)
            {
                LogPlacement.Place(buildLog, Path.Combine(temporary, record.BuildLog!));
                hashes[record.BuildLog!] = buildLog.Sha256;
            }

            foreach (var (name, content) in inputs.Concat(Pages(record, hashes, inputs)))
            {
                FileSystemCalls.WriteNew(Path.Combine(temporary, name), content);
            }

            var sums = Sums(hashes);
            FileSystemCalls.WriteNew(Path.Combine(temporary, RecordFiles.Sums), sums);
            FileSystemCalls.WriteNew(Path.Combine(temporary, RecordFiles.Signature), Signature(sums));
            FileSystemCalls.SyncFolder(temporary);
            FileSystemCalls.MakeReadOnly(temporary, isFolder: true);
            FileSystemCalls.Rename(temporary, place);
        }
        catch
        {
            TryRemove(temporary);
            throw;
        }

        FileSystemCalls.SyncFolder(folder);
        return new(place, stamp, record);
    }

    /// <summary>What is rendered. The hashes of all files are added to those of the logs; the provenance, which comes last, has those before it as subjects.</summary>
    private List<KeyValuePair<string, byte[]>> Pages(RunRecord record, Dictionary<string, string> hashes, IReadOnlyDictionary<string, byte[]>? inputs = null)
    {
        foreach (var (name, content) in inputs ?? new Dictionary<string, byte[]>())
        {
            hashes[name] = Convert.ToHexStringLower(SHA256.HashData(content));
        }

        var pages = new List<KeyValuePair<string, byte[]>>();
        Add(RecordFiles.Run, RunRecordJson.Bytes(RunRecordJson.Write(record)));
        Add(RecordFiles.Readme, RunRecordJson.Bytes(RecordReadme.Render(record)));
        if (record.Attestation!.WhyNone is null)
        {
            var statement = RunRecordJson.Bytes(ProvenanceStatement.Render(record, hashes));
            var encoding = DsseEnvelope.PreAuthenticationEncoding(statement);
            var signature = signer.SignEnvelope(encoding);
            if (!SignatureCheck.IsRaw(signer.PublicKey, signature, encoding))
            {
                throw new IOException($"the signature that the key {signer.Fingerprint} gave is not right");
            }

            Add(RecordFiles.Envelope, DsseEnvelope.Envelope(statement, signer.Fingerprint, signature));
            Add(RecordFiles.Bundle, DsseEnvelope.Bundle(statement, signer.Fingerprint, signature));
        }

        return pages;

        void Add(string name, byte[] content)
        {
            pages.Add(new(name, content));
            hashes[name] = Convert.ToHexStringLower(SHA256.HashData(content));
        }
    }

    private static byte[] Sums(Dictionary<string, string> hashes) =>
        RunRecordJson.Bytes(string.Concat(hashes.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Value}  {h.Key}\n")));

    /// <summary>Checked as a reviewer would, since an agent or a broken key may answer anything.</summary>
    private byte[] Signature(byte[] sums)
    {
        var signature = RunRecordJson.Bytes(signer.Sign(sums));
        return SignatureCheck.Signer(signature, sums, RecordSigner.Namespace)?.AsSpan().SequenceEqual(signer.PublicKey) == true
            ? signature
            : throw new IOException($"the signature that the key {signer.Fingerprint} gave is not right");
    }

    /// <summary>Makes the folder and flushes its name into each parent that is new.</summary>
    private static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        var parent = Path.GetDirectoryName(folder);
        if (parent is not null)
        {
            MakeFolder(parent);
        }

        Directory.CreateDirectory(folder);
        if (parent is not null)
        {
            FileSystemCalls.SyncFolder(parent);
        }
    }

    /// <summary>Under the lock, whatever is unfinished here was left by a run that died.</summary>
    private static void RemoveLeftovers(string folder)
    {
        foreach (var leftover in Directory.EnumerateFileSystemEntries(folder, $"{Leftover}*"))
        {
            if (Directory.Exists(leftover) && !File.GetAttributes(leftover).HasFlag(FileAttributes.ReparsePoint))
            {
                FileSystemCalls.DeleteFolder(leftover);
            }
            else
            {
                File.Delete(leftover);
            }
        }
    }

    private static void TryRemove(string temporary)
    {
        try
        {
            if (Directory.Exists(temporary))
            {
                FileSystemCalls.DeleteFolder(temporary);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to tell; the next run removes what is left.
        }
    }

    /// <summary>There is no record that the note would tell of, and the next run must not say that it had published one.</summary>
    private void TryEndJournal(RecordSubject subject)
    {
        try
        {
            PublicationJournal.End(root, subject, published: null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As above.
        }
    }

    private static void RemoveIfEmpty(string folder)
    {
        try
        {
            if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As above.
        }
    }

    /// <param name="what">What failed.</param>
    /// <param name="cause">Why.</param>
    /// <param name="log">The log to look into.</param>
    /// <param name="made">The record that is there all the same: nothing has to be built again.</param>
    internal static FailureException CannotWrite(string what, Exception cause, string? log = null, SealedRecord? made = null)
    {
        var isFull = WriteRemedy.IsFull(cause);
        var remedy = (isFull, made) switch
        {
            (true, null) => "Free space on that disk and run again",
            (false, null) => "Make the folder writable, or choose another with --records, and run again",
            (_, { Path: var path }) => $"The record {path} is sealed and valid, and nothing has to be built again: "
                + $"{(isFull ? "free space on that disk" : "make that writable")}, and --target=PublishLatest --exclusive completes it",
        };
        return new(FailureKind.Task, what, cause.Message, remedy, log, cause);
    }
}
