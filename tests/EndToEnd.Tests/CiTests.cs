using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>What a CI system is told, with the variables that it gives its jobs.</summary>
internal sealed class CiTests
{
    private const string Hostile = "##vso[task.setvariable variable=PATH]x ##teamcity[buildStatus text='y'] ##[add-mask]z";

    /// <summary>A workbench that looks like a job of a system.</summary>
    private static Workbench Job(string platform)
    {
        var bench = new Workbench();
        switch (platform)
        {
            case "github":
                File.WriteAllText(Path.Combine(bench.Folder, "output"), "");
                File.WriteAllText(Path.Combine(bench.Folder, "summary"), "");
                bench.Set("GITHUB_ACTIONS", "true").Set("GITHUB_OUTPUT", Path.Combine(bench.Folder, "output")).Set("GITHUB_STEP_SUMMARY", Path.Combine(bench.Folder, "summary"));
                break;
            case "gitlab":
                bench.Set("GITLAB_CI", "true");
                break;
            case "azure":
                bench.Set("TF_BUILD", "True");
                break;
            case "teamcity":
                bench.Set("TEAMCITY_VERSION", "2026.1");
                break;
            default:
                bench.Set("JENKINS_URL", "https://jenkins.example.net/");
                break;
        }

        return bench;
    }

    private static string[] Build(params string[] more) => ["--target=BuildTemplate", "--template=rocky-9", .. more];

    private static string Left(Workbench bench, string name) => File.ReadAllText(Path.Combine(bench.Runtime, "ci", name));

    [TestCase("github", @"^::group::0:\d\d  Validate$", @"^::endgroup::$")]
    [TestCase("azure", @"^##\[group\]0:\d\d  Validate$", @"^##\[endgroup\]$")]
    [TestCase("teamcity", @"^##teamcity\[blockOpened name='0:\d\d  Validate'\]$", @"^##teamcity\[blockClosed name='0:\d\d  Validate'\]$")]
    [TestCase("gitlab", @"section_start:\d+:validate[\r\n]+\x1b\[0K0:\d\d  Validate$", @"section_end:\d+:validate[\r\n]+\x1b\[0K$")]
    [TestCase("jenkins", @"^0:\d\d  Validate$", @"^0:\d\d  StageIso$")]
    public void A_build_has_its_stages_as_sections_and_gives_its_results_to_the_next_step(string platform, string begin, string end)
    {
        using var bench = Job(platform);
        var result = bench.Run(Build());
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var record = Path.GetRelativePath(bench.Folder, bench.RecordsOf("rocky-9").Single());
        var page = File.ReadAllText(Path.Combine(bench.Folder, record, "README.md"));
        Assert.Multiple(() =>
        {
            Assert.That(Regex.IsMatch(result.Output, begin.Replace("$", "\r?$", StringComparison.Ordinal), RegexOptions.Multiline), Is.True, result.All);
            Assert.That(Regex.IsMatch(result.Output, end.Replace("$", "\r?$", StringComparison.Ordinal), RegexOptions.Multiline), Is.True, result.All);
            Assert.That(Left(bench, "build.env"), Does.StartWith($"TEMPLATE=rocky-9\nVMID=9100\nNODE=pve\nRECORD={record}\nTEMPLATES="));
            Assert.That(Left(bench, "summary.md"), Is.EqualTo(page), "the record's page");
            Assert.That(XDocument.Parse(Left(bench, "validate.xml")).Descendants("testcase").Single().Attribute("name")!.Value, Is.EqualTo("rocky-9"));
            switch (platform)
            {
                case "github":
                    Assert.That(File.ReadAllText(Path.Combine(bench.Folder, "output")), Does.Contain("template=rocky-9\n").And.Contain("vmid=9100\n").And.Contain($"record={record}\n"));
                    Assert.That(File.ReadAllText(Path.Combine(bench.Folder, "summary")), Does.Contain("# Build record of `rocky-9`"));
                    break;
                case "azure":
                    Assert.That(result.Output, Does.Contain("##vso[task.setvariable variable=vmid;isOutput=true;]9100").And.Contain("##vso[task.uploadsummary]").And.Contain("##vso[results.publish type=JUnit;"));
                    break;
                case "teamcity":
                    Assert.That(result.Output, Does.Contain("##teamcity[setParameter name='build.vmid' value='9100']").And.Contain("##teamcity[importData type='junit'"));
                    break;
            }
        });
    }

