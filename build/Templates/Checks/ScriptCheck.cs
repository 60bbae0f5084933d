using System.Text;
using Unattended;

namespace Templates;

/// <summary>The provisioning scripts, as far as they can be judged without running them.</summary>
internal static class ScriptCheck
{
    /// <summary>The name of the last script, without its ending: it removes or locks what the build used.</summary>
    internal const string LastStep = "remove-build-user";

    internal static IEnumerable<TemplateFinding> Check(Subject subject)
    {
        var template = subject.Template;
        var ending = template.Communicator == "winrm" ? ".ps1" : ".sh";
        for (var i = 0; i < template.Provision.Count; i++)
        {
            var name = template.Provision[i];
            var path = $"provision[{i}]";
            if (!name.EndsWith(ending, StringComparison.Ordinal))
            {
                yield return subject.Error(
                    "script-kind", path, $"{name} cannot run over {template.Communicator}", $"Scripts for {template.Communicator} end in {ending}");
                continue;
            }

            if (subject.Files.TryFind(template, name) is not { } file)
            {
                yield return subject.Error(
                    "script-missing", path, $"there is no script {name} in {subject.Files.Where(template)}", "Add the file or correct the name");
                continue;
            }

            foreach (var finding in Text(file, ending))
            {
                yield return finding;
            }
        }

        var last = template.Provision[^1];
        if (Path.GetFileNameWithoutExtension(last) != LastStep)
        {
            yield return subject.Error(
                "script-last", $"provision[{template.Provision.Count - 1}]",
                $"the last step is {last}, so that the build user would stay in the template", $"End with {LastStep}{ending}");
        }
    }

    private static IEnumerable<TemplateFinding> Text(TemplateFile file, string ending)
    {
        var bytes = File.ReadAllBytes(file.Path);
        var text = Encoding.UTF8.GetString(bytes);
        TemplateFinding Error(string code, int line, string message, string remedy) => new(FindingSeverity.Error, code, file.File, line, message, remedy);

        if (string.IsNullOrWhiteSpace(text))
        {
            yield return Error("script-empty", 0, "the script is empty", "Remove it from the list or write it");
            yield break;
        }

        if (bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble))
        {
            yield return Error("script-bom", 1, "the script starts with a byte order mark", "Save it as UTF-8 without one");
        }

        var lines = text.Split('\n');
        if (ending == ".sh")
        {
            var crlf = Array.FindIndex(lines, l => l.EndsWith('\r'));
            if (crlf >= 0)
            {
                yield return Error("script-line-ends", crlf + 1, "the line ends in CR LF, which a shell takes for part of the command", "Save it with LF");
            }

            if (!lines[0].TrimStart('\uFEFF').StartsWith("#!/", StringComparison.Ordinal))
            {
                yield return Error("script-shebang", 1, "the first line names no interpreter", "Start with #!/bin/sh");
            }
        }

        var template = Array.FindIndex(lines, l => l.Contains("{{", StringComparison.Ordinal) && l.Contains("}}", StringComparison.Ordinal));
        if (template >= 0)
        {
            yield return Error(
                "script-expression", template + 1, "scripts are not rendered: {{ … }} would arrive as it is", "Use an asset, or the environment variable BUILD_USER");
        }

        // Without these a script goes on after a failed command, and the build calls a broken template a success.
        var careful = ending == ".sh"
            ? lines.Any(l => l.TrimStart().StartsWith("set -", StringComparison.Ordinal) && l.Contains('e', StringComparison.Ordinal))
            : text.Contains("$ErrorActionPreference = 'Stop'", StringComparison.OrdinalIgnoreCase);
        if (!careful)
        {
            yield return new TemplateFinding(
                FindingSeverity.Warning, "script-careless", file.File, 0, "the script goes on after a command that failed",
                ending == ".sh" ? "Add set -eu" : "Add $ErrorActionPreference = 'Stop'");
        }
    }
}
