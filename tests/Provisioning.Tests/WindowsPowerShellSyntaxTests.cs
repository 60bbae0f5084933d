namespace Provisioning.Tests;

public sealed class WindowsPowerShellSyntaxTests
{
    [TestCaseSource(typeof(Assets), nameof(Assets.PowerShellScripts))]
    public void AShippedScriptIsOneOfWindowsPowerShell(string script) =>
        Assert.That(WindowsPowerShellSyntax.Findings(File.ReadAllText(Path.Combine(Assets.Root, script))), Is.Empty);

    [Test]
    public void ThereAreScripts() => Assert.That(Assets.PowerShellScripts.Count(), Is.GreaterThanOrEqualTo(7));

    [TestCase("$a = $b ? 1 : 2")]
    [TestCase("Get-Item a && Get-Item b")]
    [TestCase("Get-Item a || throw 'x'")]
    [TestCase("Get-Item a &")]
    [TestCase("$a = $b ?? 1")]
    [TestCase("$a ??= 1")]
    [TestCase("${a}?.Length")]
    [TestCase("${a}?[0]")]
    [TestCase("function f { clean { 1 } }")]
    [TestCase("#Requires -Version 7.0\n1")]
    [TestCase("if ($IsWindows) { 1 }")]
    [TestCase("1..3 | ForEach-Object -Parallel { $_ }")]
    [TestCase("Join-Path a b c")]
    [TestCase("Set-Content a b -Encoding utf8NoBOM")]
    [TestCase("Get-Content a -AsByteStream")]
    [TestCase("'{}' | ConvertFrom-Json -AsHashtable")]
    [TestCase("Remove-Service x")]
    [TestCase("\"`e[1m\"")]
    [TestCase("\"`u{1F600}\"")]
    [TestCase("0b101")]
    [TestCase("if ($a {")]
    [TestCase("& { $x = { $y ?? 2 } }")]
    public void WhatItLacksIsFound(string script) => Assert.That(WindowsPowerShellSyntax.Findings(script), Is.Not.Empty);

    [TestCase("$a = if ($b) { 1 } else { 2 }")]
    [TestCase("Get-Process | Where-Object Name -like 'a*' | ForEach-Object { $_.Id }")]
    [TestCase("Join-Path $env:SystemRoot 'Setup\\Scripts'")]
    [TestCase("Set-Content -Path a -Value b -Encoding UTF8")]
    [TestCase("class A { [int] $B }; [A]::new().B")]
    [TestCase("\"`n`t$x\"; 'a && b ?? c'")]
    [TestCase("try { 1 } catch [IO.IOException] { throw } finally { 2 }")]
    public void WhatItHasIsNot(string script) => Assert.That(WindowsPowerShellSyntax.Findings(script), Is.Empty);
}
