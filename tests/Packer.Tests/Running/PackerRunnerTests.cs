using System.Diagnostics;
using Foundation;
using Packer.Running;
using Packer.Staging;
using Packer.Tools;
using Templates;

namespace Packer.Tests.Running;

/// <summary>Real Packer with its null builder and scripts that run here.</summary>
public sealed class PackerRunnerTests
{
    private const string Secret = "Tr0ub4dor&3-plus";

    private static readonly InterruptLimits Short = new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5));

    private TestFolder folder = null!;
    private SecretSet secrets = null!;

    [SetUp]
    public void SetUp()
    {
        Assume.That(ToolHost.Current().Programs("packer"), Is.Not.Empty, "Packer is not installed");
        folder = new TestFolder();
        secrets = new SecretSet();
        secrets.Add(Secret);
    }

    [TearDown]
    public void TearDown() => folder.Dispose();

    private string Log => folder["logs/packer.log"];

    [Test]
    public async Task A_build_leaves_its_result_and_a_log_whose_hash_and_size_are_those_of_the_file()
    {
        var shown = new Recorder();
        var result = await Run("echo first; echo second >&2; printf last", shown);

        Assert.That(result.ArtifactId, Is.EqualTo("Null"));
        Assert.That(result.BuilderType, Is.EqualTo("null"));
        Assert.That(Guid.TryParse(result.RunUuid, out _));
        Assert.That(result.Log.Sha256, Is.EqualTo(Output("sha256sum", Log).Split(' ')[0]));
        Assert.That(result.Log.Bytes, Is.EqualTo(new FileInfo(Log).Length));
        Assert.That(shown.Lines, Does.Contain("    null.x: first"));
        Assert.That(shown.Steps.First(), Does.StartWith("Running local shell script"));
        var log = await File.ReadAllTextAsync(Log);
        Assert.That(log, Does.Contain("    null.x: last\n").And.Contains("Starting build run: null.x"));
        Assert.That(log.IndexOf("null.x: first", StringComparison.Ordinal), Is.LessThan(log.IndexOf("null.x: last", StringComparison.Ordinal)));
    }

    [Test]
    public async Task No_secret_is_on_the_command_line_or_in_the_log_and_packer_has_it_all_the_same()
    {
        var shown = new Recorder("waiting");
        var script = $"test \"$THE_TOKEN\" = '{Secret}' || exit 9; echo \"$THE_TOKEN\"; printf %s \"$THE_TOKEN\" | base64; echo waiting; while ! test -e {folder["go"]}; do sleep 0.05; done";
        var run = Run(script, shown, new() { ["THE_TOKEN"] = Secret });
        await shown.Seen;
        var commands = Output("ps", "axww", "-o", "args");
        folder.Write("go", "");
        await run;

        Assert.That(commands, Does.Contain("build -color=false -on-error=abort .").And.Not.Contains(Secret));
        Assert.That(shown.Lines, Does.Contain("    null.x: ***"));
        Assert.That(Everything(), Does.Not.Contain(Secret));
    }

    [Test]
    public async Task A_failed_build_says_why_in_packers_words()
    {
        var failure = await Assert.ThrowsAsync<FailureException>(() => Run("echo before; exit 3", new Recorder()));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Packer));
        Assert.That(failure.Why, Does.Contain("non-zero exit status: 3"));
        Assert.That(failure.Log, Is.EqualTo(Log));
        Assert.That(File.ReadAllText(Log), Does.Contain("null.x: before"));
    }

    [Test]
    public async Task A_definition_that_does_not_parse_says_where()
    {
        folder.Write("work/build.pkr.hcl", "source \"null\" \"x\" {\n  communicator = \"none\"\n  colour = 1\n}\nbuild {\n  sources = [\"source.null.x\"]\n}\n");
        using var workspace = Open([]);
        var failure = await Assert.ThrowsAsync<FailureException>(() => Runner(new Recorder()).BuildAsync(workspace, Log, new Recorder()));
        Assert.That(failure!.Why, Does.Contain("colour"));
    }

    [Test]
    public async Task Validation_gives_packers_findings_with_file_and_line()
    {
        folder.Write("work/build.pkr.hcl", "source \"null\" \"x\" {\n  communicator = \"none\"\n  colour = 1\n}\nbuild {\n  sources = [\"source.null.x\"]\n}\n");
        using var workspace = Open([]);
        var findings = await Runner(new Recorder()).ValidateAsync(workspace);
        Assert.That(findings, Has.Count.EqualTo(1));
        Assert.That(findings[0].Message, Does.Contain("colour"));
        Assert.That(findings[0].File, Does.EndWith("build.pkr.hcl"));
        Assert.That(findings[0].Line, Is.EqualTo(3));
    }

    [Test]
    public async Task Validation_of_a_good_definition_finds_nothing()
    {
        using var workspace = Stage("true", []);
        Assert.That(await Runner(new Recorder()).ValidateAsync(workspace), Is.Empty);
    }

    [Test]
    public async Task Several_workspaces_are_judged_into_one_log_one_after_another_and_nothing_else_is_left()
    {
        // The one in the middle is refused, and what it holds of a secret is masked.
        string[] names = ["one", "two", "three"];
        var workspaces = names.Select(name =>
        {
            var wrong = name == "two" ? $"  {name}_{Secret.Length} = \"{Secret}\"\n" : "";
            folder.Write($"{name}/{name}.pkr.hcl", $"source \"null\" \"{name}\" {{\n  communicator = \"none\"\n{wrong}}}\nbuild {{\n  sources = [\"source.null.{name}\"]\n}}\n");
            return new Workspace(folder[name], ".", SecretsFolder.Create(folder.Path), new Dictionary<string, string>(), [], []);
        }).ToList();
        try
        {
            var rejected = new List<Workspace>();
            var log = await Runner(new Recorder()).CheckAsync(workspaces, Log, (workspace, _) => rejected.Add(workspace));
            var text = await File.ReadAllTextAsync(Log);
            var begins = text.Split('\n').Count(l => l.Contains("Packer version:", StringComparison.Ordinal));
            Assert.Multiple(() =>
            {
                Assert.That(rejected, Is.EqualTo(new[] { workspaces[1] }));
                Assert.That((begins > 0, begins % 3), Is.EqualTo((true, 0)), "each workspace's own part, in which 1.6 begins twice");
                Assert.That(text.LastIndexOf("Packer version:", StringComparison.Ordinal), Is.GreaterThan(text.IndexOf("two.pkr.hcl", StringComparison.Ordinal)), "in their order");
                Assert.That(text, Does.Contain("two.pkr.hcl").And.Not.Contain(Secret));
                Assert.That((log.Sha256, log.Bytes), Is.EqualTo((Output("sha256sum", Log).Split(' ')[0], new FileInfo(Log).Length)));
                Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Log)!), Is.EqualTo(new[] { Log }));
            });
            var failure = await Assert.ThrowsAsync<FailureException>(() => Runner(new Recorder()).CheckAsync(workspaces, Log));
            Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Validation));
            Assert.That(failure.Why, Does.Contain("two"));
            Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Log)!), Is.EqualTo(new[] { Log }));
        }
        finally
        {
            workspaces.ForEach(w => w.Dispose());
        }
    }

    [Test]
    public async Task Cancelling_interrupts_packer_which_cleans_up()
    {
        using var stop = new CancellationTokenSource();
        var shown = new Recorder("started");
        var run = Run("echo started; sleep 60", shown, cancellation: stop.Token);
        await shown.Seen;
        await stop.CancelAsync();

        var failure = await Assert.ThrowsAsync<FailureException>(() => run);
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Interrupted));
        Assert.That(await File.ReadAllTextAsync(Log), Does.Contain("Cancelling build after receiving interrupt").And.Contains("Cleanly cancelled builds"));
    }

    [Test]
    public async Task A_second_interrupt_ends_a_packer_that_takes_its_time()
    {
        using var stop = new CancellationTokenSource();
        using var drop = new CancellationTokenSource();
        var shown = new Recorder("started");
        // Real Packer would be as quick as its builder.
        var stubborn = folder.Script("stubborn", "trap '' INT TERM; echo started; while test -e $0; do sleep 0.05; done");
        using var workspace = Stage("true", []);
        var runner = new PackerRunner(new PackerTool(stubborn, "1.6.6", PackerGeneration.Builtin, null), secrets, shown, limits: Short);
        var run = runner.BuildAsync(workspace, Log, shown, null, stop.Token, drop.Token);
        await shown.Seen;
        await stop.CancelAsync();
        await shown.Warned;
        await drop.CancelAsync();

        var failure = await Assert.ThrowsAsync<FailureException>(() => run.WaitAsync(Short.Cleanup));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Interrupted));
        Assert.That(shown.Events.Select(e => e.Message), Has.Some.Contains("a second time"));
        Assert.That(Output("pgrep", "-f", stubborn), Is.Empty);
    }

    [Test]
    public async Task A_watch_that_gives_a_reason_stops_packer_and_is_the_reason()
    {
        var shown = new Recorder("started");
        var run = Run("echo started; sleep 60", shown, watch: async _ =>
        {
            await shown.Seen;
            return "the kickstart has no user";
        });
        var failure = await Assert.ThrowsAsync<FailureException>(() => run);
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Packer));
        Assert.That(failure.Why, Is.EqualTo("the kickstart has no user"));
        Assert.That(await File.ReadAllTextAsync(Log), Does.Contain("Cleanly cancelled builds"));
    }

    [Test]
    public async Task A_watch_that_ends_without_a_reason_or_fails_leaves_packer_alone()
    {
        await Run("echo fine", new Recorder(), watch: _ => Task.FromResult<string?>(null));
        var events = new Recorder();
        await Run("echo fine", events, watch: _ => throw new InvalidOperationException("no answer"));
        Assert.That(events.Events, Does.Contain((EventLevel.Warning, "The build is no longer being watched: no answer")));
    }

    [Test]
    public async Task Packer_killed_is_told_as_such_and_leaves_no_process()
    {
        var shown = new Recorder("started");
        var run = Run($"echo started; echo $$ > {folder["pid"]}; exec sleep 60", shown);
        await shown.Seen;
        var packer = Output("pgrep", "-f", "packer build -color=false .").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .First(id => Directory.Exists($"/proc/{id}") && new FileInfo($"/proc/{id}/cwd").LinkTarget == folder["work"]);
        Output("kill", "-9", packer);

        var failure = await Assert.ThrowsAsync<FailureException>(() => run);
        Assert.That(failure!.What, Does.Contain("killed by signal 9"));
        Assert.That(Output("pgrep", "-f", folder["work"]), Is.Empty);
    }

    [Test]
    public async Task A_missing_packer_is_told()
    {
        using var workspace = Stage("true", []);
        var runner = new PackerRunner(new PackerTool(folder["nowhere"], "1.6.6", PackerGeneration.Builtin, null), secrets, new Recorder());
        var failure = await Assert.ThrowsAsync<FailureException>(() => runner.BuildAsync(workspace, Log, new Recorder()));
        Assert.That(failure!.Message, Does.Contain(folder["nowhere"]).And.Contains("Tools"));
    }

    [TestCase("", "wrote no manifest")]
    [TestCase("post-processor \"shell-local\" {\n inline = [\"echo nonsense > manifest.json\"]\n}", "cannot be read")]
    [TestCase("post-processor \"shell-local\" {\n inline = [\"echo '{\\\"last_run_uuid\\\":\\\"a\\\",\\\"builds\\\":[{\\\"packer_run_uuid\\\":\\\"b\\\"}]}' > manifest.json\"]\n}", "no artifact of this run")]
    public async Task A_success_without_a_proper_manifest_is_none(string postProcessor, string why)
    {
        folder.Write("work/build.pkr.hcl", $"source \"null\" \"x\" {{\n  communicator = \"none\"\n}}\nbuild {{\n  sources = [\"source.null.x\"]\n{postProcessor}\n}}\n");
        using var workspace = Open([]);
        var failure = await Assert.ThrowsAsync<FailureException>(() => Runner(new Recorder()).BuildAsync(workspace, Log, new Recorder()));
        Assert.That(failure!.Why, Does.Contain(why));
    }

    [Test]
    public async Task Megabytes_are_all_in_the_log_though_the_console_is_stuck()
    {
        using var stuck = new ManualResetEventSlim();
        var shown = new Stuck(stuck);
        var result = await Run("yes 'a line of output that is neither short nor long' | head -n 6000", new Recorder(), output: shown);
        stuck.Set();

        var log = await File.ReadAllLinesAsync(Log);
        Assert.That(log.Count(l => l == "    null.x: a line of output that is neither short nor long"), Is.EqualTo(6000));
        Assert.That(result.Log.Sha256, Is.EqualTo(Output("sha256sum", Log).Split(' ')[0]));
    }

    private Task<PackerResult> Run(
        string script, Recorder events, Dictionary<string, string>? environment = null, Func<CancellationToken, Task<string?>>? watch = null,
        IPackerOutput? output = null, CancellationToken cancellation = default)
    {
        var workspace = Stage(script, environment ?? []);
        return Finish();

        async Task<PackerResult> Finish()
        {
            using (workspace)
            {
                workspace.Keep();
                return await Runner(events).BuildAsync(workspace, Log, output ?? events, watch, cancellation);
            }
        }
    }

    [Test]
    public void The_key_that_signs_records_does_not_reach_Packer()
    {
        const string name = "RECORD_SIGNING_KEY";
        var before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, "a key");
        try
        {
            using var workspace = Stage("true", []);
            Assert.That(PackerEnvironment.For(workspace, log: true), Does.Not.ContainKey(name));
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, before);
        }
    }

    private PackerRunner Runner(IRunLog events) =>
        new(new PackerTool(ToolHost.Current().Programs("packer").First(), "1.6.6", PackerGeneration.Builtin, null), secrets, events, limits: Short);

    private Workspace Stage(string script, Dictionary<string, string> environment)
    {
        folder.Script("script.sh", script);
        folder.Write("work/build.pkr.hcl", $$"""
            source "null" "x" {
              communicator = "none"
            }
            build {
              sources = ["source.null.x"]
              provisioner "shell-local" {
                script = "{{folder["script.sh"]}}"
              }
              post-processor "manifest" {
                output = "manifest.json"
              }
            }
            """);
        return Open(environment);
    }

    private Workspace Open(Dictionary<string, string> environment) =>
        new(folder["work"], ".", SecretsFolder.Create(folder.Path), environment, [], []);

    private string Everything() => string.Concat(
        Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("script.sh", StringComparison.Ordinal)).Select(File.ReadAllText));

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }

    private sealed class Stuck(ManualResetEventSlim open) : IPackerOutput
    {
        public void OnStep(string name, TimeSpan elapsed)
        {
        }

        public void OnLine(string line) => open.Wait();

        public void OnSkipped(int lines)
        {
        }
    }
}
