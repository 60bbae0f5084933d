using Foundation;
using Records.Verification;

namespace Records.Tests;

/// <summary>Where records lie, and what lies in their place.</summary>
[Platform(Exclude = "Win")]
public sealed class RecordFinderTests
{
    [TestCase("builds")]
    [TestCase("builds/rocky-9")]
    [TestCase("init")]
    [TestCase("joins")]
    public void A_link_in_the_place_of_a_folder_is_found_and_not_followed(string place)
    {
        using var records = new TestRecords();
        records.Publish();
        records.Store.PublishLatest(records.Seal(record: records.Init()));
        TestRecords.Unlock(records.Root.Path);
        Directory.CreateDirectory(Path.Combine(records.Root.Path, "joins"));
        var folder = Path.Combine(records.Root.Path, place);
        var elsewhere = Path.Combine(records.Folder, "elsewhere");
        Directory.Move(folder, elsewhere);
        Directory.CreateSymbolicLink(folder, elsewhere);
        var verdicts = records.Verify();
        Assert.That(verdicts.Single(v => v.Path == place).Findings.Single().Name, Is.EqualTo(FindingName.LinkNotAllowed));
        Assert.That(verdicts.Any(v => v.Path.StartsWith($"{place}/", StringComparison.Ordinal)), Is.False);
        if (place.StartsWith("builds", StringComparison.Ordinal))
        {
            Assert.That(records.Verify(o => o with { Template = "rocky-9" }).Select(v => v.Findings.Single().Name), Does.Contain(FindingName.LinkNotAllowed));
            var record = Directory.GetDirectories(Path.Combine(records.Root.Path, "builds", "rocky-9"), "2*").Single();
            Assert.That(records.Verify(o => o with { RecordPath = record }).Single().Findings.Single().Name, Is.EqualTo(FindingName.LinkNotAllowed));
        }
    }

    [Test]
    public void A_record_that_is_a_link_is_not_followed()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var other = Path.Combine(Path.GetDirectoryName(made.Path)!, "2026-11-23T000000Z");
        Directory.CreateSymbolicLink(other, made.Path);
        Assert.That(records.Findings(), Is.EqualTo(new[] { "builds/rocky-9/2026-11-23T000000Z: link-not-allowed" }));
        Assert.That(records.Verify(o => o with { RecordPath = other }).Single().Findings.Single().Name, Is.EqualTo(FindingName.LinkNotAllowed));
    }

    [Test]
    public void The_sandbox_may_not_be_a_link_but_the_whole_folder_may()
    {
        using var records = new TestRecords("sandbox");
        records.Publish();
        var elsewhere = Path.Combine(records.Folder, "elsewhere");
        Directory.Move(Path.Combine(records.Folder, "records"), elsewhere);
        Directory.CreateSymbolicLink(Path.Combine(records.Folder, "records"), elsewhere);
        Assert.That(records.Findings(), Is.Empty);
        Directory.Move(Path.Combine(elsewhere, "sandbox"), Path.Combine(records.Folder, "away"));
        Directory.CreateSymbolicLink(Path.Combine(elsewhere, "sandbox"), Path.Combine(records.Folder, "away"));
        Assert.That(records.Findings(), Is.EqualTo(new[] { ".: link-not-allowed" }));
    }

    [TestCase("builds", "unexpected-file")]
    [TestCase("init", "link-not-allowed")]
    [TestCase("builds/rocky-9", "unexpected-file")]
    [TestCase("builds/rocky-9/2026-11-22T191627Z", "unexpected-file")]
    public void A_file_in_the_place_of_a_folder_is_found(string place, string finding)
    {
        using var records = new TestRecords();
        var path = Path.Combine(records.Root.Path, place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        Assert.That(records.Findings(), Is.EqualTo(new[] { $"{place}: {finding}" }));
    }

    [TestCase("builds")]
    [TestCase("init")]
    [TestCase("joins")]
    [TestCase("builds/rocky-9")]
    public void A_link_to_nowhere_is_found(string place)
    {
        using var records = new TestRecords();
        var path = Path.Combine(records.Root.Path, place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, "nowhere");
        Assert.That(records.Findings(), Is.EqualTo(new[] { $"{place}: link-not-allowed" }));
    }

    [TestCase("notes", "unexpected-folder")]
    [TestCase("builds/-x", "unexpected-folder")]
    [TestCase("builds/rocky-9/notes", "unexpected-folder")]
    [TestCase("init/latest", "unexpected-folder")]
    public void A_folder_that_belongs_nowhere_is_found(string place, string finding)
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(Path.Combine(records.Root.Path, place));
        Assert.That(records.Findings(), Is.EqualTo(new[] { $"{place}: {finding}" }));
    }

    [Test]
    public void Files_beside_builds_and_init_are_nobodys_business()
    {
        using var records = new TestRecords();
        records.Publish();
        File.WriteAllText(Path.Combine(records.Root.Path, "run.schema.json"), "{}");
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void A_template_of_which_only_latest_is_left_is_found()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        Directory.Delete(made.Path, recursive: true);
        Assert.That(records.Verify(o => o with { Template = "rocky-9" }).Single().Findings.Single().Name, Is.EqualTo(FindingName.LatestDangling));
    }

    [Test]
    public void Latest_as_a_text_names_one_record()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var latest = Tampering.Latest(made.Path);
        File.Delete(latest);
        File.WriteAllText(latest, Sealing.LatestPointer.TextContent(made.Stamp));
        Assert.That(records.Verify(o => o with { RecordPath = latest }).Single().Path, Is.EqualTo($"builds/rocky-9/{made.Stamp}"));
        File.AppendAllText(latest, "and more\n");
        Assert.That(records.Findings(), Is.EqualTo(new[] { "builds/rocky-9/latest: latest-points-elsewhere" }));
        File.WriteAllText(latest, new string('x', 2000));
        Assert.That(records.Findings(), Is.EqualTo(new[] { "builds/rocky-9/latest: latest-points-elsewhere" }));
    }

    [Test]
    public void A_file_or_nothing_is_no_folder_of_records()
    {
        using var records = new TestRecords();
        Assert.That(records.Verify(), Is.Empty, "nothing was built yet");
        Directory.CreateDirectory(Path.GetDirectoryName(records.Root.Path)!);
        File.WriteAllText(records.Root.Path, "");
        var failure = Assert.Throws<FailureException>(() => records.Verify())!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(records.Root.Path));
    }
}
