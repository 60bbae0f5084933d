using System.Diagnostics.CodeAnalysis;
using Build.Context;
using Cake.Common.Diagnostics;
using Cake.Frosting;
using Templates;
using Unattended;

namespace Build.Tasks;

[TaskName(Name)]
[TaskDescription("Writes a template like another one for another medium: --template=<id> --like=<id> --iso-url=<url> or --iso=<file>.")]
[SuppressMessage("Naming", "CA1711:IdentifiersShouldNotHaveIncorrectSuffix", Justification = "A task is a class of its target's name.")]
[SuppressMessage("Naming", "CA1716:IdentifiersShouldNotMatchKeywords", Justification = "A task is a class of its target's name.")]
public sealed class NewTarget : FrostingTask<BuildContext>
{
    /// <summary>The target's name; a class of this name could not be written in every language.</summary>
    internal const string Name = "New";

    public override void Run(BuildContext context)
    {
        var result = new NewTemplate(context.Catalogue).Write(context.Settings.NewTemplate);
        context.Information("Written: infra/packer/{0}", result.Folder);
        foreach (var change in result.Changes)
        {
            context.Information("  {0}", change);
        }

        foreach (var unknown in result.Unknown)
        {
            context.Information("Not known: {0}", unknown);
        }

        foreach (var finding in new TemplateValidation(context.Catalogue).Check(context.Settings.NewTemplate.Id))
        {
            context.Information("{0}: {1}", finding.Severity == FindingSeverity.Error ? "To do" : "Warning", finding);
        }
    }
}
