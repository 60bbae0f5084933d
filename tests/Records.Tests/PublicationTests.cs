using Foundation;
using Records.Sealing;

namespace Records.Tests;

/// <summary>What a run that dies between the seal and the publication leaves, and how it is completed.</summary>
public sealed class PublicationTests
{
    [Test]
    public void A_publication_that_was_interrupted_is_no_finding_and_is_completed()
    {
        using var records = new TestRecords();
        var first = records.Publish();
        var second = records.Seal();
        records.Seal(record: records.Init());
        Assert.That(records.Findings(), Is.Empty, "the run that died has left a note of its own");
        Assert.That(new FileInfo(Tampering.Latest(first.Path)).LinkTarget, Is.EqualTo(first.Stamp.ToString()), "and Verify writes nothing");
        Assert.That(Publication.IsInterrupted(records.Root));
        Publication.RecoverInterrupted(records.Root);
        Assert.That(Publication.IsInterrupted(records.Root), Is.False);
        Assert.That(records.Findings(), Is.Empty);
        Assert.That(RecordCatalogue.LastRecord(records.Root, "rocky-9"), Is.EqualTo(second.Stamp));
        Assert.That(new FileInfo(Tampering.Latest(first.Path)).LinkTarget, Is.EqualTo(second.Stamp.ToString()));
    }

    [Test]
    public void A_note_of_an_interrupted_publication_counts_only_with_the_signature_of_an_allowed_key()
    {
        using var records = new TestRecords();
        var first = records.Publish();
        var second = records.Seal();
        var note = Directory.GetFiles(records.Root.State, "*.pending").Single();
        var text = File.ReadAllText(note);
        File.WriteAllText(note, text.Replace("rocky-9", "rocky-8", StringComparison.Ordinal));
        Assert.That(records.Findings(), Is.EquivalentTo(new[] { "builds/rocky-9/latest: latest-points-elsewhere", "README.md: index-disagrees" }));
        using var stranger = Signing.SigningKeyFile.Open(null, Path.Combine(records.Folder, "stranger"), "stranger@example.net");
        var line = $"builds/rocky-9/{second.Stamp}\n";
        File.WriteAllText(note, line + stranger.Sign(System.Text.Encoding.UTF8.GetBytes(line)));
        Assert.That(records.Findings(), Has.Length.EqualTo(2));
        File.WriteAllText(note, text);
        Assert.That(records.Findings(), Is.Empty);
        TestRecords.Unlock(records.Root.Path);
        Directory.Delete(first.Path, recursive: true);
        Assert.That(records.Findings(), Does.Contain("builds/rocky-9/latest: latest-dangling"), "it excuses that latest is behind, and nothing else");
    }

