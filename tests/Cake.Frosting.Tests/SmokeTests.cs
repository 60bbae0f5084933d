namespace Cake.Frosting.Tests;

public sealed class SmokeTests
{
    [Test]
    public void Version() => Assert.That(new CakeHost().Run(["--version"]), Is.Zero);
}
