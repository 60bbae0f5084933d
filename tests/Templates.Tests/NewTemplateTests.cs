using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates.Tests;

public sealed class NewTemplateTests
{
    private CatalogueCopy copy = null!;

    [SetUp]
    public void SetUp() => copy = new CatalogueCopy();

    [TearDown]
    public void TearDown() => copy.Dispose();

    private NewTemplateResult Write(string id, string like, string? url = null, string? file = null) =>
        new NewTemplate(copy.Catalogue).Write(new NewTemplateRequest(id, like, url, file));

    private string Url(string id) => copy.Catalogue.Load(id).Iso.Urls[0];

    private void Forget(string id) => Directory.Delete(Path.GetDirectoryName(copy.Document(id))!, recursive: true);

    [TestCase("rocky-10", "rocky-9")]
    [TestCase("rocky-9", "rocky-10")]
    [TestCase("ubuntu-26.04", "ubuntu-22.04")]
    [TestCase("debian-13", "debian-12")]
    [TestCase("windows-2025", "windows-2022")]
    public void AnotherVersionOfASystemIsWhatIsShipped(string id, string like)
    {
        var shipped = copy.Catalogue.Load(id);
        var url = Url(id);
        Forget(id);

        Write(id, like, url);

        var written = copy.Catalogue.Load(id);
        Assert.Multiple(() =>
        {
            // Without rocky-9 nothing in the catalogue knows the keys for its boot loader, and the check of the new template says so.
            Assert.That(copy.Check(id, PackerGeneration.Builtin).Select(f => f.Code), id == "rocky-9" ? Is.EqualTo(new[] { "boot-rehearsal" }) : Is.Empty);
            Assert.That((written.Title, written.OsVersion, written.Iso.File, written.Iso.Sha256), Is.EqualTo((shipped.Title, shipped.OsVersion, shipped.Iso.File, shipped.Iso.Sha256)));
            Assert.That(written.Hardware.CpuType, Is.EqualTo(id == "rocky-9" ? "x86-64-v3" : shipped.Hardware.CpuType), "what is more than enough stays");
            Assert.That(written.Vars, Is.EqualTo(shipped.Vars));
            Assert.That(written.Iso.Urls, Is.EqualTo(shipped.Iso.Urls));
        });
    }

    [Test]
    public void AnAddressOfTheOtherTemplateIsNotThisOnes()
    {
        copy.Change("rocky-9", t => t["network"] = new JObject { ["address"] = "192.0.2.50/24", ["gateway"] = "192.0.2.1" });
        Assert.That(Write("my-10", "rocky-9", Url("rocky-10")).Unknown, Has.Some.StartsWith("network: an address of its own"));
        Assert.That(copy.Error("my-10", "network-twice").Message, Does.Contain("rocky-9"));
    }

    [Test]
    public void TheBootLoaderDecidesTheKeys()
    {
        var urls = (Nine: Url("rocky-9"), Ten: Url("rocky-10"));
        var (nine, ten) = (copy.Catalogue.Load("rocky-9").Boot.Command, copy.Catalogue.Load("rocky-10").Boot.Command);
        Write("my-10", "rocky-9", urls.Ten);
        Write("my-9", "rocky-10", urls.Nine);
        Assert.That(copy.Catalogue.Load("my-10").Boot.Command, Is.EqualTo(ten));
        Assert.That(copy.Catalogue.Load("my-9").Boot.Command, Is.EqualTo(nine));

        // Without a template that has the same loader, the other firmware's keys are what is known.
        Forget("rocky-10");
        Forget("my-10");
        Write("my-10", "rocky-9", urls.Ten);
        Assert.That(copy.Catalogue.Load("my-10").Boot.Command, Is.EqualTo(copy.Catalogue.Load("rocky-9").Boot.UefiCommand));
        Assert.That(copy.Check("my-10", PackerGeneration.Builtin), Is.Empty);
    }

