using System.Collections.Concurrent;
using Build.Context;
using Proxmox.Staging;
using Templates;

namespace Build.Stages;

/// <summary>Has the media of templates in place: a medium that several have is fetched by the first, while the others wait.</summary>
internal sealed class MediaStaging(BuildContext context)
{
    private readonly IReadOnlyDictionary<string, string> local = LocalIsos.Of(context.Settings.LocalIsos, [.. context.Runs.Select(r => r.Template)]);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> gates = new(StringComparer.Ordinal);

    public async Task RunAsync(TemplateRun run, CancellationToken cancellation)
    {
        var connection = context.BuildEnvironment.Client.Connection;
        var staging = new IsoStaging(context.BuildEnvironment.Client, run);
        var staged = new List<StagedIso>();
        foreach (var iso in (IEnumerable<IsoImage>)[run.Template.Iso, .. run.Template.AdditionalIsos])
        {
            var gate = gates.GetOrAdd(iso.File, _ => new(1, 1));
            await gate.WaitAsync(cancellation);
            try
            {
                staged.Add(await staging.StageAsync(connection.Node, connection.StorageIso, iso, local.GetValueOrDefault(iso.File), cancellation));
            }
            finally
            {
                gate.Release();
            }
        }

        run.Isos = staged;
    }
}
