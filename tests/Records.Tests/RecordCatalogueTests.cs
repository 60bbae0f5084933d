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
}
