using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>The commands of the how-to's pipelines, run as they stand there but for the sandbox, end in a commit of a record.</summary>
internal sealed partial class PipelineTests
{
    [TestCase("GitHub Actions")]
    [TestCase("GitLab")]
    [TestCase("Azure Pipelines")]
    [TestCase("Jenkins")]
    public void The_commands_of_the_pipeline_end_in_a_commit_of_the_record(string section)
    {
        using var bench = new Workbench();
        bench.CopyTemplates();
        var checkout = bench.Root;
        File.CreateSymbolicLink(Path.Combine(checkout, "build.sh"), Path.Combine(Repository.Root, "build.sh"));
        var origin = Path.Combine(bench.Folder, "origin.git");
        Shell(bench.Folder, $"git init --quiet --bare '{origin}'");
        Shell(checkout, $"git init --quiet --initial-branch=main && printf '.runtime\\n' > .gitignore && git add . && git -c user.name=t -c user.email=t@example.net commit --quiet -m x && git remote add origin '{origin}' && git push --quiet --set-upstream origin main");
        Shell(checkout, string.Join('\n', ["set -e", .. Commands(section)]), bench);
        var shown = Shell(bench.Folder, $"git --git-dir='{origin}' log --format=%s --name-only main");
        Assert.That(shown, Does.StartWith("Record builds").And.Contain("records/sandbox/builds/rocky-9/").And.Contain("/run.json"));
        Assert.That(shown.Split('\n').Count(l => l == "Record builds"), Is.EqualTo(1));
    }

    private static IEnumerable<string> Commands(string section)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "howto", "pipeline.md"));
        var text = page[page.IndexOf($"\n## {section}\n", StringComparison.Ordinal)..];
        text = text[(text.IndexOf("```", StringComparison.Ordinal) + 3)..];
        foreach (var line in text[..text.IndexOf("```", StringComparison.Ordinal)].Split('\n'))
        {
            var command = Step().Replace(line, "").Trim();
            if (Group().Match(command) is { Success: true } quoted)
            {
                command = quoted.Groups[1].Value;
            }

            if (!Kept().IsMatch(command) || command.Contains("--allowed-signers", StringComparison.Ordinal))
            {
                continue;
            }

            if (command.StartsWith("find ", StringComparison.Ordinal))
            {
                // What the steps for artifacts do between the jobs: the second one has a checkout of its own.
                yield return "mkdir -p \"$RUNNER_TEMP/records/record-rocky-9\" && mv record.tar \"$RUNNER_TEMP/records/record-rocky-9\" && chmod -R u+w records && rm -r records";
            }

            yield return Folder().Replace(command, "records/sandbox/$1").Replace("--environment=proxmox", "--environment=sandbox", StringComparison.Ordinal)
                .Replace("--template=all", "--template=rocky-9", StringComparison.Ordinal).Replace("${{ matrix.template }}", "rocky-9", StringComparison.Ordinal);
        }
    }

    private static string Shell(string folder, string script, Workbench? bench = null)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("GITHUB_", StringComparison.Ordinal) || n.StartsWith("PROXMOX_", StringComparison.Ordinal) || n is "RECORD_SIGNING_KEY").ToList())
        {
            start.Environment.Remove(name);
        }

        if (bench is not null)
        {
            (start.Environment["BUILD_RECORDS_ROOT"], start.Environment["RUNNER_TEMP"]) = (bench.Root, Path.Combine(bench.Folder, "temp"));
            (start.Environment["CI_PROJECT_URL"], start.Environment["CI_COMMIT_BRANCH"], start.Environment["CI"]) = (Path.Combine(bench.Folder, "origin"), "main", "true");
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, script + "\n" + output + error.Result);
        return output;
    }

    [GeneratedRegex(@"^\s*(?:- )?(?:bash: |run: (?!\|))?")]
    private static partial Regex Step();

    [GeneratedRegex("^sh '(?!'')(.*)'$")]
    private static partial Regex Group();

    [GeneratedRegex(@"^(?:\./build\.sh --target=(?:BuildTemplate|PublishLatest|Verify)|git (?:config|add|diff|push)|chmod |mkdir |tar |find )")]
    private static partial Regex Kept();

    [GeneratedRegex(@"records/(builds|allowed_signers|keys|destroyed)")]
    private static partial Regex Folder();
}
