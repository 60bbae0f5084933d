using System.Xml.Linq;

namespace Templates.Tests;

public sealed class ShippedTemplatesTests
{
    private static readonly TemplateCatalogue Catalogue = new(CatalogueCopy.Shipped);

    private static IEnumerable<string> Ids => Catalogue.Ids();

    [Test]
    public void TheCatalogueHasTheNineTemplates() =>
        Assert.That(Ids, Is.SupersetOf(new[] { "debian-12", "debian-13", "rocky-10", "rocky-9", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-26.04", "windows-2022", "windows-2025" }));

    [TestCaseSource(nameof(Ids))]
    public void NothingIsFoundInAShippedTemplate(string id) =>
        Assert.That(new TemplateValidation(Catalogue).Check(id, PackerGeneration.Builtin), Is.Empty);

    [TestCaseSource(nameof(Ids))]
    public void ACopyUnderAnotherIdIsATemplate(string id)
    {
        using var copy = new CatalogueCopy();
        copy.CopyTemplate(id, "my-" + id);

        Assert.Multiple(() =>
        {
            Assert.That(copy.Check("my-" + id, PackerGeneration.Builtin), Is.Empty);
            Assert.That(copy.Catalogue.Select(["my-" + id]), Is.EqualTo(new[] { "my-" + id }));
            Assert.That(copy.Catalogue.Load("my-" + id).Id, Is.EqualTo("my-" + id));
        });
    }

    [TestCaseSource(nameof(Ids))]
    public void TwoRunsShareNoSecret(string id)
    {
        var template = Catalogue.Load(id);
        var first = BuildAccess.Sample(template);
        var second = BuildAccess.Sample(template);

        Assert.That(first.Username, Is.Not.EqualTo(second.Username));
        Assert.That(first.Password is null || first.Password != second.Password);
    }

    [TestCaseSource(nameof(Ids))]
    public void OnlyWindowsHasAPasswordAndItIsMarkedAsSecret(string id)
    {
        var template = Catalogue.Load(id);
        var secrets = new AssetRenderer(Catalogue).Render(template, BuildAccess.Sample(template)).Where(a => a.Secret).Select(a => a.Target);

        Assert.That(secrets, Is.EqualTo(template.IsWindows ? ["Autounattend.xml"] : Array.Empty<string>()));
    }

    [TestCaseSource(nameof(Ids))]
    public void EveryMediumIsPublishedWithTheSameSumAndAnArchiveThatStays(string id)
    {
        var published = PublishedMedia.Read(CatalogueCopy.Shipped);
        var template = Catalogue.Load(id);
        foreach (var medium in template.AdditionalIsos.Prepend(template.Iso))
        {
            var known = published.Single(m => m.File == medium.File);
            Assert.That(known.Sha256, Is.EqualTo(medium.Sha256), medium.File);
            Assert.That(known.Urls, Is.SupersetOf(medium.Urls), medium.File);
            // Of the drivers only the archive is pinned: the other place has whatever is newest.
            Assert.That(medium.Urls, Has.Count.GreaterThan(1).Or.ItemAt(0).Contains("/archive-virtio/"), medium.File);
        }
    }

    [TestCase("seabios", "2", null)]
    [TestCase("ovmf", "3", "EFI")]
    public void WindowsIsPartitionedForItsFirmware(string bios, string partition, string? efi)
    {
        using var copy = new CatalogueCopy();
        copy.Change("windows-2022", t => t["hardware"]!["bios"] = bios);
        var template = copy.Catalogue.Load("windows-2022");
        var answers = new AssetRenderer(copy.Catalogue).Render(template, BuildAccess.Sample(template))[0].Text;

        var xml = XDocument.Parse(answers);
        XNamespace ns = "urn:schemas-microsoft-com:unattend";
        Assert.Multiple(() =>
        {
            Assert.That(xml.Descendants(ns + "InstallTo").Single().Element(ns + "PartitionID")!.Value, Is.EqualTo(partition));
            Assert.That(xml.Descendants(ns + "Type").Select(e => e.Value).FirstOrDefault(v => v == "EFI"), Is.EqualTo(efi));
            Assert.That(copy.Check("windows-2022", PackerGeneration.Plugin), Is.Empty);
        });
    }

    [Test]
    public void ShellScriptsParse()
    {
        Assume.That(File.Exists("/bin/sh"), "there is no shell");
        foreach (var script in Directory.EnumerateFiles(CatalogueCopy.Shipped, "*.sh", SearchOption.AllDirectories))
        {
            var (code, output) = CatalogueCopy.Run("/bin/sh", ".", new Dictionary<string, string>(), "-n", script);
            Assert.That(code, Is.Zero, output);
        }
    }

    [Test]
    public void KickstartPostScriptsParse()
    {
        Assume.That(File.Exists("/bin/sh"), "there is no shell");
        var template = Catalogue.Load("rocky-9");
        var text = new AssetRenderer(Catalogue).Render(template, BuildAccess.Sample(template))[0].Text;
        var post = text[(text.IndexOf("%post", StringComparison.Ordinal) + 1)..];
        post = post[(post.IndexOf('\n', StringComparison.Ordinal) + 1)..post.LastIndexOf("%end", StringComparison.Ordinal)];

        var (code, output) = CatalogueCopy.Run("/bin/sh", ".", new Dictionary<string, string>(), "-n", "-c", post);
        Assert.That(code, Is.Zero, output);
    }
}
