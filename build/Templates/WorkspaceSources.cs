using System.Text.RegularExpressions;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>A text file of a workspace.</summary>
/// <param name="Target">The path in the workspace, with forward slashes.</param>
/// <param name="Text">The content.</param>
/// <param name="Source">The file that it comes from, relative to <c>infra/packer</c>, or empty when it was generated.</param>
public sealed record WorkspaceFile(string Target, string Text, string Source);

/// <summary>
/// What a workspace needs of Packer's own language: HCL, or for Packer 1.6 with further media its older JSON format,
/// whose decoder takes <c>additional_iso_files</c> where the one for HCL fails. See <c>docs/adr/0002</c>.
/// </summary>
/// <param name="catalogue">The catalogue.</param>
public sealed partial class WorkspaceSources(TemplateCatalogue catalogue)
{
    /// <summary>The file with the declarations of all variables.</summary>
    public const string VariablesFile = "variables.pkr.hcl";

    /// <summary>The file with the values; Packer loads it by its name.</summary>
    public const string ValuesFile = "workspace.auto.pkrvars.json";

    /// <summary>The folder with the rendered assets that Packer's HTTP server serves.</summary>
    public const string HttpFolder = "http";

    /// <summary>The build in the older JSON format.</summary>
    public const string JsonBuild = "build.json";

    /// <summary>Where a provisioning script is put: <c>scripts/01-first-boot.sh</c>.</summary>
    /// <param name="index">Its place in the order, from 0.</param>
    /// <param name="name">Its name in <c>template.json</c>.</param>
    public static string ScriptTarget(int index, string name) => $"scripts/{index + 1:00}-{name[(name.LastIndexOf('/') + 1)..]}";

    /// <summary>The argument for <c>packer validate</c> and <c>packer build</c>, run in the workspace.</summary>
    public static string Argument(PackerGeneration generation, Template template) => UsesJson(generation, template) ? JsonBuild : ".";

    /// <summary>The files, beside the assets and the scripts.</summary>
    /// <param name="generation">The generation of the Packer that is installed.</param>
    /// <param name="template">The template.</param>
    /// <param name="values">The variables' values; see <see cref="PackerVariables.Of"/>.</param>
    /// <exception cref="FailureException">A value is missing or unknown.</exception>
    public IReadOnlyList<WorkspaceFile> Files(PackerGeneration generation, Template template, JObject values)
    {
        var complete = PackerVariables.Read(catalogue).Complete(values);
        if (UsesJson(generation, template))
        {
            return [new WorkspaceFile(JsonBuild, Json(template, complete), "")];
        }

        var source = generation == PackerGeneration.Builtin ? "builtin" : "plugin";
        return
        [
            Copy(VariablesFile, VariablesFile),
            Copy($"{source}/source.pkr.hcl", "source.pkr.hcl"),
            Copy($"{template.Communicator}/build.pkr.hcl", "build.pkr.hcl"),
            new WorkspaceFile(ValuesFile, complete.ToString(Formatting.Indented) + "\n", ""),
        ];
    }

    /// <summary>The files of <c>infra/packer</c> that a workspace's HCL or JSON is made of, relative to it: a record's inputs.</summary>
    public static IReadOnlyList<string> Inputs(PackerGeneration generation, Template template) => UsesJson(generation, template)
        ? [VariablesFile, "builtin/source.json", $"{template.Communicator}/{JsonBuild}"]
        : [VariablesFile, $"{(generation == PackerGeneration.Builtin ? "builtin" : "plugin")}/source.pkr.hcl", $"{template.Communicator}/build.pkr.hcl"];

    private static bool UsesJson(PackerGeneration generation, Template template) =>
        generation == PackerGeneration.Builtin && template.HasFurtherMedia;

    private static JToken Fill(JToken token, JObject values) => token switch
    {
        JObject o => new JObject(o.Properties().Select(p => new JProperty(p.Name, Fill(p.Value, values)))),
        JArray a => new JArray(a.Select(item => Fill(item, values))),
        JValue { Type: JTokenType.String } v => Fill((string)v!, values),
        _ => token,
    };

    // A string that is one reference becomes the value with its type; within a longer one it becomes its text.
    private static JToken Fill(string text, JObject values)
    {
        var whole = Reference().Match(text);
        return whole.Success && whole.Length == text.Length
            ? values[whole.Groups["name"].Value]!.DeepClone()
            : Reference().Replace(text, m => (string)values[m.Groups["name"].Value]!);
    }

    private string Json(Template template, JObject values)
    {
        var build = new JObject
        {
            ["variables"] = new JObject
            {
                ["ssh_private_key_file"] = "{{ env `PKR_VAR_ssh_private_key_file` }}",
                ["winrm_password"] = "{{ env `PKR_VAR_winrm_password` }}",
            },
            ["sensitive-variables"] = new JArray("winrm_password"),
            ["builders"] = new JArray(Fill(JObject.Parse(Read("builtin/source.json")), values)),
        };
        build.Merge(Fill(JObject.Parse(Read($"{template.Communicator}/{JsonBuild}")), values));
        return build.ToString(Formatting.Indented) + "\n";
    }

    private WorkspaceFile Copy(string source, string target) => new(target, Read(source), source);

    private string Read(string file) => File.ReadAllText(Path.Combine(catalogue.Root, file));

    [GeneratedRegex(@"\$\{var\.(?<name>[a-z0-9_]+)\}")]
    private static partial Regex Reference();
}
