using System.Text.RegularExpressions;
using Build.CommandLine;
using Build.Context;
using Build.Settings;
using Foundation;
using Templates;

namespace Build.Stages;

/// <summary>Refuses what the user gives for Packer and what would have no effect on any of the builds.</summary>
internal static class VariableEffect
{
    /// <exception cref="FailureException">Usage: names the option or variable that nothing would read.</exception>
    public static void Require(BuildContext context)
    {
        var templates = context.Runs.Select(r => r.Template).ToList();
        var given = context.Settings.PackerVariables.Keys.ToList();
        if (templates.TrueForAll(t => t.UnattendedIso))
        {
            var named = given.Where(n => n.StartsWith("http_", StringComparison.Ordinal)).Select(n => $"--var={n}=…").ToList();
            if (named.Count > 0 || context.Settings.GivenHttp is not null)
            {
                throw new FailureException(
                    FailureKind.Usage, $"{(named.Count > 0 ? named[0] : $"--{Options.HttpBindAddress} or --{Options.HttpInterface}")} would have no effect",
                    $"{string.Join(", ", templates.Select(t => t.Id))}: the unattended files are on a medium, and Packer serves nothing", "Leave it out");
            }
        }

        var packer = context.InstalledTools.Packer;
        var declared = PackerVariables.Read(context.Catalogue).All;
        foreach (var name in given.Where(n => declared.ContainsKey(n) && n is not (HttpChoice.AddressVariable or HttpChoice.InterfaceVariable)))
        {
            if (!templates.Exists(t => Reads(context.Catalogue, packer.Generation, t, name)))
            {
                throw new FailureException(
                    FailureKind.Usage, $"--var={name}=… would have no effect", $"nothing that Packer {packer.Version} is given reads this variable",
                    packer.Generation == PackerGeneration.Builtin && templates.Exists(t => Reads(context.Catalogue, PackerGeneration.Plugin, t, name))
                        ? "It needs Packer 1.11 or later with its proxmox plugin" : "Leave it out");
            }
        }
    }

    private static bool Reads(TemplateCatalogue catalogue, PackerGeneration generation, Template template, string name) =>
        WorkspaceSources.Inputs(generation, template).Where(f => f != WorkspaceSources.VariablesFile)
            .SelectMany(f => File.ReadLines(Path.Combine(catalogue.Root, f)))
            .Any(line => !line.TrimStart().StartsWith('#') && Regex.IsMatch(line, $@"\bvar\.{Regex.Escape(name)}\b"));
}
