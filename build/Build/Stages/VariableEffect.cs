using System.Text.RegularExpressions;
using Build.CommandLine;
using Build.Context;
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
        if (templates.TrueForAll(t => t.UnattendedIso))
        {
            var http = context.Runs[0].Chosen.Given.FirstOrDefault(g => g.Name.StartsWith("http_", StringComparison.Ordinal));
            if (http is not null || context.Settings.GivenHttp is not null)
            {
                throw new FailureException(
                    FailureKind.Usage, $"{http?.Place ?? $"--{Options.HttpBindAddress} or --{Options.HttpInterface}"} would have no effect",
                    $"{string.Join(", ", templates.Select(t => t.Id))}: the unattended files are on a medium, and Packer serves nothing", "Leave it out");
            }
        }

        var packer = context.InstalledTools.Packer;
        foreach (var given in context.Runs[0].Chosen.Given.Where(g => context.Runs[0].Chosen.Values.ContainsKey(g.Name)))
        {
            if (!templates.Exists(t => Reads(context.Catalogue, packer.Generation, t, given.Name)))
            {
                throw new FailureException(
                    FailureKind.Usage, $"{given.Place} would have no effect", $"nothing that Packer {packer.Version} is given reads this variable",
                    packer.Generation == PackerGeneration.Builtin && templates.Exists(t => Reads(context.Catalogue, PackerGeneration.Plugin, t, given.Name))
                        ? $"{given.Name} needs Packer 1.11 or later with its proxmox plugin" : "Leave it out");
            }
        }
    }

    private static bool Reads(TemplateCatalogue catalogue, PackerGeneration generation, Template template, string name) =>
        WorkspaceSources.Inputs(generation, template).Where(f => f != WorkspaceSources.VariablesFile)
            .SelectMany(f => File.ReadLines(Path.Combine(catalogue.Root, f)))
            .Any(line => !line.TrimStart().StartsWith('#') && Regex.IsMatch(line, $@"\bvar\.{Regex.Escape(name)}\b"));
}
