using Foundation;
using Records.Signing;
using Records.Views;

namespace Records.Sealing;

/// <summary>
/// Remembers on this machine that a record was sealed whose <c>latest</c> and index entry are not yet written, so
/// that a run that dies in between can be completed. It can only lead to the truth being written: <c>latest</c> on
/// the newest record.
/// </summary>
internal static class PublicationJournal
{
    private const string Extension = ".pending";

    public static void Begin(RecordRoot root, RecordSubject subject, UtcStamp stamp)
    {
        Directory.CreateDirectory(root.State);
        FileSystemCalls.RemoveUnfinished(PathOf(root, subject));
        AtomicFile.Write(PathOf(root, subject), $"{subject.Name} {stamp}\n");
        FileSystemCalls.SyncFolder(root.State);
    }

    public static void End(RecordRoot root, RecordSubject subject) => File.Delete(PathOf(root, subject));

    public static IReadOnlyList<RecordSubject> Pending(RecordRoot root) => !Directory.Exists(root.State)
        ? []
        : [.. Directory.EnumerateFiles(root.State, $"*{Extension}").Select(SubjectOf).OfType<RecordSubject>()];

    private static RecordSubject? SubjectOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        if (name == RecordSubject.Init.Name)
        {
            return RecordSubject.Init;
        }

        const string builds = "builds-";
        return name.StartsWith(builds, StringComparison.Ordinal) && RecordSubject.IsTemplateId(name[builds.Length..])
            ? RecordSubject.Build(name[builds.Length..])
            : null;
    }

    private static string PathOf(RecordRoot root, RecordSubject subject) =>
        Path.Combine(root.State, $"{subject.Name.Replace('/', '-')}{Extension}");
}

/// <summary>
/// Makes sealed records visible: <c>latest</c> and the index. Branches that were merged are joined by a signed statement
/// only by <see cref="PublishAll"/>, which somebody asks for: an inserted record looks like a branch, and a build that
/// happens to run must not vouch for it.
/// </summary>
public static class Publication
{
    /// <summary>Whether a run died after it had sealed a record and before it had published it.</summary>
    public static bool IsInterrupted(RecordRoot root) => PublicationJournal.Pending(root).Count > 0;

    /// <summary>Completes what runs that died have sealed and not published. Does nothing when there is nothing to do.</summary>
    /// <exception cref="FailureException">It cannot be written.</exception>
    public static void RecoverInterrupted(RecordRoot root)
    {
        foreach (var subject in PublicationJournal.Pending(root))
        {
            Publish(root, subject);
        }
    }

    /// <summary>Moves <c>latest</c> of every template to its newest record and regenerates the index, as after a merge.</summary>
    /// <exception cref="FailureException">It cannot be written.</exception>
    public static void PublishAll(RecordRoot root, RecordSigner? signer = null)
    {
        foreach (var template in RecordCatalogue.Templates(root))
        {
            PointLatest(root, RecordSubject.Build(template));
        }

        RegenerateIndex(root, signer);
        foreach (var subject in PublicationJournal.Pending(root))
        {
            EndJournal(root, subject);
        }
    }

    internal static void Publish(RecordRoot root, RecordSubject subject)
    {
        PointLatest(root, subject);
        RegenerateIndex(root, signer: null);
        EndJournal(root, subject);
    }

    private static void EndJournal(RecordRoot root, RecordSubject subject)
    {
        try
        {
            using var taken = RecordLock.Take(root, subject.Name);
            PublicationJournal.End(root, subject);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RecordStore.CannotWrite($"The publication of {subject} cannot be completed", e);
        }
    }

    private static void PointLatest(RecordRoot root, RecordSubject subject)
    {
        if (subject.Template is null)
        {
            return;
        }

        var folder = root.FolderOf(subject);
        try
        {
            using var taken = RecordLock.Take(root, subject.Name);
            if (Chain.NewestStamp(folder) is { } newest)
            {
                LatestPointer.Set(folder, newest);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RecordStore.CannotWrite($"'latest' of {subject} cannot be moved", e);
        }
    }

    private static void RegenerateIndex(RecordRoot root, RecordSigner? signer)
    {
        try
        {
            RecordIndex.Regenerate(root, signer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RecordStore.CannotWrite($"The index {root.Index} cannot be written", e);
        }
    }
}
