using System.Globalization;
using Build.Context;
using Foundation;
using Records;
using Records.Model;

namespace Build.Stages;

/// <summary>
/// Whether a template need not be built again, for <c>--if-changed</c>: the files of the repository that its newest record
/// was made from, its medium and Packer are the same. Rendered files cannot be compared, each has a random user and key.
/// </summary>
internal static class Unchanged
{
    /// <summary>Marks the builds of the run that are skipped.</summary>
    public static async Task MarkAsync(BuildContext context)
    {
        if (!context.Settings.IfChanged)
        {
            return;
        }

        var origin = await context.Origin;
        foreach (var run in context.Runs.Where(r => r.Active))
        {
            var record = RecordCatalogue.LastRecord(context.RecordRoot, run.Template.Id) is { } stamp ? RecordCatalogue.Read(context.RecordRoot, RecordSubject.Build(run.Template.Id), stamp) : null;
            var reason = record is null ? "it has no record that can be read" : Reason(context, run, record, origin);
            if (reason is null)
            {
                run.SkippedFor = record!.TimestampUtc ?? "";
                context.Outcome.Conclusions.Add($"{run.Template.Id}: skipped, nothing has changed since the record of {record.TimestampUtc}");
            }
            else
            {
                context.Log.Write(Cake.Core.Diagnostics.Verbosity.Normal, Cake.Core.Diagnostics.LogLevel.Information, "{0}", $"{run.Template.Id} is built: {reason}");
            }
        }
    }

    /// <summary>Why it is to be built, as a part of a sentence; null when it need not be.</summary>
    private static string? Reason(BuildContext context, TemplateRun run, RunRecord record, MeasuredOrigin origin)
    {
        if (context.Settings.MaxAge is { } highest)
        {
            var age = context.Time.GetUtcNow() - (record.FinishedUtc ?? DateTimeOffset.MinValue);
            if (age >= highest)
            {
                return string.Create(CultureInfo.InvariantCulture, $"its newest record is {(int)age.TotalDays} d {age.Hours} h old");
            }
        }

        var packer = context.InstalledTools.Packer;
        if ((record.Packer?.Version, record.Packer?.Sha256, record.Packer?.PluginVersion, record.Packer?.PluginSha256)
            != (packer.Version, origin.PackerSha256, packer.PluginVersion, origin.PluginSha256))
        {
            return $"Packer is {packer.Version} now, or another file";
        }

        if (record.Iso is not { } iso || iso.File != run.Template.Iso.File || !string.Equals(iso.Sha256, run.Template.Iso.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            return "its medium is another one";
        }

        static string[] Variables(IEnumerable<GivenParameter> given) => [.. given.Where(g => g.Name.StartsWith("var.", StringComparison.Ordinal)).Select(g => $"{g.Name}={g.Value}").Order(StringComparer.Ordinal)];
        if (!Variables(record.Parameters ?? []).SequenceEqual(Variables(BuildEvidence.Parameters(context, run.Chosen.Given))))
        {
            return "other values are given with --var";
        }

        string[] files = [.. (record.Inputs ?? []).Select(i => i.Source).OfType<string>().Append($"infra/packer/templates/{run.Template.Id}/template.json").Distinct()];
        return record.Source is not { Dirty: false } source ? "its newest record was made from files that are in no commit"
            : GitState.IsSameSince(context.Settings.Root, source.Commit ?? "", files) switch
            {
                null => $"the commit {source.Commit} of its newest record is not here to compare with (a shallow clone has no history)",
                false => "files that it is made from have changed",
                true => null,
            };
    }
}