    [TestCase("github", "::error title=rocky-9%3A {0},file={1},line={2}::")]
    [TestCase("azure", "##vso[task.logissue sourcepath={1};linenumber={2};type=error;]rocky-9: {0}: ")]
    [TestCase("teamcity", "##teamcity[buildProblem description='rocky-9: {0}: {1}:{2}: ")]
    [TestCase("gitlab", null)]
    [TestCase("jenkins", null)]
    public void A_finding_of_Validate_is_shown_at_its_file_and_line(string platform, string? shown)
    {
        using var bench = Job(platform);
        const string File = "infra/packer/os/rocky/ks.cfg.scriban";
        var kickstart = Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban");
        var lines = System.IO.File.ReadAllLines(kickstart).ToList();
        var line = lines.FindIndex(l => l.StartsWith("timezone ", StringComparison.Ordinal)) + 1;
        lines[line - 1] = lines[line - 1].Replace("timezone", "timezoone", StringComparison.Ordinal);
        System.IO.File.WriteAllLines(kickstart, lines);
        var result = bench.Run("--target=Validate", "--template=rocky-9");
        Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
        var failure = XDocument.Parse(Left(bench, "validate.xml")).Descendants("failure").Single();
        Assert.Multiple(() =>
        {
            Assert.That(failure.Value, Does.Contain("timezoone").And.Contain("ks.cfg.scriban"));
            if (shown is not null)
            {
                Assert.That(result.Output, Does.Match(Regex.Escape(shown).Replace(@"\{0}", "[a-z-]+", StringComparison.Ordinal).Replace(@"\{1}", Regex.Escape(File), StringComparison.Ordinal).Replace(@"\{2}", @"\d+", StringComparison.Ordinal)), result.All);
            }

            if (platform == "gitlab")
            {
                var finding = JArray.Parse(Left(bench, "codequality.json")).First(f => ((string)f["description"]!).Contains("timezoone", StringComparison.Ordinal));
                Assert.That((string?)finding.SelectToken("location.path"), Is.EqualTo(File));
            }
        });
    }

    [TestCase("github")]
    [TestCase("azure")]
    [TestCase("teamcity")]
    [TestCase("github", "--ci=none")]
    [TestCase("azure", "--output=json")]
    public void What_a_server_says_is_no_command(string platform, params string[] options)
    {
        using var bench = Job(platform);
        var result = bench.Run(Build([$"--sandbox-fault=api:POST /nodes/*/qemu/*/template=500 {Hostile}", .. options]));
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        Assert.Multiple(() =>
        {
            Assert.That(result.Output + result.Error, Does.Contain("## [add-mask]z").Or.Contain("vso [task.setvariable"), "it is told all the same");
            foreach (var line in $"{result.Output}\n{result.Error}".Split('\n').Where(l => !IsOwn(l)))
            {
                Assert.That(line, Does.Not.Contain("##vso[").And.Not.Contain("##teamcity[").And.Not.Contain("##["));
            }

            Assert.That(result.Output + result.Error, Does.Not.Match(@"(?m)^##vso\[task\.setvariable variable=PATH"));
        });
    }

    // What the program itself tells the system; what it carries is escaped, which the systems undo as data.
    private static bool IsOwn(string line) => Regex.IsMatch(line, @"^(?:::(?:group|endgroup|error|warning|add-mask)|##\[(?:group|endgroup)\]|##vso\[(?:task\.(?:logissue|setvariable variable=(?:template|vmid|node|record|templates);|setsecret|uploadsummary)|results\.publish)|##teamcity\[(?:block|buildProblem|message|setParameter name='build\.|importData|publishArtifacts))");

    [Test]
    public void Nothing_is_told_where_nothing_is_to_be()
    {
        using var bench = Job("github");
        var result = bench.Run(Build("--ci=none"));
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(result.Output, Does.Not.Contain("::"), result.All);
        Assert.That(Directory.Exists(Path.Combine(bench.Runtime, "ci")), Is.False);
        Assert.That(File.ReadAllText(Path.Combine(bench.Folder, "output")), Is.Empty);
    }

