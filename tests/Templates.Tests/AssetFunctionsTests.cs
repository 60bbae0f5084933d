using System.Xml.Linq;
using CsCheck;
using YamlDotNet.RepresentationModel;

namespace Templates.Tests;

public sealed class AssetFunctionsTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.String[Gen.Char[' ', '~'], 0, 40],
        Gen.String[Gen.Char["\"'\\$`&<]:# é€\u2019%{}"], 0, 20]);

    [Test]
    public void YamlReadsBackWhatWasWritten() => Check.Sample(
        Gen.OneOf(Texts, Gen.String[Gen.Char["\n\t\ra\u0085\u2028 "], 0, 10]),
        text =>
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader($"a: {AssetFunctions.Yaml(text)}\n"));
            return ((YamlScalarNode)yaml.Documents[0].RootNode["a"]).Value == text;
        },
        iter: 2000);

    [Test]
    public void XmlReadsBackWhatWasWritten() => Check.Sample(
        Gen.OneOf(Texts, Gen.String[Gen.Char["\n\t\ra "], 0, 10]),
        text => XElement.Parse($"<a b=\"x\">{AssetFunctions.Xml(text)}</a>", LoadOptions.PreserveWhitespace).Value == text,
        iter: 2000);

    [Test]
    public void ShellReadsBackWhatWasWritten()
    {
        Assume.That(File.Exists("/bin/sh"), "there is no shell");
        Check.Sample(
            Texts.List[100, 300],
            texts =>
            {
                var script = string.Concat(texts.Select(t => $"printf '%s\\n' {AssetFunctions.Shell(t)}\n"));
                var (code, output) = CatalogueCopy.Run("/bin/sh", ".", new Dictionary<string, string> { ["LC_ALL"] = "C.UTF-8" }, "-c", script);
                return code == 0 && output.Split('\n')[..^1].SequenceEqual(texts);
            },
            iter: 4);
    }

    [TestCase("it's", "'it''s'")]
    [TestCase("a\u2019b", "'a\u2019\u2019b'")]
    [TestCase("$(calc)", "'$(calc)'")]
    public void PowerShellQuotesAreDoubled(string text, string quoted) => Assert.That(AssetFunctions.PowerShell(text), Is.EqualTo(quoted));

    [TestCase("ubuntu-24.04", "ubuntu-24-04")]
    [TestCase("_A b_", "a-b")]
    public void HostNamesAreMadeOfAnyText(string text, string name) => Assert.That(AssetFunctions.HostName(text), Is.EqualTo(name));

    [Test]
    public void WhatAFormatCannotExpressIsRefused() => Assert.Multiple(() =>
    {
        Assert.Throws<ArgumentException>(() => AssetFunctions.Shell("a\nrootpw x"));
        Assert.Throws<ArgumentException>(() => AssetFunctions.PowerShell("a\r\nb"));
        Assert.Throws<ArgumentException>(() => AssetFunctions.Xml("a\0"));
        Assert.Throws<ArgumentException>(() => AssetFunctions.Yaml(null));
        Assert.Throws<ArgumentException>(() => AssetFunctions.HostName("..."));
    });
}
