using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Scriban.Runtime;

namespace Templates;

/// <summary>A text file of a workspace.</summary>
/// <param name="Target">The path in the workspace, with forward slashes.</param>
/// <param name="Text">The content.</param>
/// <param name="Source">The file that it comes from, relative to <c>infra/packer</c>, or empty when it was generated.</param>
public sealed record WorkspaceFile(string Target, string Text, string Source);

/// <summary>What a workspace needs of Packer's own language. See <c>docs/adr/0002</c>.</summary>
/// <param name="catalogue">The catalogue.</param>
public sealed class WorkspaceSources(TemplateCatalogue catalogue)
{
    /// <summary>The file with the declarations of all variables.</summary>
    public const string VariablesFile = "variables.pkr.hcl";

    /// <summary>The file with the values; Packer loads it by its name.</summary>
    public const string ValuesFile = "workspace.auto.pkrvars.json";

    /// <summary>The folder with the rendered assets that Packer's HTTP server serves.</summary>
    public const string HttpFolder = "http";

    /// <summary>Where a provisioning script is put: <c>scripts/01-first-boot.sh</c>.</summary>
    /// <param name="index">Its place in the order, from 0.</param>
    /// <param name="name">Its name in <c>template.json</c>.</param>
    public static string ScriptTarget(int index, string name) => $"scripts/{index + 1:00}-{name[(name.LastIndexOf('/') + 1)..]}";

    /// <summary>The files, beside the assets and the scripts.</summary>
    /// <param name="generation">The generation of the Packer that is installed.</param>
    /// <param name="template">The template.</param>
    /// <param name="values">The variables' values; see <see cref="PackerVariables.Of"/>.</param>
    /// <exception cref="FailureException">A value is missing or unknown.</exception>
    public IReadOnlyList<WorkspaceFile> Files(PackerGeneration generation, Template template, JObject values)
    {
        var complete = PackerVariables.Read(catalogue).Complete(values);
        var source = generation == PackerGeneration.Builtin ? "builtin" : "plugin";
        return
        [
            Copy(VariablesFile, VariablesFile),
            Copy($"{source}/source.pkr.hcl", "source.pkr.hcl"),
            Build(template),
            new WorkspaceFile(ValuesFile, complete.ToString(Formatting.Indented) + "\n", ""),
        ];
    }

    /// <summary>The files of <c>infra/packer</c> that a workspace's HCL is made of, relative to it: a record's inputs.</summary>
    public static IReadOnlyList<string> Inputs(PackerGeneration generation, Template template) =>
        [VariablesFile, $"{(generation == PackerGeneration.Builtin ? "builtin" : "plugin")}/source.pkr.hcl", BuildBlock(template)];

    // HCL has no loop for provisioners, and what is expected of a step differs. A block is a process of Packer, at each
    // check and at the build, so that steps with nothing particular about them share one.
    private WorkspaceFile Build(Template template)
    {
        var source = BuildBlock(template);
        var text = Scriban.Template.Parse(Read(source), source).Render(new ScriptObject { ["groups"] = new ScriptArray(Groups(template.Provision)) });
        return new WorkspaceFile("build.pkr.hcl", text.ReplaceLineEndings("\n"), source);
    }

    /// <summary>Steps that follow one another and do not restart the guest; a step that does is a group of its own.</summary>
    private static IEnumerable<ScriptObject> Groups(IReadOnlyList<ProvisionStep> steps)
    {
        for (var first = 0; first < steps.Count;)
        {
            var end = first + 1;
            while (!steps[first].Reboot && end < steps.Count && !steps[end].Reboot)
            {
                end++;
            }

            yield return new ScriptObject
            {
                ["scripts"] = string.Join(", ", steps.Skip(first).Take(end - first).Select(s => s.Script)), ["first"] = first, ["end"] = end, ["reboot"] = steps[first].Reboot,
            };
            first = end;
        }
    }

    private static string BuildBlock(Template template) => $"{template.Communicator}/build.pkr.hcl{AssetRenderer.Extension}";

    private WorkspaceFile Copy(string source, string target) => new(target, Read(source), source);

    private string Read(string file) => File.ReadAllText(Path.Combine(catalogue.Root, file));
}
