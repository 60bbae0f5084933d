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

    [TestCase("note")]
    [TestCase(".state")]
    [TestCase(".gitattributes")]
    [TestCase("allowed_signers")]
    [TestCase("joins/a.json")]
    [TestCase("joins/note")]
    public void A_link_beside_the_records_is_found(string place)
    {
        using var records = new TestRecords();
        records.Publish();
        var own = Path.Combine(records.Folder, "own");
        File.Copy(records.Root.AllowedSigners, own);
        var path = Path.Combine(records.Root.Path, place);
        TestRecords.DeleteTree(records.Root.State);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        foreach (var target in (string[])[records.Folder, own, "nowhere"])
        {
            File.CreateSymbolicLink(path, target);
            Assert.That(
                records.Verify(o => o with { AllowedSigners = own }).SelectMany(v => v.Findings.Select(f => $"{v.Path}: {f.Name}")),
                Is.EqualTo(new[] { $"{place}: link-not-allowed" }));
            Assert.That(records.Findings().Where(f => f.StartsWith(place, StringComparison.Ordinal)), Is.EqualTo(new[] { $"{place}: link-not-allowed" }));
            File.Delete(path);
        }
    }

    [TestCase("joins", "unexpected-file")]
    [TestCase("joins/foo.txt", "unexpected-file")]
    [TestCase("joins/.hidden", "unexpected-file")]
    [TestCase("joins/\u001b.tmp", "unexpected-file")]
    [TestCase("joins/foo.json", "join-invalid")]
    [TestCase("joins/sub/", "unexpected-folder")]
    [TestCase("joins/sub.json/", "unexpected-folder")]
    public void What_is_no_statement_of_joined_branches_is_found_among_them(string place, string finding)
    {
        using var records = new TestRecords();
        records.Publish();
        var path = Path.Combine(records.Root.Path, place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!Path.EndsInDirectorySeparator(path))
        {
            File.WriteAllText(path, "");
        }

        Assert.That(records.Findings(), Is.EqualTo(new[] { $"{place.TrimEnd('/')}: {finding}" }));
    }

    [Test]
    public void What_a_run_that_died_left_of_a_statement_is_no_finding()
    {
        using var records = new TestRecords();
        records.Publish();
        var joins = Directory.CreateDirectory(Path.Combine(records.Root.Path, "joins")).FullName;
        File.WriteAllText(Path.Combine(joins, "builds-rocky-9-0123.json.sig"), "");
        File.WriteAllText(Path.Combine(joins, ".builds-rocky-9-0123.json.4567.tmp"), "");
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

    [Test]
    public void What_does_not_belong_is_told_with_what_does()
    {
        using var records = new TestRecords();
        records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var root = records.Root.Path;
        var template = Path.Combine(root, "builds", "rocky-9");
        Directory.CreateDirectory(Path.Combine(root, "other"));
        Directory.CreateDirectory(Path.Combine(root, "sandbox"));
        Directory.CreateDirectory(Path.Combine(root, "builds", ".hidden"));
        File.WriteAllText(Path.Combine(root, "builds", "file"), "");
        Directory.CreateSymbolicLink(Path.Combine(root, "builds", "linked"), template);
        Directory.CreateDirectory(Path.Combine(template, "backup"));
        File.WriteAllText(Path.Combine(template, ".note"), "");
        Directory.CreateSymbolicLink(Path.Combine(template, "2030-01-01T000000Z"), template);
        File.WriteAllText(Path.Combine(root, "init"), "");
        Assert.That(records.Said(), Is.EquivalentTo(new[]
        {
            "other: unexpected-folder: : only init and builds hold records",
            "init: link-not-allowed: : it must be a folder",
            "builds/.hidden: unexpected-folder: : only templates have their place here",
            "builds/file: unexpected-file: : only templates have their place here",
            "builds/linked: link-not-allowed: : a link is not followed",
            "builds/rocky-9/backup: unexpected-folder: : only records, named after their time, have their place here",
            "builds/rocky-9/.note: unexpected-file: : only records, named after their time, have their place here",
            "builds/rocky-9/2030-01-01T000000Z: link-not-allowed: : a link is not followed",
        }));
    }

    [Test]
    public void Builds_as_a_link_or_a_file_is_told()
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(records.Root.Path);
        var builds = Path.Combine(records.Root.Path, "builds");
        File.WriteAllText(builds, "");
        Assert.That(records.Said(), Has.Some.EqualTo("builds: unexpected-file: : it must be a folder"));
        File.Delete(builds);
        Directory.CreateSymbolicLink(builds, records.Folder);
        Assert.That(records.Said(), Has.Some.EqualTo("builds: link-not-allowed: : a link is not followed"));
        Assert.That(records.Said(o => o with { Template = "rocky-9" }), Is.EqualTo(new[] { "builds: link-not-allowed: : a link is not followed" }));
    }

    [Test]
    public void A_link_on_the_way_to_a_record_is_named()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var template = Path.GetDirectoryName(made.Path)!;
        var elsewhere = Path.Combine(records.Folder, "elsewhere");
        Directory.Move(template, elsewhere);
        Directory.CreateSymbolicLink(template, elsewhere);
        Assert.That(
            records.Said(o => o with { RecordPath = made.Path }),
            Is.EqualTo(new[] { $"builds/rocky-9/{made.Stamp}: link-not-allowed: : {template} is a link, which is not followed" }));
    }

    [Test]
    public void What_was_asked_for_and_is_not_there_is_a_usage_error()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var root = records.Root.Path;
        Assert.Multiple(() =>
        {
            Assert.That(Refusal(o => o with { Template = "ubuntu-24.04" }), Is.EqualTo($"There are no records of the template 'ubuntu-24.04': in {root}."));
            Assert.That(Refusal(o => o with { Template = "../init" }), Is.EqualTo($"There are no records of the template '../init': in {root}."));
            Assert.That(Refusal(o => o with { Template = "../builds/rocky-9" }), Is.EqualTo($"There are no records of the template '../builds/rocky-9': in {root}."));
            Assert.That(
                Refusal(o => o with { RecordPath = root }),
                Is.EqualTo($"'{root}' is not a record: records lie in {root}. Name a folder such as records/builds/<template>/<UTC>."));
            Assert.That(
                Refusal(o => o with { RecordPath = made.Path + "x" }),
                Is.EqualTo($"'{made.Path}x' is not a record: there is no such folder. Name a folder such as records/builds/<template>/<UTC>."));
            Assert.That(
                Refusal(o => o with { RecordPath = Path.Combine(root, "builds", "init") }),
                Is.EqualTo($"'{Path.Combine(root, "builds", "init")}' is not a record: there is no such folder. Name a folder such as records/builds/<template>/<UTC>."));
            Assert.That(
                Refusal(o => o with { RecordPath = Path.Combine(records.Folder, "runtime") }),
                Is.EqualTo($"'{Path.Combine(records.Folder, "runtime")}' is not a record: records lie in {root}. Name a folder such as records/builds/<template>/<UTC>."));
        });
        var file = Path.Combine(records.Folder, "file");
        File.WriteAllText(file, "");
        Assert.That(
            Refusal(o => o with { Root = RecordRoot.For(file, "proxmox") }),
            Is.EqualTo($"{file} is not a folder of records: it is a file. Name the folder with --records."));

        string Refusal(Func<VerifyOptions, VerifyOptions> change)
        {
            var failure = Assert.Throws<FailureException>(() => records.Verify(change))!;
            Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
            return failure.Message;
        }
    }
}
