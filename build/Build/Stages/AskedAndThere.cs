using Build.Context;
using Foundation;
using Proxmox;
using Proxmox.Machines;

namespace Build.Stages;

/// <summary>
/// The one judgement of a finished template: what was asked for, and what is there. Packer ending well says less, see
/// <see cref="BuildComparison"/>. What is read here is what the record states.
/// </summary>
internal static class AskedAndThere
{
    private const string Stage = nameof(Tasks.PackerBuild);

    /// <summary>Reads the template's facts and compares them.</summary>
    /// <param name="client">The server.</param>
    /// <param name="run">The build; its facts are set.</param>
    /// <param name="withUpgrade">Whether the server has taken <c>ciupgrade</c>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="FailureException">The template differs (<see cref="FailureKind.Packer"/>): the message names each fact.</exception>
    public static async Task RequireAsync(ProxmoxClient client, TemplateRun run, bool withUpgrade, CancellationToken cancellation)
    {
        var vmid = run.Vmid!.Value;
        var facts = await VmFacts.ReadAsync(client, client.Connection.Node, vmid, cancellation);

        // Packer's manifest has named this VM a moment ago, whatever became of its name and notes.
        run.Smbios = facts.Config!["smbios1"];
        var pool = facts.Pool ?? (await PoolSight.IsToldAsync(client, run.Plan!.Place.Pool, cancellation) ? "" : null);
        var compared = BuildComparison.Of(run.Plan!, facts.Config, pool, withUpgrade);
        if (compared.Where(f => !f.Agrees).ToList() is { Count: > 0 } differing)
        {
            foreach (var line in Table(differing))
            {
                run.Write(Stage, EventLevel.Error, line);
            }

            throw new FailureException(
                FailureKind.Packer, $"Template {vmid} is not what was asked for, though Packer ended well", string.Join("; ", differing),
                "Look in its log for what Packer was told; another client may have changed the VM meanwhile", run.Packer!.Log.Path);
        }

        run.Facts = facts;
        run.Write(Stage, EventLevel.Info, $"the template is what was asked for: {compared.Count} facts compared");
    }

    /// <summary>A line for each fact, below a heading.</summary>
    private static IEnumerable<string> Table(IReadOnlyList<ComparedFact> differing)
    {
        var rows = differing.Select(f => (f.Name, f.Asked, f.There)).Prepend(("fact", "asked for", "there")).ToList();
        var (name, asked) = (rows.Max(r => r.Item1.Length), rows.Max(r => r.Item2.Length));
        return rows.Select(r => $"{r.Item1.PadRight(name)}  {r.Item2.PadRight(asked)}  {r.Item3}");
    }
}
