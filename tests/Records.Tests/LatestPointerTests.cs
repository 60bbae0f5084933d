using Records.Sealing;

namespace Records.Tests;

[Platform(Exclude = "Win")]
public sealed class LatestPointerTests
{
    private string folder = "";

    private string Latest => Path.Combine(folder, "latest");

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("latest-test-").FullName;

    [TearDown]
    public void RemoveFolder() => TestRecords.DeleteTree(folder);

    [Test]
    public void It_is_a_relative_link_that_moves_on()
    {
        LatestPointer.Set(folder, TestRecords.Start);
        LatestPointer.Set(folder, TestRecords.Start.Next());
        Assert.That(new FileInfo(Latest).LinkTarget, Is.EqualTo("2026-11-22T191628Z"));
        Assert.That(Directory.GetFileSystemEntries(folder), Has.Length.EqualTo(1), "nothing is left beside it");
    }

    [Test]
    public void What_says_the_right_thing_already_is_left_alone()
    {
        File.WriteAllText(Latest, LatestPointer.TextContent(TestRecords.Start));
        LatestPointer.Set(folder, TestRecords.Start);
        Assert.That(new FileInfo(Latest).LinkTarget, Is.Null);
        LatestPointer.Set(folder, TestRecords.Start.Next());
        Assert.That(new FileInfo(Latest).LinkTarget, Is.EqualTo("2026-11-22T191628Z"));
        var before = new FileInfo(Latest).LastWriteTimeUtc;
        LatestPointer.Set(folder, TestRecords.Start.Next());
        Assert.That(new FileInfo(Latest).LastWriteTimeUtc, Is.EqualTo(before));
    }

    [Test]
    public void A_text_that_says_more_or_something_else_is_replaced()
    {
        foreach (var text in new[] { "", "latest record: 2026-11-22T191627Z\n", LatestPointer.TextContent(TestRecords.Start).PadRight(1024), LatestPointer.TextContent(TestRecords.Start.Next()) })
        {
            File.WriteAllText(Latest, text);
            LatestPointer.Set(folder, TestRecords.Start);
            Assert.That(new FileInfo(Latest).LinkTarget, Is.EqualTo("2026-11-22T191627Z"));
            File.Delete(Latest);
        }
    }

    [Test]
    public void The_text_names_the_folder_and_says_what_it_is() => Assert.That(
        LatestPointer.TextContent(TestRecords.Start),
        Is.EqualTo("latest record: 2026-11-22T191627Z\nThis file stands for a link to that folder: links could not be made where the record was written.\n"));

    [Test]
    public void A_folder_in_its_place_is_an_error_and_leaves_nothing_beside_it()
    {
        Directory.CreateDirectory(Path.Combine(Latest, "inner"));
        Assert.Throws<IOException>(() => LatestPointer.Set(folder, TestRecords.Start));
        Assert.That(Directory.GetFileSystemEntries(folder), Has.Length.EqualTo(1));
    }
}
