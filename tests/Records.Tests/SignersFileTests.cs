using Foundation;
using Records.Sealing;

namespace Records.Tests;

public sealed class SignersFileTests
{
    [TestCase("", "")]
    [TestCase("# ours\n", "# ours\n")]
    [TestCase("# cut", "# cut\n")]
    public void The_line_is_added_behind_what_is_there(string before, string kept)
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(records.Root.Path);
        File.WriteAllText(records.Root.AllowedSigners, before);
        File.WriteAllText(Path.Combine(records.Root.Path, ".allowed_signers.dead.tmp"), "half");
        SignersFile.Ensure(records.Root, records.Signer, TestRecords.Start.Moment);
        SignersFile.Ensure(records.Root, records.Signer, TestRecords.Start.Moment);
        Assert.That(File.ReadAllText(records.Root.AllowedSigners), Is.EqualTo($"{kept}{records.Signer.AllowedSignersLine}\n"));
        Assert.That(Directory.GetFiles(records.Root.Path), Has.Length.EqualTo(1));
        Assert.That(Directory.GetFiles(records.Root.State).Select(f => Path.GetFileName(f)), Is.EqualTo(new[] { "allowed_signers.lock" }));
    }

    [TestCase("{0} {1}", true)]
    [TestCase("other,{0}  namespaces=\"git,packer-build-record\" {1} comment", true)]
    [TestCase("{0} valid-before=\"20261122191628Z\" {1}", true)]
    [TestCase("{0} valid-after=\"20261122191627Z\" {1}", true)]
    [TestCase("other {1}", false)]
    [TestCase("other namespaces=\"packer-build-record\" {1}", false)]
    [TestCase("{0}x {1}", false)]
    [TestCase("{0} ssh-ed25519 AAAA", false)]
    [TestCase("{0}", false)]
    public void A_line_of_the_same_name_and_key_is_enough(string line, bool enough)
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(records.Root.Path);
        var text = string.Format(null, line, records.Signer.Name, string.Join(' ', records.Signer.AllowedSignersLine.Split(' ')[2..])) + "\n";
        File.WriteAllText(records.Root.AllowedSigners, text);
        SignersFile.Ensure(records.Root, records.Signer, TestRecords.Start.Moment);
        Assert.That(File.ReadAllText(records.Root.AllowedSigners) == text, Is.EqualTo(enough));
    }

    [TestCase("{0} namespaces=\"git\" {1}")]
    [TestCase("{0} valid-before=\"20261122191627Z\" {1}")]
    [TestCase("{0} valid-after=\"20261122191628Z\" {1}")]
    [TestCase("other valid-before=\"20300101Z\" {1}")]
    [TestCase("other namespaces=\"git\" {1}")]
    [TestCase("other {1}\nanother valid-before=\"20200101Z\" {1}")]
    public void A_limit_that_somebody_has_set_to_the_key_is_not_undone_under_any_name(string lines)
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(records.Root.Path);
        var text = string.Format(null, lines, records.Signer.Name, string.Join(' ', records.Signer.AllowedSignersLine.Split(' ')[2..])) + "\n";
        File.WriteAllText(records.Root.AllowedSigners, text);
        Assert.Throws<FailureException>(() => SignersFile.Ensure(records.Root, records.Signer, TestRecords.Start.Moment));
        Assert.That(File.ReadAllText(records.Root.AllowedSigners), Is.EqualTo(text));
    }
}
