using Build.Context;
using Proxmox.Staging;
using Templates;

namespace Build.Stages;

/// <summary>Has the media of templates in place: a medium that several have is fetched by the first, while the others wait.</summary>
internal sealed class MediaStaging(BuildContext context)
{
    private readonly IReadOnlyDictionary<string, string> local = LocalIsos.Of(context.Settings.LocalIsos, [.. context.Runs.Select(r => r.Template)]);
    private readonly StagedMedia known = new();

    public async Task RunAsync(TemplateRun run, CancellationToken cancellation)
    {
        var connection = context.BuildEnvironment.Client.Connection;
        var staging = new IsoStaging(context.BuildEnvironment.Client, run, known);
        var staged = new List<StagedIso>();
        foreach (var iso in (IEnumerable<IsoImage>)[run.Template.Iso, .. run.Template.AdditionalIsos])
        {
            staged.Add(await staging.StageAsync(connection.Node, connection.StorageIso, iso, local.GetValueOrDefault(iso.File), cancellation));
        }

        run.Isos = staged;
    }
}
