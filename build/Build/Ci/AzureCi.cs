using Cake.Common.Build.AzurePipelines;
using Cake.Common.Build.AzurePipelines.Data;
using Cake.Core.IO;

namespace Build.Ci;

/// <summary>Azure Pipelines, see "Logging commands". Cake does not escape what the commands carry.</summary>
/// <param name="provider">Cake's own.</param>
/// <param name="command">Writes a command that Cake does not know.</param>
internal sealed class AzureCi(AzurePipelinesProvider provider, Action<string> command) : CiProvider
{
    public override bool BeginSection(string name, string heading)
    {
        provider.Commands.BeginGroup(heading);
        return true;
    }

    public override void EndSection(string name, string heading) => provider.Commands.EndGroup();

    public override void Annotate(CiAnnotation annotation)
    {
        var place = new AzurePipelinesMessageData
        {
            SourcePath = annotation.File is { } file ? Escaped(file) : null,
            LineNumber = annotation is { File: not null, Line: > 0 } ? annotation.Line : null,
        };
        var text = Escaped($"{annotation.Title}: {annotation.Message}");
        if (annotation.IsError)
        {
            provider.Commands.WriteError(text, place);
        }
        else
        {
            provider.Commands.WriteWarning(text, place);
        }
    }

    public override void Summary(string markdown, string file) => command($"##vso[task.uploadsummary]{Escaped(file)}");

    public override void Output(string name, string value) => provider.Commands.SetOutputVariable(name, Escaped(value));

    public override void Mask(string secret) => command($"##vso[task.setsecret]{Escaped(secret)}");

    public override void TestResults(string title, string file) => provider.Commands.PublishTestResults(
        new AzurePipelinesPublishTestResultsData { TestRunner = AzurePipelinesTestRunnerType.JUnit, TestRunTitle = title, TestResultsFiles = [new FilePath(file)] });

    internal static string Escaped(string text) => text
        .Replace("%", "%AZP25", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal).Replace("]", "%5D", StringComparison.Ordinal)
        .Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);
}
