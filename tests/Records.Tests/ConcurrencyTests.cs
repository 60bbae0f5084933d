using System.Diagnostics;

namespace Records.Tests;

[Category("Long")]
public sealed class ConcurrencyTests
{
    [Test]
    public void Eight_processes_seal_forty_records_into_unbroken_chains_and_a_complete_index()
    {
        using var records = new TestRecords();
        var templates = new[] { "rocky-9", "ubuntu-24.04" };
        var processes = Enumerable.Range(0, 8)
            .Select(i => Process.Start(new ProcessStartInfo("dotnet", [typeof(ConcurrencyTests).Assembly.Location, records.Folder, templates[i % 2], "5"])
            {
                RedirectStandardError = true,
            })!)
            .ToList();
        foreach (var process in processes)
        {
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero, error);
            process.Dispose();
        }

        var verdicts = records.Verify();
        Assert.That(verdicts, Has.Count.EqualTo(40));
        Assert.That(verdicts.SelectMany(v => v.Findings), Is.Empty);
        foreach (var template in templates)
        {
            var stamps = verdicts.Where(v => v.Path.StartsWith($"builds/{template}/", StringComparison.Ordinal)).Select(v => v.Path.Split('/')[2]).ToList();
            var previous = stamps.Select(s => RecordCatalogue.Read(records.Root, RecordSubject.Build(template), Stamp(s))!.Previous?.Record);
            Assert.That(previous, Is.EqualTo(new string?[] { null }.Concat(stamps.SkipLast(1))), "each names the one before it");
        }
    }

    [Test]
    public async Task Verify_beside_builds_that_end_finds_nothing()
    {
        using var records = new TestRecords();
        records.Publish();
        var building = Task.Run(() =>
        {
            for (var i = 0; i < 40; i++)
            {
                records.Publish();
            }
        });
        do
        {
            Assert.That(records.Said(), Is.Empty);
        }
        while (!building.IsCompleted);

        await building;
        Assert.That(records.Verify(), Has.Count.EqualTo(41));
    }

    private static Foundation.UtcStamp Stamp(string text) =>
        Foundation.UtcStamp.TryParse(text, out var stamp) ? stamp : throw new ArgumentException(text);
}
