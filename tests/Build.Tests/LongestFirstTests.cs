using Build.Context;
using Build.Stages;
using Foundation;
using Records;
using Templates;

namespace Build.Tests;

public sealed class LongestFirstTests
{
    [TestCase("45m", 2700)]
    [TestCase("1h30m", 5400)]
    [TestCase("90s", 90)]
    [TestCase("1.5h", 5400)]
    [TestCase("soon", 0)]
    public void A_duration_is_read_as_Packer_writes_it(string text, double seconds) => Assert.That(LongestFirst.Seconds(text), Is.EqualTo(seconds));

    [Test]
    public void The_last_record_counts_more_than_what_the_template_allows()
    {
        var folder = Directory.CreateTempSubdirectory("longest-first-").FullName;
        try
        {
            var records = RecordRoot.For(folder, "proxmox");
            WriteDuration(folder, "slow", "2026-11-22T191627Z", 10);
            WriteDuration(folder, "slow", "2026-11-23T191627Z", 5000);
            WriteDuration(folder, "quick", "2026-11-22T191627Z", 3);
            TemplateRun[] runs = [Run(folder, "quick", "90m"), Run(folder, "new", "45m"), Run(folder, "slow", "1m"), Run(folder, "newer", "46m")];
            Assert.That(LongestFirst.Of(records, runs).Select(r => r.Template.Id), Is.EqualTo(new[] { "slow", "newer", "new", "quick" }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TemplateRun Run(string catalogue, string id, string timeout)
    {
        var file = Path.Combine(catalogue, "templates", id, "template.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $$"""
            {
              "title": "{{id}}", "family": "rocky", "vmid": { "first": 9000, "last": 9001 }, "iso": { "file": "a.iso", "urls": [], "sha256": "" },
              "hardware": { "os_type": "l26", "cores": 1, "cpu_type": "host", "memory_mb": 1024, "disk_gb": 8 }, "boot": { "wait": "1s", "command": [] },
              "communicator": "ssh", "assets": [], "login_timeout": "{{timeout}}"
            }
            """);
        return new(ChosenTemplate.Of(new TemplateCatalogue(catalogue), id), new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), id));
    }

    private static void WriteDuration(string records, string template, string stamp, int seconds)
    {
        var folder = Directory.CreateDirectory(Path.Combine(records, "builds", template, stamp)).FullName;
        File.WriteAllText(Path.Combine(folder, "run.json"), $$"""{"type": "build", "environment": "proxmox", "duration_seconds": {{seconds}}}""");
    }
}
