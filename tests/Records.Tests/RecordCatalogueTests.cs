namespace Records.Tests;

public sealed class RecordCatalogueTests
{
    [TestCase("ln -s /dev/zero run.json")]
    [TestCase("mkfifo run.json")]
    [TestCase("echo { > run.json")]
    [TestCase("head -c 9000000 /dev/zero > run.json")]
    [TestCase("mkdir run.json")]
    [TestCase("true")]
    [Platform("Linux")]
    public void A_record_that_cannot_be_read_is_none(string instead)
    {
        using var records = new TestRecords();
        var made = records.Seal();
        Assert.That(RecordCatalogue.Read(records.Root, RecordSubject.Build("rocky-9"), made.Stamp)!.Vmid, Is.EqualTo(9010));
        TestRecords.Unlock(records.Root.Path);
        Assert.That(Shell.Run($"rm run.json && {instead}", made.Path).Code, Is.Zero);
        Assert.That(RecordCatalogue.Read(records.Root, RecordSubject.Build("rocky-9"), made.Stamp), Is.Null);
    }

    [TestCase("", null)]
    [TestCase("754", 754)]
    [TestCase("10,20", 20)]
    [TestCase("9000,10,20,30,900,800", 30, Description = "the oldest of six does not count")]
    public void A_build_takes_as_long_as_the_median_of_the_newest_five(string seconds, int? usual)
    {
        using var records = new TestRecords();
        foreach (var (number, second) in seconds.Split(',', StringSplitOptions.RemoveEmptyEntries).Index())
        {
            var folder = Directory.CreateDirectory(Path.Combine(records.Root.Path, "builds", "rocky-9", $"2026-11-2{number}T191627Z")).FullName;
            File.WriteAllText(Path.Combine(folder, "run.json"), $$"""{"type": "build", "environment": "proxmox", "duration_seconds": {{second}}}""");
        }

        Assert.That(RecordCatalogue.UsualDuration(records.Root, "rocky-9"), Is.EqualTo(usual is { } s ? TimeSpan.FromSeconds(s) : (TimeSpan?)null));
    }

    [Test]
    public void The_templates_are_those_with_a_folder_in_order()
    {
        using var records = new TestRecords();
        Assert.That(RecordCatalogue.Templates(records.Root), Is.Empty);
        foreach (var name in new[] { "ubuntu-24.04", "rocky-9", ".hidden", "debian-12", "not a template" })
        {
            Directory.CreateDirectory(Path.Combine(records.Root.Path, "builds", name));
        }

        Assert.That(RecordCatalogue.Templates(records.Root), Is.EqualTo(new[] { "debian-12", "rocky-9", "ubuntu-24.04" }));
    }

    [TestCase("../etc")]
    [TestCase("")]
    [TestCase("rocky.")]
    public void What_cannot_name_a_folder_is_no_template(string id) =>
        Assert.That(() => RecordSubject.Build(id), Throws.InstanceOf<Foundation.FailureException>()
            .With.Message.Contains($"'{id}' is not a template id").And.Message.Contains("starts with a letter or digit"));
}
