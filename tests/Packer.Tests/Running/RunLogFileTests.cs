using Foundation;
using Newtonsoft.Json.Linq;
using Packer.Running;

namespace Packer.Tests.Running;

public sealed class RunLogFileTests
{
    private static readonly ChainId Chain = new(UtcStamp.From(new DateTimeOffset(2026, 11, 22, 19, 16, 27, TimeSpan.Zero)), "rocky-9");

    [Test]
    public void Events_are_masked_lines_of_json_and_latest_is_this_run()
    {
        using var folder = new TestFolder();
        var secrets = new SecretSet();
        secrets.Add("open sesame");
        var paths = new RuntimePaths(folder.Path);
        using (var log = new RunLogFile(paths, Chain, secrets))
        {
            log.Write("packer", EventLevel.Warning, "said \"open sesame\"\nand more");
            log.WriteResult(new RunResult
            {
                Status = "failed", ExitCode = 4, Template = "rocky-9", StartedUtc = Chain.Stamp.Moment.UtcDateTime, FinishedUtc = Chain.Stamp.Moment.UtcDateTime,
                Failure = "open sesame",
            });
        }

        var line = JObject.Parse(File.ReadAllLines(Path.Combine(paths.Logs("rocky-9", Chain.Stamp), "events.jsonl")).Single());
        Assert.That((string?)line["message"], Is.EqualTo("said \"***\"\nand more"));
        Assert.That((string?)line["level"], Is.EqualTo("warning"));
        Assert.That((string?)line["stage"], Is.EqualTo("packer"));
        Assert.That((string?)line["chain_id"], Is.EqualTo("CHAIN-20261122T191627Z-rocky-9"));
        var result = JObject.Parse(File.ReadAllText(Path.Combine(paths.TemplateLogs("rocky-9"), "latest", "result.json")));
        Assert.That((int?)result["exit_code"], Is.EqualTo(4));
        Assert.That((string?)result["failure"], Is.EqualTo("***"));
        Assert.That(result.ContainsKey("vmid"), Is.False);
    }

    [Test]
    public void Latest_moves_to_the_newer_run()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["one"]);
        Directory.CreateDirectory(folder["two"]);
        LatestLink.Point(folder.Path, "one");
        LatestLink.Point(folder.Path, "two");
        Assert.That(LatestLink.Read(folder.Path), Is.EqualTo("two"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path).Count(), Is.EqualTo(3));
        Assert.That(new FileInfo(folder["latest"]).LinkTarget, Is.EqualTo("two"));
    }

    [Test]
    public void Latest_is_a_small_file_where_no_link_can_be_made()
    {
        using var folder = new TestFolder();
        folder.Write("latest", "one\n");
        Assert.That(LatestLink.Read(folder.Path), Is.EqualTo("one"));
    }
}
