namespace Templates.Tests;

public sealed class BootCommandTests
{
    [TestCase("<wait>")]
    [TestCase("<wait5>")]
    [TestCase("<wait5s><wait1m30s><wait100ms>")]
    [TestCase("<esc><f10><up><pageDown><spacebar>")]
    [TestCase("<leftCtrlOn>c<leftCtrlOff>")]
    [TestCase("<ENTER>")]
    [TestCase("a < b > c")]
    public void WhatPackerKnowsIsNoProblem(string item) => Assert.That(BootCommand.Read([item]).Problems, Is.Empty);

    [TestCase("<entr>", "boot-key", "<enter>")]
    [TestCase("<f13>", "boot-key", "<f13>")]
    [TestCase("<waitx>", "boot-key", "<waitx>")]
    [TestCase("{{ .HTTPHost }}", "boot-expression", "{{ .HTTPHost }}")]
    [TestCase("{{ .HTTPIP ", "boot-expression", "not closed")]
    [TestCase("caf\u00e9", "boot-character", "U+00E9")]
    [TestCase("a\nb", "boot-character", "U+000A")]
    [TestCase("https://{{ .HTTPIP }}:{{ .HTTPPort }}/", "boot-url-https", "https://")]
    public void WhatWouldNotBeTypedAsMeantIsNamed(string item, string code, string says)
    {
        var problems = BootCommand.Read(["ok", item]).Problems;

        Assert.That(problems, Has.Count.EqualTo(1));
        Assert.That(problems[0].Code, Is.EqualTo(code));
        Assert.That(problems[0].Message, Does.Contain(says));
    }

    [TestCase("inst.ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/ks.cfg<enter>", "ks.cfg")]
    [TestCase("inst.ks=http://{{.HTTPIP}}:{{.HTTPPort}}/a/<wait>ks.cfg quiet", "a/ks.cfg")]
    [TestCase("\"ds=nocloud;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/\" ---", "")]
    [TestCase("s=http://{{ .HTTPIP }}:{{ .HTTPPort }}<tab>", "")]
    public void TheServersPathIsFound(string item, string path) =>
        Assert.That(BootCommand.Read([item]).Urls.Single().Path, Is.EqualTo(path));

    [Test]
    public void AUrlMayBeSpreadOverItems()
    {
        var url = BootCommand.Read(["<tab> inst.ks=http://", "{{ .HTTPIP }}:", "{{ .HTTPPort }}/ks.cfg", "<enter>"]).Urls.Single();
        Assert.That(url.Path, Is.EqualTo("ks.cfg"));
    }

    [Test]
    public void NoTextTakesLong()
    {
        var hostile = string.Concat(Enumerable.Repeat("<a{{<", 50_000)) + string.Concat(Enumerable.Repeat("{{ ", 50_000));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        _ = BootCommand.Read([hostile]);
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }
}
