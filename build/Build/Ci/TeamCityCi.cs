using Cake.Common.Build.TeamCity;
using Cake.Core.IO;

namespace Build.Ci;

/// <summary>TeamCity, see "Service messages". It has no annotations on files: a failure is a build problem, a warning a message. Cake escapes.</summary>
internal sealed class TeamCityCi(TeamCityProvider provider) : CiProvider
{
    public override bool BeginSection(string name, string heading)
    {
        provider.WriteStartBlock(heading);
        return true;
    }

    public override void EndSection(string name, string heading) => provider.WriteEndBlock(heading);

    public override void Annotate(CiAnnotation annotation)
    {
        var place = annotation.File is null ? "" : annotation.Line > 0 ? $"{annotation.File}:{annotation.Line}: " : $"{annotation.File}: ";
        var text = $"{annotation.Title}: {place}{annotation.Message}";
        if (annotation.IsError)
        {
            // The identity tells TeamCity which problem of the last run this one is.
            var identity = annotation.Title.Length > 60 ? annotation.Title[..60] : annotation.Title;
            provider.BuildProblem(text, identity);
        }
        else
        {
            provider.WriteStatus(text, "WARNING", null);
        }
    }

    public override void Summary(string markdown, string file) => provider.PublishArtifacts(file);

    public override void Output(string name, string value) => provider.SetParameter($"build.{name}", value);

    public override void TestResults(string title, string file) => provider.ImportData("junit", new FilePath(file));
}
