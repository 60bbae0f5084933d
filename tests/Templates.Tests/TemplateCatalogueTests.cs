using Foundation;

namespace Templates.Tests;

public sealed class TemplateCatalogueTests
{
    private CatalogueCopy copy = null!;

    [SetUp]
    public void SetUp() => copy = new CatalogueCopy();

    [TearDown]
    public void TearDown() => copy.Dispose();

    private FailureException Refused(params string[] arguments) =>
        Assert.Throws<FailureException>(() => copy.Catalogue.Select(arguments))!;

    [Test]
    public void ListsAndRepetitionsNameEachTemplateOnce() =>
        Assert.That(copy.Catalogue.Select(["rocky-9, ubuntu-24.04", "rocky-9"]), Is.EqualTo(new[] { "rocky-9", "ubuntu-24.04" }));

    [Test]
    public void AllNamesEveryTemplate() => Assert.That(copy.Catalogue.Select(["all"]), Is.EqualTo(copy.Catalogue.Ids()));

    [Test]
    public void AllAfterAnotherAddsTheRest() =>
        Assert.That(copy.Catalogue.Select(["windows-2022,all"]), Is.EquivalentTo(copy.Catalogue.Ids()).And.ItemAt(0).EqualTo("windows-2022"));

    [TestCase("rocky9", "rocky-9")]
    [TestCase("Rocky-9", "rocky-9")]
    [TestCase("rocky", "rocky-9")]
    [TestCase("ubuntu-24.4", "ubuntu-24.04")]
    [TestCase("windws-2022", "windows-2022")]
    public void AMistypedNameIsAnsweredWithTheNearOne(string name, string near)
    {
        var failure = Refused(name);

        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(name).And.Contain($"Did you mean {near}"));
    }

    [TestCase("")]
    [TestCase("../x")]
    [TestCase("/etc")]
    [TestCase("rocky-9/../rocky-9")]
    [TestCase("..")]
    [TestCase("rocky-9,")]
    [TestCase("nothing-like-it-at-all")]
    public void OtherNamesAreRefusedWithTheList(string name)
    {
        var failure = Refused(name);

        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain("windows-2022"));
    }

    [Test]
    public void NoNameAtAllIsRefused() => Assert.That(Refused().Kind, Is.EqualTo(FailureKind.Usage));

    [Test]
    public void AVeryLongNameIsCutShortInTheMessage() => Assert.That(Refused(new string('x', 100_000)).Message, Has.Length.LessThan(500));

    [TestCase("a", true)]
    [TestCase("rocky-9.6", true)]
    [TestCase("a..b", false)]
    [TestCase("-a", false)]
    [TestCase("a-", false)]
    [TestCase("A", false)]
    [TestCase("a b", false)]
    [TestCase("a\n", false)]
    [TestCase("", false)]
    [TestCase(null, false)]
    public void IdsHaveAForm(string? id, bool valid) => Assert.That(TemplateId.IsValid(id), Is.EqualTo(valid));

    [Test]
    public void FoldersWithoutADocumentAndWithOtherNamesAreNoTemplates()
    {
        Directory.CreateDirectory(Path.Combine(copy.Root, "templates", "empty"));
        Directory.CreateDirectory(Path.Combine(copy.Root, "templates", "Not_An_Id"));
        File.Copy(copy.Document("rocky-9"), Path.Combine(copy.Root, "templates", "Not_An_Id", "template.json"));

        Assert.That(copy.Catalogue.Ids(), Has.None.EqualTo("empty").And.None.EqualTo("Not_An_Id"));
    }

    [Test]
    public void SummariesHaveTheTitlesAndSurviveABrokenTemplate()
    {
        File.WriteAllText(copy.Document("ubuntu-22.04"), "{ \"title\": \"Half");

        var summaries = copy.Catalogue.Summaries();

        Assert.That(summaries, Has.Member(new TemplateSummary("rocky-9", "Rocky Linux 9", "rocky")));
        Assert.That(summaries, Has.Member(new TemplateSummary("ubuntu-22.04", "", "")));
    }

    [Test]
    public void TheAgeOfAMediumIsCountedFromItsRelease()
    {
        copy.Change("rocky-9", t =>
        {
            t["iso"]!["released"] = "2026-01-01";
            t["max_age_days"] = 30;
        });
        copy.Change("ubuntu-24.04", t => ((Newtonsoft.Json.Linq.JObject)t["iso"]!).Remove("released"));
        File.WriteAllText(copy.Document("ubuntu-22.04"), "{ \"iso\": { \"released\": \"2026-99-01\" }, \"max_age_days\": \"x\"");
        var age = copy.Catalogue.MediumAge("rocky-9");

        Assert.Multiple(() =>
        {
            Assert.That(age.Describe(new DateOnly(2026, 1, 2)), Is.EqualTo("1 day"));
            Assert.That(age.Describe(new DateOnly(2026, 1, 31)), Is.EqualTo("30 days"));
            Assert.That(age.IsOld(new DateOnly(2026, 1, 31)), Is.False);
            Assert.That(age.Describe(new DateOnly(2026, 2, 1)), Is.EqualTo("31 days, older than 30"));
            Assert.That(copy.Catalogue.MediumAge("ubuntu-24.04").Describe(new DateOnly(2026, 2, 1)), Is.EqualTo("not known"));
            Assert.That(copy.Catalogue.MediumAge("ubuntu-22.04").IsOld(new DateOnly(2030, 1, 1)), Is.False);
        });
    }

    [Test]
    public void AMissingCatalogueIsSaid()
    {
        var failure = Assert.Throws<FailureException>(() => new TemplateCatalogue(Path.Combine(copy.Root, "nowhere")).Ids());
        Assert.That(failure!.Message, Does.Contain("nowhere"));
    }
}
