using System.Globalization;

namespace Proxmox.Machines;

/// <summary>What a VM of ours is for.</summary>
public enum VmPurpose
{
    /// <summary>A template, or a VM that is to become one.</summary>
    Build,

    /// <summary>A clone of the smoke test.</summary>
    SmokeTest,

    /// <summary>What a build that failed has left, kept for whoever wants to look at it.</summary>
    Failed,
}

/// <summary>
/// The line in a VM's description that says that this program made it, so that nothing else is ever destroyed:
/// <c>packer-build-records: purpose=build template=rocky-9 chain=CHAIN-20261122T191627Z-rocky-9</c>.
/// </summary>
/// <param name="Purpose">What the VM is for.</param>
/// <param name="Template">The template's id.</param>
/// <param name="Chain">The run that made it.</param>
public sealed record VmMarker(VmPurpose Purpose, string Template, string Chain)
{
    private const string Opening = "packer-build-records:";

    /// <summary>The machine that runs the smoke test, and its process there: <c>build1/4711</c>; or null.</summary>
    public string? Owner { get; init; }

    /// <summary>When the smoke test is over at the latest, or null.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The owner that a run of this process has.</summary>
    public static string ThisProcess => $"{Clean(Environment.MachineName)}/{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Reads the marker in a description.</summary>
    /// <returns>The marker, or null when there is none: the VM is not ours.</returns>
    public static VmMarker? Parse(string? description)
    {
        foreach (var line in (description ?? "").Split('\n'))
        {
            if (!line.StartsWith(Opening, StringComparison.Ordinal))
            {
                continue;
            }

            var values = line[Opening.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(w => w.Split('=', 2)).Where(w => w.Length == 2).GroupBy(w => w[0]).ToDictionary(g => g.Key, g => g.First()[1]);
            if (Purposes.FirstOrDefault(p => p.Name == values.GetValueOrDefault("purpose")) is { Name: not null } purpose
                && values.TryGetValue("template", out var template) && values.TryGetValue("chain", out var chain))
            {
                return new VmMarker(purpose.Purpose, template, chain)
                {
                    Owner = values.GetValueOrDefault("owner"),
                    Until = long.TryParse(values.GetValueOrDefault("until"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                        && seconds < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
                };
            }
        }

        return null;
    }

    /// <summary>The line for the description.</summary>
    public override string ToString()
    {
        var text = $"{Opening} purpose={Purposes.First(p => p.Purpose == Purpose).Name} template={Template} chain={Chain}";
        text += Owner is null ? "" : $" owner={Owner}";
        return Until is { } until ? text + $" until={until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}" : text;
    }

    private static readonly (VmPurpose Purpose, string Name)[] Purposes = [(VmPurpose.Build, "build"), (VmPurpose.SmokeTest, "smoke-test"), (VmPurpose.Failed, "failed-build")];

    private static string Clean(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '-'));
}
