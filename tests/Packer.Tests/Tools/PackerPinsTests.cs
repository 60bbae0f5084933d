using Packer.Tools;

namespace Packer.Tests.Tools;

public sealed class PackerPinsTests
{
    [Test]
    public void The_workflow_installs_what_the_target_Tools_installs()
    {
        var workflow = File.ReadAllText(Path.Combine(TestFolder.Repository, ".github", "workflows", "ci.yml"));
        Assert.That(workflow, Does.Contain($"version: {PackerPins.All.Packer.Version}\n").And.Contain($"github.com/hashicorp/proxmox {PackerPins.All.Plugin.Version}\n"));
    }

    [Test]
    public void The_pins_are_good_enough_for_the_templates_and_each_sum_is_one() => Assert.Multiple(() =>
    {
        foreach (var (pin, lowest) in new[] { (PackerPins.All.Packer, new Version(1, 11)), (PackerPins.All.Plugin, new Version(1, 2, 2)) })
        {
            Assert.That(Version.Parse(pin.Version), Is.GreaterThanOrEqualTo(lowest), pin.Name);
            Assert.That(pin.Sums.Values.OfType<string>(), Has.All.Match("^[0-9a-f]{64}$"), pin.Name);
            Assert.That(pin.Sums.Keys, Does.Contain("linux_amd64").And.Contain("linux_arm64").And.Contain("darwin_arm64"), pin.Name);
        }
    });
}
