using System.Text;
using System.Text.RegularExpressions;
using Foundation;
using Unattended;

namespace Templates;

/// <summary>The provisioning scripts, as far as they can be judged without running them.</summary>
internal static partial class ScriptCheck
{
    /// <summary>The script that removes what the build used: over SSH the last one.</summary>
    private const string RemoveBuildUser = "remove-build-user";

    /// <summary>The last script over WinRM: it leaves no way to log in, so that the removal is armed before it.</summary>
    private const string Sysprep = "sysprep";

    internal static IEnumerable<TemplateFinding> Check(Subject subject)
    {
        var template = subject.Template;
        var ending = template.Communicator == "winrm" ? ".ps1" : ".sh";
        for (var i = 0; i < template.Provision.Count; i++)
        {
            var step = template.Provision[i];
            var name = step.Script;
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

            foreach (var finding in Text(file, ending).Concat(Restart(subject, step, path, file)))
            {
                yield return finding;
            }
        }

        foreach (var finding in Last(subject, ending).Concat(CloudInit(subject)))
        {
            yield return finding;
        }
    }

    private static IEnumerable<TemplateFinding> Last(Subject subject, string ending)
    {
        var names = subject.Template.Provision.Select(s => Path.GetFileNameWithoutExtension(s.Script)).ToList();
        var at = $"provision[{names.Count - 1}]";
        if (ending == ".sh")
        {
            if (names[^1] != RemoveBuildUser)
            {
                yield return subject.Error(
                    "script-last", at, $"the last step is {names[^1]}{ending}, so that the build user would stay in the template", $"End with {RemoveBuildUser}{ending}");
            }
        }
        else if (names[^1] != Sysprep)
        {
            yield return subject.Error(
                "script-last", at,
                $"the last step is {names[^1]}{ending}: after {Sysprep}{ending} nothing can log in over WinRM any more, and without it clones are not told apart",
                $"End with {RemoveBuildUser}{ending}, {Sysprep}{ending}");
        }
        else if (!names.Contains(RemoveBuildUser))
        {
            yield return subject.Error(
                "script-last", at, $"nothing removes the build user, which {RemoveBuildUser}{ending} arms before {Sysprep}{ending}", $"Put {RemoveBuildUser}{ending} before it");
        }
    }

    // A drive without a guest that reads it, or a guest that waits for a drive: each builds, and its clones are of no use.
    private static IEnumerable<TemplateFinding> CloudInit(Subject subject)
    {
        var template = subject.Template;
        var marks = template.IsWindows ? CloudbaseInit() : CloudInitClean();
        var at = template.Provision.Select((step, i) => (step, i))
            .Where(s => subject.Files.TryFind(template, s.step.Script) is { } file && File.ReadLines(file.Path).Any(l => marks.IsMatch(l)))
            .Select(s => s.i).FirstOrDefault(-1);
        if (at >= 0 && !template.CloudInit)
        {
            yield return subject.Error(
                "cloud-init-no-drive", $"provision[{at}]",
                $"{template.Provision[at].Script} leaves the system to {(template.IsWindows ? "Cloudbase-Init" : "cloud-init")}, but the template gets no cloud-init drive: a clone would have no network, no keys and no user",
                "Set cloud_init to true");
        }
        else if (at < 0 && template.CloudInit && !template.IsWindows)
        {
            yield return subject.Error(
                "cloud-init-not-reset", "cloud_init",
                "the template gets a cloud-init drive, but no step resets cloud-init (cloud-init clean): a clone would not look at it, and have no user and no keys",
                "Add cloud-init.sh to provision, or set cloud_init to false");
        }
        else if (at < 0 && template.CloudInit)
        {
            yield return subject.Warning(
                "hardware-cloud-init", "cloud_init", "Windows has no cloud-init; the drive would be of no use", "Set cloud_init to false, or add cloudbase-init.ps1 to provision");
        }

        if (template.CloudInitSaid is null && !template.IsWindows)
        {
            yield return subject.Warning(
                "cloud-init-default", "cloud_init", "cloud_init is not set, and its default for Linux is true since templates are made for clones; it was false", "Set cloud_init");
        }
    }

    private static IEnumerable<TemplateFinding> Restart(Subject subject, ProvisionStep step, string path, TemplateFile file)
    {
        var line = RestartCommand.LineOf(File.ReadAllText(file.Path));
        if (line > 0 && !step.Reboot)
        {
            yield return subject.Warning(
                "script-restart", path, $"{step.Script} restarts the machine (line {line}), and Packer fails on the connection that it loses",
                $"Write {{ \"script\": \"{step.Script}\", \"reboot\": true }}");
        }
        else if (line > 0 && subject.Template.Communicator == "winrm")
        {
            yield return subject.Warning(
                "script-restart", path, $"{step.Script} restarts the machine itself (line {line}); over WinRM Packer does that when the script has ended", "Leave it to Packer");
        }
        else if (step.Reboot && line == 0 && subject.Template.Communicator == "ssh")
        {
            yield return subject.Warning(
                "script-restart", path, $"nothing in {step.Script} restarts the machine, so that the next step would run in the same system", "Use restart.sh, or leave reboot out");
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

    [GeneratedRegex(@"^\s*cloud-init\s+clean\b")]
    private static partial Regex CloudInitClean();

    [GeneratedRegex(@"CloudbaseInitSetup", RegexOptions.IgnoreCase)]
    private static partial Regex CloudbaseInit();
}
