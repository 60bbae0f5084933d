using Foundation;

namespace Templates.Tests;

public sealed class AssetRendererTests
{
    private CatalogueCopy copy = null!;

    [SetUp]
    public void SetUp() => copy = new CatalogueCopy();

    [TearDown]
    public void TearDown() => copy.Dispose();

    private string Render(string text, string id = "rocky-9")
    {
        var template = copy.Catalogue.Load(id);
        File.WriteAllText(Path.Combine(template.Folder, "probe.scriban"), text);
        return new AssetRenderer(copy.Catalogue).Render(template, new Asset { Source = "probe.scriban", Target = "probe" }, BuildAccess.Sample(template)).Text;
    }

    [TestCase("{{ template.id }}", "rocky-9")]
    [TestCase("{{ template.hardware.memory_mb }}", "2048")]
    [TestCase("{{ template.boot.command | array.size }}", "1")]
    [TestCase("{{ vars.keyboard }}", "us")]
    [TestCase("{{ if template.cloud_init }}yes{{ end }}", "yes")]
    [TestCase("{{ build.chain_id }}", "CHAIN-20000101T000000Z-rocky-9")]
    public void TheModelIsTheTemplateItsVarsAndTheBuild(string text, string rendered) => Assert.That(Render(text), Is.EqualTo(rendered));

    [TestCase("a\n{{ nothing }}", 2)]
    [TestCase("a\n\n{{ vars.nothing }}", 3)]
    [TestCase("{{ template.hardware.nothing }}", 1)]
    [TestCase("{{ build.password }}", 1, Description = "a build over SSH has none")]
    [TestCase("a\n{{ if }}", 2)]
    [TestCase("{{ nothing | yaml }}", 1)]
    [TestCase("{{ 'a' | no_function }}", 1)]
    [TestCase("{{ for i in 1..100000 }}{{ i }}{{ end }}", 1)]
    public void WhatDoesNotExistIsAnErrorWithItsLine(string text, int line)
    {
        var failure = Assert.Throws<FailureException>(() => Render(text));

        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Validation));
        Assert.That(failure.Message, Does.Contain($"templates/rocky-9/probe.scriban:{line}:"));
    }

    [Test]
    public void TheTemplatesOwnFileGoesBeforeTheFamilysAndTheCommonOne()
    {
        var template = copy.Catalogue.Load("rocky-9");
        var files = new TemplateFiles(copy.Catalogue);
        File.WriteAllText(Path.Combine(copy.Root, "os", "common", "x.sh"), "");
        Assert.That(files.Find(template, "x.sh").File, Is.EqualTo("os/common/x.sh"));
        File.WriteAllText(Path.Combine(copy.Root, "os", "rocky", "x.sh"), "");
        Assert.That(files.Find(template, "x.sh").File, Is.EqualTo("os/rocky/x.sh"));
        File.WriteAllText(Path.Combine(template.Folder, "x.sh"), "");
        Assert.That(files.Find(template, "x.sh").File, Is.EqualTo("templates/rocky-9/x.sh"));
    }

    [TestCase("../rocky-9/template.json")]
    [TestCase("/etc/passwd")]
    [TestCase("C:\\x")]
    [TestCase(".hidden")]
    [TestCase("")]
    public void NoNameLeadsOutOfTheFolders(string name) =>
        Assert.Throws<FailureException>(() => new TemplateFiles(copy.Catalogue).Find(copy.Catalogue.Load("rocky-9"), name));

    [Test]
    public void FilesWithoutTheEndingAreTakenAsTheyAre()
    {
        var template = copy.Catalogue.Load("rocky-9");
        File.WriteAllText(Path.Combine(template.Folder, "plain"), "{{ not.rendered }}");

        var asset = new AssetRenderer(copy.Catalogue).Render(template, new Asset { Source = "plain", Target = "plain" }, BuildAccess.Sample(template));
        Assert.That(asset.Text, Is.EqualTo("{{ not.rendered }}"));
    }

    [Test]
    public void APasswordIsInNoAccessesText()
    {
        var access = BuildAccess.Sample(copy.Catalogue.Load("windows-2022"));
        Assert.That(access.ToString(), Does.Not.Contain(access.Password!));
    }

    [Test]
    public void PasswordsSatisfyWindows()
    {
        var template = copy.Catalogue.Load("windows-2022");
        for (var i = 0; i < 200; i++)
        {
            var password = BuildAccess.Sample(template).Password!;
            Assert.That(password, Does.Match("[a-z]").And.Match("[A-Z]").And.Match("[0-9]").And.Length.EqualTo(24));
        }
    }
}
