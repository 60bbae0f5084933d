using Build.Settings;
using Foundation;
using Records;
using Records.Verification;

namespace Build.Stages;

/// <summary>Verifies what the user asked for: by default every record of real builds and of the sandbox.</summary>
internal static class RecordVerification
{
    /// <summary>Verifies. Nothing is written: what a run that died has sealed and not published, the next build publishes.</summary>
    /// <exception cref="FailureException">Usage: the template or the record that was asked for is not there.</exception>
    public static async Task<IReadOnlyList<RecordVerdict>> VerifyAsync(BuildSettings settings, CancellationToken cancellation)
    {
        var verifier = new RecordVerifier();
        var verdicts = new List<RecordVerdict>();
        foreach (var options in Options(settings))
        {
            var found = await verifier.VerifyAsync(options, cancellation);
            verdicts.AddRange(options.Root.IsSandbox ? found.Select(v => v with { Path = $"{RecordRoot.Sandbox}/{v.Path}" }) : found);
        }

        return verdicts;
    }

    private static List<VerifyOptions> Options(BuildSettings settings)
    {
        if (settings.NamesRecordsFolder && !Directory.Exists(settings.RecordsFolder))
        {
            throw new FailureException(FailureKind.Usage, $"There is no folder of records {settings.RecordsFolder}", remedy: "Correct --records");
        }

        var roots = settings.RecordRoots;
        if (settings.RecordPath is { } path)
        {
            var root = roots.FirstOrDefault(r => r.IsSandbox && path.StartsWith(r.Path + Path.DirectorySeparatorChar, StringComparison.Ordinal)) ?? roots[0];
            return [new() { Root = root, RecordPath = path, AllowedSigners = settings.AllowedSigners }];
        }

        var templates = settings.TemplateSelection?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToArray() ?? ["all"];
        if (templates.Contains("all"))
        {
            return [.. roots.Select(r => new VerifyOptions { Root = r, AllowedSigners = settings.AllowedSigners })];
        }

        // A template that has records in one environment only is verified there; the verifier says when it has none at all.
        return [.. templates.SelectMany(template => With(roots, template).Select(r => new VerifyOptions { Root = r, Template = template, AllowedSigners = settings.AllowedSigners }))];
    }

    private static IEnumerable<RecordRoot> With(IReadOnlyList<RecordRoot> roots, string template)
    {
        var having = roots.Where(r => RecordCatalogue.Templates(r).Contains(template)).ToList();
        return having.Count > 0 ? having : roots.Take(1);
    }
}
