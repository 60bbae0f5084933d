namespace EndToEnd.Tests;

/// <summary>A template like another one by one command.</summary>
internal sealed class NewTests
{
    private const string Url = "https://dl.rockylinux.org/vault/rocky/10.2/isos/x86_64/Rocky-10.2-x86_64-minimal.iso";

    [Test]
    public void A_template_for_another_release_builds_as_it_is_written()
    {
        using var bench = new Workbench();
        var templates = bench.CopyTemplates();
        var written = bench.Run("--target=New", "--template=my-rocky", "--like=rocky-9", $"--iso-url={Url}");
        var built = bench.Run("--target=BuildTemplate", "--template=my-rocky");
        Assert.Multiple(() =>
        {
            Assert.That(written.ExitCode, Is.Zero, written.All);
            Assert.That(written.Output, Does.Contain("x86-64-v3").And.Contain("Not known: iso.released").And.Not.Contain("To do"));
            Assert.That(File.Exists(Path.Combine(templates, "templates", "my-rocky", "template.json")), Is.True);
            Assert.That(built.ExitCode, Is.Zero, built.All);
            Assert.That(bench.RecordsOf("my-rocky"), Has.Count.EqualTo(1));
        });
    }

    [TestCase("--template=rocky-9", "--like=rocky-10", "already")]
    [TestCase("--template=my-rocky", "--like=rocky9", "rocky-9")]
    [TestCase("--template=my-rocky", "--template=my-rocky", "--like=<id>")]
    public void What_cannot_be_is_wrong_usage(string first, string second, string says)
    {
        using var bench = new Workbench();
        bench.CopyTemplates();
        var result = bench.Run(first == second ? ["--target=New", first, $"--iso-url={Url}"] : ["--target=New", first, second, $"--iso-url={Url}"]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.All, Does.Contain(says));
    }
}
