using Build.CommandLine;
using Build.Tasks;

namespace Build.Tests;

internal sealed class TargetsTests
{
    [TestCase("--target=Init", ExpectedResult = true)]
    [TestCase("--target=BuildTemplate --template=rocky-9", ExpectedResult = true)]
    [TestCase("--target=buildtemplate --template=rocky-9 --verbosity=quiet", ExpectedResult = true)]
    [TestCase("--target=List --target=Validate", ExpectedResult = true)]
    [TestCase("--target=Init --exclusive", ExpectedResult = true)]
    [TestCase("--target=BuildTemplate --exclusive", ExpectedResult = false)]
    [TestCase("--target=Verify", ExpectedResult = false)]
    [TestCase("--target=List", ExpectedResult = false)]
    [TestCase("", ExpectedResult = false)]
    [TestCase("--target=BuildTemplate --dryrun", ExpectedResult = false)]
    [TestCase("--target=BuildTemplate --tree", ExpectedResult = false)]
    [TestCase("--target=BuildTemplate --description", ExpectedResult = false)]
    [TestCase("--target=BuildTemplate --version", ExpectedResult = false)]
    [TestCase("--target=BuildTemplate --info", ExpectedResult = false)]
    public bool Init_will_run(string commandLine) =>
        Targets.WillRun(ArgumentList.Parse(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries)), typeof(Init));
}
