using Cake.Common.Build.GitHubActions;
using Cake.Common.Build.GitHubActions.Data;

namespace Build.Ci;

/// <summary>GitHub Actions, see "Workflow commands for GitHub Actions". Cake escapes what the commands carry.</summary>
internal sealed class GitHubCi(GitHubActionsProvider provider) : CiProvider
{
    public override bool BeginSection(string name, string heading)
    {
        provider.Commands.StartGroup(heading);
        return true;
    }

    public override void EndSection(string name, string heading) => provider.Commands.EndGroup();

    public override void Annotate(CiAnnotation annotation)
    {
        var place = new GitHubActionsAnnotation { Title = annotation.Title, File = annotation.File, StartLine = annotation is { File: not null, Line: > 0 } ? annotation.Line : null };
        if (annotation.IsError)
        {
            provider.Commands.Error(annotation.Message, place);
        }
        else
        {
            provider.Commands.Warning(annotation.Message, place);
        }
    }

    public override void Summary(string markdown, string file) => provider.Commands.SetStepSummary(markdown);

    public override void Output(string name, string value) => provider.Commands.SetOutputParameter(name, value);

    public override void Mask(string secret) => provider.Commands.SetSecret(secret);
}