    [Test]
    public void A_note_of_another_run_stays_until_its_record_is_published()
    {
        using var records = new TestRecords();
        var first = records.Seal();
        var second = records.Seal();
        var early = UtcStamp.From(TestRecords.Start.Moment.AddYears(1));
        PublicationJournal.Begin(records.Root, RecordSubject.Build("rocky-9"), early, records.Signer);
        PublicationJournal.Begin(records.Root, RecordSubject.Build("windows-2022"), TestRecords.Start, records.Signer);
        Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(second.Path)!, early.ToString()));
        PublicationJournal.End(records.Root, RecordSubject.Build("rocky-9"), first.Stamp);
        Assert.That(
            Directory.GetFiles(records.Root.State, "*.pending").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal),
            Is.EqualTo(new[] { $"builds-rocky-9.{second.Stamp}.pending", $"builds-rocky-9.{early}.pending", "builds-windows-2022.2026-11-22T191627Z.pending" }));
    }

    [Test]
    public void A_note_of_a_record_that_was_never_finished_says_of_no_run_that_it_was_cut_off_after_it_had_sealed()
    {
        using var records = new TestRecords();
        PublicationJournal.Begin(records.Root, RecordSubject.Build("rocky-9"), TestRecords.Start, records.Signer);
        Assert.That(Publication.IsInterrupted(records.Root), Is.False);
        records.Publish();
        Assert.That(Directory.GetFiles(records.Root.State, "*.pending"), Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void What_a_run_left_that_was_killed_while_it_wrote_a_note_goes_with_the_next_of_its_subject(bool seals)
    {
        using var records = new TestRecords();
        records.Publish();
        string[] others = [".builds-rocky-9.1.2025-01-01T000000Z.pending.0123.tmp", ".builds-rocky.2025-01-01T000000Z.pending.0123.tmp", ".builds-rocky-9.lock.0123.tmp"];
        foreach (var name in others.Append(".builds-rocky-9.2025-01-01T000000Z.pending.0123.tmp"))
        {
            File.WriteAllText(Path.Combine(records.Root.State, name), "builds/");
        }

        if (seals)
        {
            records.Seal();
        }
        else
        {
            Publication.Publish(records.Root, RecordSubject.Build("rocky-9"));
        }

        Assert.That(Directory.GetFiles(records.Root.State, "*.tmp").Select(p => Path.GetFileName(p)), Is.EquivalentTo(others), "the locks of the others may be held");
    }

    [Test]
    public void An_index_without_records_is_as_safe_from_git_as_one_with_them()
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(records.Root.Path);
        Publication.PublishAll(records.Root, records.Signer);
        Assert.That(
            Directory.GetFileSystemEntries(records.Root.Path).Select(p => Path.GetFileName(p)),
            Is.EquivalentTo(new[] { "README.md", ".gitattributes", ".gitignore", ".state" }));
        Assert.That(records.Findings(), Is.Empty);
    }

    [Test]
    public void Notes_that_are_none_of_ours_are_left_alone()
    {
        using var records = new TestRecords();
        records.Seal(record: records.Init());
        var notes = Directory.GetFiles(records.Root.State, "*.pending");
        Assert.That(notes.Select(f => Path.GetFileName(f)), Is.EqualTo(new[] { "init.2026-11-22T191627Z.pending" }));
        string[] strangers = [".2026-11-22T191627Z.pending", "init.yesterday.pending", "builds-.2026-11-22T191627Z.pending", "rocky-9.2026-11-22T191627Z.pending", "init.pending", "init.2026-11-22T191627Z.note"];
        foreach (var name in strangers)
        {
            File.WriteAllText(Path.Combine(records.Root.State, name), "");
        }

        Publication.RecoverInterrupted(records.Root);
        Assert.That(Publication.IsInterrupted(records.Root), Is.False);
        Assert.That(Directory.GetFiles(records.Root.State).Select(f => Path.GetFileName(f)), Is.SupersetOf(strangers));
        Assert.That(Directory.Exists(Path.Combine(records.Root.Path, "init", "latest")), Is.False, "init has no latest");
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void What_cannot_be_published_is_said()
    {
        using var records = new TestRecords();
        var made = records.Seal();
        Directory.CreateDirectory(Path.Combine(Tampering.Latest(made.Path), "inner"));
        var notLost = $". The record {made.Path} is sealed and valid, and nothing has to be built again: make that writable, and --target=PublishLatest --exclusive completes it.";
        Assert.That(
            Assert.Throws<FailureException>(() => records.Store.PublishLatest(made))!.Message,
            Does.StartWith("'latest' of builds/rocky-9 cannot be moved: ").And.EndsWith(notLost));
        Directory.Delete(Tampering.Latest(made.Path), recursive: true);
        Directory.CreateDirectory(Path.Combine(records.Root.Index, "inner"));
        Assert.That(
            Assert.Throws<FailureException>(() => records.Store.PublishLatest(made))!.Message,
            Does.StartWith($"The index {records.Root.Index} cannot be written: ").And.EndsWith(notLost));
        Assert.That(
            Assert.Throws<FailureException>(() => Publication.PublishAll(records.Root, records.Signer))!.Message,
            Does.StartWith($"The index {records.Root.Index} cannot be written: ").And.EndsWith("and run again."));
        Directory.Delete(records.Root.Index, recursive: true);
        Assert.That(Publication.IsInterrupted(records.Root), "the note stays until it is done");
        Publication.RecoverInterrupted(records.Root);
        Assert.That(records.Findings(), Is.Empty);
    }
}
