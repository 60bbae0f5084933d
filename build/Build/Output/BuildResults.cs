using System.Text.Json;
using Foundation;
using Packer.Running;

namespace Build.Output;

/// <summary>How the build of one template ended, for other programs.</summary>
/// <param name="Template">Its id.</param>
/// <param name="Status"><c>success</c>, <c>failed</c>, <c>interrupted</c> or <c>skipped</c>.</param>
public sealed record BuildResult(string Template, string Status)
{
    /// <summary>The VMID; null when none was chosen.</summary>
    public int? Vmid { get; init; }

    /// <summary>The node; null when there was no connection.</summary>
    public string? Node { get; init; }

    /// <summary>The folder of the record, as a full path; null when there is none.</summary>
    public string? Record { get; init; }

    /// <summary>The file with everything that Packer said, as a full path; null when it did not run.</summary>
    public string? Log { get; init; }

    /// <summary>The file <c>result.json</c> of the run's logs, as a full path; null when there is none.</summary>
    public string? Result { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>What it has kept when it failed; null for nothing.</summary>
    public KeptVm? Kept { get; init; }
}

/// <summary>What <c>--output=json</c> prints of a build, and what the outputs of a CI job are made of.</summary>
internal static class BuildResults
{
    /// <summary>The object for programs, on one line.</summary>
    /// <param name="exitCode">The program's exit code.</param>
    /// <param name="templates">The builds that were asked for; none when the run ended before they were known.</param>
    public static string Json(int exitCode, IReadOnlyList<BuildResult> templates)
    {
        var status = exitCode == (int)FailureKind.Interrupted ? "interrupted"
            : exitCode != 0 ? "failed"
            : templates.Count > 0 && templates.All(t => t.Status == "skipped") ? "skipped"
            : "success";
        return MachineOutput.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("status", status);
            json.WriteNumber("exit_code", exitCode);
            json.WriteStartArray("templates");
            foreach (var template in templates)
            {
                Write(json, template);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>
    /// The outputs for the steps that follow: <c>template</c>, <c>vmid</c>, <c>node</c> and <c>record</c> of the build where
    /// there is one that succeeded, and <c>templates</c>, JSON as in <see cref="Json"/>.
    /// </summary>
    /// <param name="templates">The builds.</param>
    /// <param name="shown">How a path is given.</param>
    public static IReadOnlyList<(string Name, string Value)> Outputs(IReadOnlyList<BuildResult> templates, Func<string, string> shown)
    {
        var all = MachineOutput.Json(json =>
        {
            json.WriteStartArray();
            foreach (var template in templates)
            {
                Write(json, template with { Record = template.Record is { } record ? shown(record) : null });
            }

            json.WriteEndArray();
        });
        var built = templates.Where(t => t.Record is not null).ToList();
        return built is [var only]
            ? [("template", only.Template), ("vmid", $"{only.Vmid}"), ("node", only.Node ?? ""), ("record", shown(only.Record!)), ("templates", all)]
            : [("templates", all)];
    }

    private static void Write(Utf8JsonWriter json, KeptVm? kept)
    {
        if (kept is null)
        {
            json.WriteNull("kept");
            return;
        }

        json.WriteStartObject("kept");
        json.WriteNumber("vmid", kept.Vmid);
        json.WriteString("name", kept.Name);
        json.WriteString("node", kept.Node);
        json.WriteString("console", kept.Console);
        json.WriteString("ssh", kept.Ssh);
        json.WriteString("user", kept.User);
        json.WriteString("login", kept.Login);
        json.WriteString("first", kept.First);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BuildResult template)
    {
        json.WriteStartObject();
        json.WriteString("template", template.Template);
        json.WriteString("status", template.Status);
        if (template.Vmid is { } vmid)
        {
            json.WriteNumber("vmid", vmid);
        }
        else
        {
            json.WriteNull("vmid");
        }

        json.WriteString("node", template.Node);
        json.WriteString("record", template.Record);
        json.WriteString("log", template.Log);
        json.WriteString("result", template.Result);
        json.WriteString("error", template.Error);
        Write(json, template.Kept);
        json.WriteEndObject();
    }
}
