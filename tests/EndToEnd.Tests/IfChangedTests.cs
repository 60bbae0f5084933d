using System.Globalization;
using System.Diagnostics;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>A scheduled rebuild that builds only what has changed or has become old.</summary>
internal sealed class IfChangedTests
{
    /// <summary>Lets a record be older; nobody can write an old one.</summary>
    private static void Age(string record, TimeSpan by)
    {
        var file = new FileInfo(Path.Combine(record, "run.json")) { IsReadOnly = false };
        var run = Workbench.RunJson(record);
        run["finished_utc"] = (((DateTime)run["finished_utc"]!).ToUniversalTime() - by).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        File.WriteAllText(file.FullName, run.ToString());
    }

    private static void Git(string folder, params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.net", .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.That(git.ExitCode, Is.Zero, string.Join(' ', arguments));
    }

    private static JObject Build(Workbench bench, params string[] options)
    {
        var result = bench.Run(["--target=BuildTemplate", "--template=rocky-9", "--output=json", .. options]);
        Assert.That(result.ExitCode, Is.Zero, result.All);
        return JObject.Parse(result.Output);
    }

    [Test]
    public void A_template_is_built_again_when_its_files_medium_variables_or_age_say_so()
    {
        using var bench = new Workbench();
        var packer = bench.CopyTemplates();
        Git(bench.Root, "init", "--quiet");
        Git(bench.Root, "add", ".");
        Git(bench.Root, "commit", "--quiet", "-m", "x");
        Assert.That((string?)Build(bench, "--if-changed")["status"], Is.EqualTo("success"), "there is no record yet");

        var skipped = Build(bench, "--if-changed", "--max-age=1d");
        Assert.Multiple(() =>
        {
            Assert.That((string?)skipped["status"], Is.EqualTo("skipped"));
            Assert.That((int?)skipped["exit_code"], Is.Zero);
            Assert.That((string?)skipped.SelectToken("templates[0].status"), Is.EqualTo("skipped"));
            Assert.That(bench.RecordsOf("rocky-9"), Has.Count.EqualTo(1));
        });

        Age(bench.RecordsOf("rocky-9").Single(), TimeSpan.FromHours(23));
        Assert.That((string?)Build(bench, "--if-changed", "--max-age=1d")["status"], Is.EqualTo("skipped"), "23 hours old");
        Age(bench.RecordsOf("rocky-9").Single(), TimeSpan.FromHours(2));
        Assert.That((string?)Build(bench, "--if-changed", "--max-age=26h")["status"], Is.EqualTo("skipped"), "25 hours old");
        Assert.That((string?)Build(bench, "--if-changed", "--max-age=1d")["status"], Is.EqualTo("success"), "25 hours old");

        Assert.That((string?)Build(bench, "--if-changed", "--var=memory_mb=4096")["status"], Is.EqualTo("success"), "other values");
        Assert.That((string?)Build(bench, "--if-changed")["status"], Is.EqualTo("success"), "the newest record has other values");
        File.AppendAllText(Path.Combine(packer, "os", "rocky", "update.sh"), "# changed\n");
        Assert.That((string?)Build(bench, "--if-changed")["status"], Is.EqualTo("success"), "a script has changed");
        Assert.That((string?)Build(bench, "--if-changed")["status"], Is.EqualTo("success"), "what it was made from is in no commit");
    }
}