    [Test]
    public void AMediumThatNobodyPinnedIsWrittenWithWhatIsNotKnown()
    {
        var result = Write("rocky-11", "rocky-10", "https://download.example.net/Rocky-11.0-x86_64-minimal.iso");

        var template = JObject.Parse(File.ReadAllText(copy.Document("rocky-11")));
        Assert.Multiple(() =>
        {
            Assert.That((string?)template["title"], Is.EqualTo("Rocky Linux 11"));
            Assert.That((string?)template["vars"]!["release"], Is.EqualTo("11"));
            Assert.That(result.Unknown, Has.Some.StartsWith("iso.sha256").And.Some.StartsWith("iso.urls").And.Some.StartsWith("iso.released"));
            Assert.That(copy.Check("rocky-11").Where(f => f.IsError).Select(f => f.Message), Has.One.Contains("iso.sha256"));
        });
    }

    [Test]
    public void AFileThatIsHereIsHashedAndPinnedTwice()
    {
        var file = Path.Combine(copy.Root, "Rocky-11.0-x86_64-minimal.iso");
        File.WriteAllText(file, "an image");

        var result = Write("rocky-11", "rocky-10", "https://download.example.net/Rocky-11.0-x86_64-minimal.iso", file);

        Assert.Multiple(() =>
        {
            Assert.That(copy.Check("rocky-11"), Is.Empty);
            Assert.That(copy.Catalogue.Load("rocky-11").Iso.Sha256, Is.EqualTo(FileHash.Sha256(file)));
            Assert.That(PublishedMedia.Read(copy.Root), Has.Some.Matches<IsoImage>(m => m!.File == "Rocky-11.0-x86_64-minimal.iso"));
            Assert.That(result.Unknown, Has.None.StartsWith("iso.sha256"));
        });
    }

    [Test]
    public void AFileOfAPublishedMediumNeedsNoUrl()
    {
        var file = Path.Combine(copy.Root, "renamed.iso");
        File.WriteAllText(file, "an image");
        copy.Replace("media.json", copy.Catalogue.Load("rocky-9").Iso.Sha256, FileHash.Sha256(file));

        Write("my-rocky", "rocky-9", file: file);

        Assert.That(copy.Catalogue.Load("my-rocky").Iso.Urls, Is.EqualTo(copy.Catalogue.Load("rocky-9").Iso.Urls));
        Assert.That(copy.Catalogue.Load("my-rocky").Iso.File, Is.EqualTo(copy.Catalogue.Load("rocky-9").Iso.File));
    }

    [Test]
    public void AnotherSystemsAssetsAreSaidNotGuessed()
    {
        var url = PublishedMedia.Read(copy.Root).Single(m => m.File.StartsWith("AlmaLinux-10", StringComparison.Ordinal)).Urls[0];
        var result = Write("almalinux-10", "rocky-10", url);

        Assert.That(copy.Catalogue.Load("almalinux-10").Title, Is.EqualTo("AlmaLinux 10"));
        Assert.That(result.Unknown, Has.Some.Contains("those of rocky-10 install rocky"));
    }

    [TestCase("rocky-9", "rocky-9", "https://example.net/a.iso", "already")]
    [TestCase("Rocky", "rocky-9", "https://example.net/a.iso", "no template's id")]
    [TestCase("../x", "rocky-9", "https://example.net/a.iso", "no template's id")]
    [TestCase("rocky-11", "rocky9", "https://example.net/a.iso", "Did you mean rocky-9")]
    [TestCase("rocky-11", "rocky-9", null, "No medium is named")]
    [TestCase("rocky-11", "rocky-9", "http://example.net/a.iso", "not a plain https URL")]
    [TestCase("rocky-11", "rocky-9", "https://user:word@example.net/a.iso", "not a plain https URL")]
    [TestCase("rocky-11", "rocky-9", "https://example.net/download", "no name of a medium")]
    public void WhatCannotBeIsRefusedAndNothingIsWritten(string id, string like, string? url, string says)
    {
        var before = Directory.EnumerateFileSystemEntries(copy.Root, "*", SearchOption.AllDirectories).Count();

        var failure = Assert.Throws<FailureException>(() => Write(id, like, url));

        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(says));
        Assert.That(Directory.EnumerateFileSystemEntries(copy.Root, "*", SearchOption.AllDirectories).Count(), Is.EqualTo(before));
    }
}
