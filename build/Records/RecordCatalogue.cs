using System.Text;
using Foundation;
using Newtonsoft.Json;
using Records.Model;
using Records.Sealing;
using Records.Verification;

namespace Records;

/// <summary>Quick answers about the records that are there, without verifying them.</summary>
public static class RecordCatalogue
{
    /// <summary>The templates that have a folder of records; none where that cannot be read.</summary>
    public static IReadOnlyList<string> Templates(RecordRoot root)
    {
        var builds = Path.Combine(root.Path, "builds");
        try
        {
            return !Directory.Exists(builds)
                ? []
                : [.. Directory.EnumerateDirectories(builds).Select(p => Path.GetFileName(p)).Where(RecordSubject.IsTemplateId).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>When a template's newest record was made; null when there is none. Reads one folder's names only.</summary>
    public static UtcStamp? LastRecord(RecordRoot root, string template) =>
        Chain.NewestStamp(root.FolderOf(RecordSubject.Build(template)));

    /// <summary>
    /// How long a template's build usually takes: the median of its newest five records; null without one. Reads no more
    /// than these.
    /// </summary>
    public static TimeSpan? UsualDuration(RecordRoot root, string template)
    {
        const int Newest = 5;
        var subject = RecordSubject.Build(template);
        var seconds = Chain.NewestFirst(root.FolderOf(subject)).Take(Newest).Select(s => Read(root, subject, s)?.DurationSeconds).OfType<long>().Order().ToList();
        return seconds.Count == 0 ? null : TimeSpan.FromSeconds(seconds[seconds.Count / 2]);
    }

    /// <summary>When the newest record of Init was made; null when there is none.</summary>
    public static UtcStamp? LastInit(RecordRoot root) => Chain.NewestStamp(root.FolderOf(RecordSubject.Init));

    /// <summary>The content of one record; null when there is no readable one.</summary>
    public static RunRecord? Read(RecordRoot root, RecordSubject subject, UtcStamp stamp)
    {
        try
        {
            var content = SafeFile.Read(Path.Combine(root.FolderOf(subject), stamp.ToString(), RecordFiles.Run), RunFacts.MaxBytes);
            return content is null ? null : RunRecordJson.Read(Encoding.UTF8.GetString(content));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
