using Foundation;
using Records.Sealing;

namespace Records.Tests;

/// <summary>Links that somebody else has put among the records: nothing is read or written through them.</summary>
[Platform(Exclude = "Win")]
public sealed class RecordLinkTests
{
    [TestCase("builds")]
    [TestCase("builds/rocky-9")]
    [TestCase(".state")]
    [TestCase(".", "sandbox")]
    [TestCase("builds", "sandbox")]
    public void Nothing_is_written_through_a_link(string place, string environment = "proxmox")
    {
        using var records = new TestRecords(environment);
        var link = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(records.Root.Path, place)));
        var elsewhere = Directory.CreateDirectory(Path.Combine(records.Folder, "elsewhere")).FullName;
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        Directory.CreateSymbolicLink(link, elsewhere);
        var failure = Assert.Throws<FailureException>(() => records.Seal())!;
        Assert.That(failure.Message, Does.Contain(link).And.Contain("link"));
        Assert.That(place == ".state" ? null : Assert.Throws<FailureException>(() => records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment))!.Message, Is.Null.Or.Contain("link"));
        Assert.That(new FileInfo(link).LinkTarget, Is.EqualTo(elsewhere));
        if (place != "builds")
        {
            Assert.That(Assert.Throws<FailureException>(() => Publication.PublishAll(records.Root, records.Signer))!.Message, Does.Contain(link).And.Contain("link"));
        }

        Assert.That(Directory.EnumerateFileSystemEntries(elsewhere), Is.Empty);
    }

    [TestCase("allowed_signers")]
    [TestCase(".state/builds-rocky-9.lock")]
    [TestCase(".state/allowed_signers.lock")]
    public void No_file_of_somebody_else_gets_into_the_records_through_a_link_or_is_made_there(string place)
    {
        using var records = new TestRecords();
        var link = Path.Combine(records.Root.Path, place);
        var secret = Path.Combine(records.Folder, "secret");
        File.WriteAllText(secret, "PROXMOX_TOKEN=00000000-0000-0000-0000-000000000000\n");
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        File.CreateSymbolicLink(link, place == "allowed_signers" ? secret : Path.Combine(records.Folder, "made"));
        Assert.That(Assert.Throws<FailureException>(() => records.Seal())!.Message, Does.Contain($"'{link}' is a link"));
        Assert.That(new FileInfo(link).LinkTarget, Is.Not.Null);
        Assert.That(File.Exists(Path.Combine(records.Folder, "made")), Is.False);
        Assert.That(Directory.Exists(Path.Combine(records.Root.Path, "builds", "rocky-9")), Is.False, "nothing is left of it");
    }

    [Test]
    public void A_statement_that_joins_branches_is_not_written_through_a_link()
    {
        using var records = new TestRecords();
        records.Publish();
        records.Fork(UtcStamp.From(TestRecords.Start.Moment.AddMinutes(1)), UtcStamp.From(TestRecords.Start.Moment.AddMinutes(2)));
        var elsewhere = Directory.CreateDirectory(Path.Combine(records.Folder, "elsewhere")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(records.Root.Path, "joins"), elsewhere);
        Assert.That(Assert.Throws<FailureException>(() => Publication.PublishAll(records.Root, records.Signer))!.Message, Does.Contain("joins' is a link"));
        Assert.That(Directory.EnumerateFileSystemEntries(elsewhere), Is.Empty);
    }
}
