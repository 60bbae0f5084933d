using System.Text.RegularExpressions;
using Templates;

namespace Build.Tests;

/// <summary>What the pages show is what the catalogue has: the list of templates, and the medium to upload by hand.</summary>
internal sealed class DocumentedMediaTests
{
    private static readonly string Root = RepositoryRoot.Find(_ => null, TestContext.CurrentContext.TestDirectory);
    private static readonly TemplateCatalogue Catalogue = new(Path.Combine(Root, "infra", "packer"));
    private static readonly string HowTo = File.ReadAllText(Path.Combine(Root, "docs", "howto", "first-template-on-your-cluster.md"));

    [Test]
    public void The_matrix_in_the_how_to_is_the_one_that_is_printed() => Assert.That(
        Regex.Match(HowTo, @"^    (\{""template"":\[.*\]\})$", RegexOptions.Multiline).Groups[1].Value,
        Is.EqualTo($"{{\"template\":[{string.Join(',', Catalogue.Ids().Select(id => $"\"{id}\""))}]}}"));

    [Test]
    public void The_medium_in_the_how_to_is_one_that_a_template_asks_for() => Assert.That(
        Catalogue.Ids().Select(id => Catalogue.Load(id).Iso.File), Does.Contain(Regex.Match(HowTo, @"--iso=\S*/(\S+\.iso)").Groups[1].Value));
}
