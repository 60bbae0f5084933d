using Foundation;
using Records.Model;
using Records.Signing;
using Records.Views;

namespace Records.Sealing;

/// <summary>
/// Remembers on this machine that a record was sealed whose <c>latest</c> and index entry are not yet written, so
/// that a run that dies in between can be completed. Each note names one record and is signed: <c>Verify</c>, which
/// writes nothing, excuses a missing publication only to somebody who can sign.
/// </summary>
internal static class PublicationJournal
{
    /// <summary>How the names of notes end.</summary>
    public const string Extension = ".pending";

    public static void Begin(RecordRoot root, RecordSubject subject, UtcStamp stamp, RecordSigner signer)
    {
        Directory.CreateDirectory(root.State);
        var line = $"{subject.Name}/{stamp}\n";
        var path = Path.Combine(root.State, $"{subject.Name.Replace('/', '-')}.{stamp}{Extension}");
        RemoveUnfinished(root, subject);
        AtomicFile.Write(path, line + signer.Sign(RunRecordJson.Bytes(line)));
        FileSystemCalls.SyncFolder(root.State);
    }

    /// <summary>
    /// Removes the notes of a subject's records that are published and of those that were never finished. Call it only
    /// while holding the subject's lock: then nobody is between the note and the record.
    /// </summary>
    public static void End(RecordRoot root, RecordSubject subject, UtcStamp? published)
    {
        RemoveUnfinished(root, subject);
        foreach (var (path, of, stamp) in Notes(root).Where(n => n.Subject == subject).ToList())
        {
            if (stamp <= published || !IsSealed(root, of, stamp))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Whether a note tells of a record that is there. One of a record that was never finished asks for nothing.</summary>
    public static bool IsOfRecord(RecordRoot root) => Notes(root).Any(n => IsSealed(root, n.Subject, n.Stamp));

    public static IReadOnlyList<RecordSubject> Pending(RecordRoot root) => [.. Notes(root).Select(n => n.Subject).Distinct()];

    /// <summary>
    /// Removes what runs that were killed while they wrote a note have left, whatever record that was of: the next one has
    /// another time, and so another name.
    /// </summary>
    private static void RemoveUnfinished(RecordRoot root, RecordSubject subject)
    {
        foreach (var path in Directory.EnumerateFiles(root.State, $".*{Extension}.*.tmp"))
        {
            var note = Path.GetFileName(path)[1..];
            if (Parse(note[..(note.LastIndexOf(Extension, StringComparison.Ordinal) + Extension.Length)]) is { } of && of.Subject == subject)
            {
                File.Delete(path);
            }
        }
    }

    private static IEnumerable<(string Path, RecordSubject Subject, UtcStamp Stamp)> Notes(RecordRoot root)
    {
        foreach (var path in Directory.Exists(root.State) ? Directory.EnumerateFiles(root.State, $"*{Extension}") : [])
        {
            if (Parse(Path.GetFileName(path)) is { } note)
            {
                yield return (path, note.Subject, note.Stamp);
            }
        }
    }

    private static bool IsSealed(RecordRoot root, RecordSubject subject, UtcStamp stamp) =>
        Directory.Exists(Path.Combine(root.FolderOf(subject), stamp.ToString()));

    /// <summary>What the name of a note tells; null when it is none of ours.</summary>
    private static (RecordSubject Subject, UtcStamp Stamp)? Parse(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var dot = name.LastIndexOf('.');
        return dot > 0 && UtcStamp.TryParse(name[(dot + 1)..], out var stamp) && SubjectOf(name[..dot]) is { } subject ? (subject, stamp) : null;
    }

    private static RecordSubject? SubjectOf(string name)
    {
        const string builds = "builds-";
        return name == RecordSubject.Init.Name ? RecordSubject.Init
            : name.StartsWith(builds, StringComparison.Ordinal) && RecordSubject.IsTemplateId(name[builds.Length..])
                ? RecordSubject.Build(name[builds.Length..])
                : null;
    }
}

/// <summary>
/// Makes sealed records visible: <c>latest</c> and the index. Branches that were merged are joined by a signed statement
/// only by <see cref="PublishAll"/>, which somebody asks for: an inserted record looks like a branch, and a build that
/// happens to run must not vouch for it.
/// </summary>
public static class Publication
{
    /// <summary>Whether a run died after it had sealed a record and before it had published it.</summary>
    public static bool IsInterrupted(RecordRoot root) => PublicationJournal.IsOfRecord(root) || Destruction.IsInterrupted(root);

    /// <summary>Completes what runs that died have sealed and not published. Does nothing when there is nothing to do.</summary>
    /// <exception cref="FailureException">It cannot be written.</exception>
    public static void RecoverInterrupted(RecordRoot root)
    {
        foreach (var subject in PublicationJournal.Pending(root))
        {
            Publish(root, subject);
        }

        if (Destruction.IsInterrupted(root))
        {
            RegenerateIndex(root, signer: null, made: null);
        }
    }

    /// <summary>Moves <c>latest</c> of every template to its newest record and regenerates the index, as after a merge.</summary>
    /// <exception cref="FailureException">It cannot be written.</exception>
    public static void PublishAll(RecordRoot root, RecordSigner? signer = null)
    {
        var subjects = RecordCatalogue.Templates(root).Select(RecordSubject.Build).Append(RecordSubject.Init).ToList();
        var published = subjects.ConvertAll(subject => PointLatest(root, subject, made: null));
        RegenerateIndex(root, signer, made: null);
        foreach (var (subject, stamp) in subjects.Zip(published))
        {
            EndJournal(root, subject, stamp, made: null);
        }
    }

    /// <param name="root">The records.</param>
    /// <param name="subject">Whose newest record is published.</param>
    /// <param name="made">The record that this run has sealed; null when it has sealed none. A failure tells that it is not lost.</param>
    internal static void Publish(RecordRoot root, RecordSubject subject, SealedRecord? made = null)
    {
        var published = PointLatest(root, subject, made);
        RegenerateIndex(root, signer: null, made);
        EndJournal(root, subject, published, made);
    }

    private static void EndJournal(RecordRoot root, RecordSubject subject, UtcStamp? published, SealedRecord? made)
    {
        try
        {
            using var taken = RecordLock.Take(root, subject.Name);
            PublicationJournal.End(root, subject, published);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RecordStore.CannotWrite($"The publication of {subject} cannot be completed", e, made: made);
        }
    }

    /// <summary>The record that <c>latest</c> is now on, or for init would be.</summary>
    private static UtcStamp? PointLatest(RecordRoot root, RecordSubject subject, SealedRecord? made)
    {
        var folder = root.FolderOf(subject);
        try
        {
            FileSystemCalls.RefuseLinks(root, folder);
            using var taken = RecordLock.Take(root, subject.Name);
            var newest = Chain.NewestAuthentic(root, subject)?.Stamp ?? Chain.NewestStamp(folder);
            if (newest is { } stamp && subject.Template is not null)
            {
                LatestPointer.Set(folder, stamp);
            }

            return newest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RecordStore.CannotWrite($"'latest' of {subject} cannot be moved", e, made: made);
        }
    }

    private static void RegenerateIndex(RecordRoot root, RecordSigner? signer, SealedRecord? made)
    {
        try
        {
            // Also where nothing was sealed yet: a checkout must not change the line ends of an index that is committed.
            GitFiles.Ensure(root);
            RecordIndex.Regenerate(root, signer);
            Destruction.EndNotes(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RecordStore.CannotWrite($"The index {root.Index} cannot be written", e, made: made);
        }
    }
}
