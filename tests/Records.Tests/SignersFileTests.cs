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
        SignersFile.Ensure(records.Root, records.Signer);
        SignersFile.Ensure(records.Root, records.Signer);
        Assert.That(File.ReadAllText(records.Root.AllowedSigners), Is.EqualTo($"{kept}{records.Signer.AllowedSignersLine}\n"));
        Assert.That(Directory.GetFiles(records.Root.Path), Has.Length.EqualTo(1));
        Assert.That(Directory.GetFiles(records.Root.State).Select(f => Path.GetFileName(f)), Is.EqualTo(new[] { "allowed_signers.lock" }));
    }

    [TestCase("{0} {1}", true)]
    [TestCase("other,{0}  namespaces=\"git\" {1} comment", true)]
    [TestCase("other {1}", false)]
    [TestCase("{0}x {1}", false)]
    [TestCase("{0} ssh-ed25519 AAAA", false)]
    [TestCase("{0}", false)]
    public void A_line_of_the_same_name_and_key_is_enough(string line, bool enough)
    {
        using var records = new TestRecords();
        Directory.CreateDirectory(records.Root.Path);
        var text = string.Format(null, line, records.Signer.Name, string.Join(' ', records.Signer.AllowedSignersLine.Split(' ')[2..])) + "\n";
        File.WriteAllText(records.Root.AllowedSigners, text);
        SignersFile.Ensure(records.Root, records.Signer);
        Assert.That(File.ReadAllText(records.Root.AllowedSigners) == text, Is.EqualTo(enough));
    }
}
