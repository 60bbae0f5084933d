using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Build.Ci;

/// <summary>
/// GitLab: sections of the log, which Cake does not know ("Job logs"), and a report of code quality, which GitLab shows
/// beside the lines of a merge request (<c>artifacts:reports:codequality</c>).
/// </summary>
/// <param name="folder">Where the report is written, as <c>codequality.json</c>.</param>
/// <param name="time">The clock; sections carry their times.</param>
/// <param name="command">Writes a command.</param>
internal sealed class GitLabCi(string folder, TimeProvider time, Action<string> command) : CiProvider
{
    private readonly List<CiAnnotation> annotations = [];

    public override bool BeginSection(string name, string heading)
    {
        command($"\u001b[0Ksection_start:{Now}:{name.ToLowerInvariant()}\r\u001b[0K{heading}");
        return true;
    }

    public override void EndSection(string name, string heading) => command($"\u001b[0Ksection_end:{Now}:{name.ToLowerInvariant()}\r\u001b[0K");

    public override void Annotate(CiAnnotation annotation) => annotations.Add(annotation);

    public override void Complete()
    {
        var report = new JArray(annotations.Where(a => a.File is not null).Select(a => new JObject
        {
            ["description"] = a.Message,
            ["check_name"] = a.Title,
            ["fingerprint"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{a.Title}\n{a.File}\n{a.Message}"))),
            ["severity"] = a.IsError ? "blocker" : "minor",
            ["location"] = new JObject { ["path"] = a.File, ["lines"] = new JObject { ["begin"] = Math.Max(a.Line, 1) } },
        }));
        AtomicFile.Write(Path.Combine(folder, "codequality.json"), report.ToString(Formatting.Indented) + "\n");
    }

    private string Now => time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