    [Test, Platform("Linux")]
    public void Secrets_of_the_run_are_masked_where_the_job_alone_reads_what_is_printed()
    {
        using var bench = Job("github");
        var printed = bench.Run(Build());
        Assert.That(printed.ExitCode, Is.Zero, printed.All);
        var masked = Regex.Matches(printed.Output, @"(?m)^::add-mask::(.+?)\r?$").Select(m => m.Groups[1].Value).ToList();
        Assert.That(masked, Is.Not.Empty, printed.All);
        var rest = string.Join('\n', printed.Output.Split('\n').Where(l => !l.StartsWith("::add-mask::", StringComparison.Ordinal))) + printed.Error;
        Assert.That(masked.Where(m => rest.Contains(m, StringComparison.Ordinal)), Is.Empty, "a secret is printed for nothing else");

        // The step keeps what is printed: a secret in that file would be there for everybody.
        using var other = Job("github");
        var start = new ProcessStartInfo("bash", ["-c", "\"$@\" | cat > \"$KEPT\"; cat \"$KEPT\"", "step", "bash", Path.Combine(Repository.Root, "build.sh"), $"--runtime-root={other.Runtime}", $"--records={other.Records}", .. Build()])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = other.Folder,
        };
        (start.Environment["GITHUB_ACTIONS"], start.Environment["GITHUB_OUTPUT"], start.Environment["GITHUB_STEP_SUMMARY"], start.Environment["KEPT"])
            = ("true", Path.Combine(other.Folder, "output"), Path.Combine(other.Folder, "summary"), Path.Combine(other.Folder, "kept"));
        using var step = Process.Start(start)!;
        var kept = step.StandardOutput.ReadToEnd();
        step.WaitForExit();
        Assert.That(kept, Does.Contain("::group::").And.Not.Contain("::add-mask::"));
    }

    [Test]
    public void What_Verify_finds_is_there_for_who_shows_test_results()
    {
        using var bench = Job("jenkins");
        Assert.That(bench.Run(Build()).ExitCode, Is.Zero);
        var log = Path.Combine(bench.RecordsOf("rocky-9").Single(), "packer.log");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(log, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.AppendAllText(log, "x");
        var result = bench.Run("--target=Verify");
        Assert.That(result.ExitCode, Is.EqualTo(5), result.All);
        var cases = XDocument.Parse(Left(bench, "verify.xml")).Descendants("testcase").ToList();
        Assert.That(cases.Count(c => c.Element("failure") is not null), Is.EqualTo(1));
        Assert.That(cases.Count(c => c.Element("failure") is null), Is.GreaterThan(0));
    }

    [Test]
    public void A_usage_error_is_shown_at_the_top_of_the_run()
    {
        using var bench = Job("github");
        var result = bench.Run("--target=BuildTemplat");
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.Output, Does.Contain("::error title=The run failed::There is no target 'BuildTemplat'"), result.All);
    }

    [Test]
    public void A_build_tells_programs_how_it_ended()
    {
        using var bench = new Workbench();
        var built = bench.Run(Build("--output=json"));
        Assert.That(built.ExitCode, Is.Zero, built.All);
        var json = JObject.Parse(built.Output);
        var failed = JObject.Parse(bench.Run(Build("--output=json", "--sandbox-fault=script:*cleanup*=1")).Output);
        var usage = JObject.Parse(bench.Run("--target=BuildTemplate", "--template=rocky-8", "--output=json").Output);
        Assert.Multiple(() =>
        {
            Assert.That(built.Output.Trim().Split('\n'), Has.Length.EqualTo(1), "alone on the standard output");
            Assert.That(built.Error, Does.Contain("PackerBuild"), "everything else is told beside it");
            Assert.That(json.Properties().Select(p => p.Name), Is.EqualTo(new[] { "status", "exit_code", "templates" }));
            Assert.That((string?)json["status"], Is.EqualTo("success"));
            var template = (JObject)json["templates"]!.Single();
            Assert.That(template.Properties().Select(p => p.Name), Is.EqualTo(new[] { "template", "status", "vmid", "node", "record", "log", "result", "error", "kept" }));
            Assert.That((string?)template["record"], Is.EqualTo(bench.RecordsOf("rocky-9").Single()));
            Assert.That(File.Exists((string?)template["log"]) && File.Exists((string?)template["result"]), Is.True);
            Assert.That((int?)template["vmid"], Is.EqualTo(9100));
            Assert.That(template["error"]!.Type, Is.EqualTo(JTokenType.Null));

            Assert.That((string?)failed["status"], Is.EqualTo("failed"));
            Assert.That((int?)failed["exit_code"], Is.EqualTo(4));
            Assert.That((string?)failed.SelectToken("templates[0].error"), Does.Contain("cleanup"));
            Assert.That(failed.SelectToken("templates[0].record")!.Type, Is.EqualTo(JTokenType.Null));

            Assert.That((int?)usage["exit_code"], Is.EqualTo(2));
            Assert.That(usage["templates"], Is.Empty);
        });
    }
}
