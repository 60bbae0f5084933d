using Packer.Diagnosis;

namespace Packer.Tests.Diagnosis;

/// <summary>What Packer's log says of the scripts that it ran. The lines are those of Packer 1.6.6.</summary>
public sealed class ProvisioningStepsTests
{
    private static readonly string[] Shell =
    [
        "2026/11/29 16:52:54 packer-builder-proxmox-iso plugin: Running the provision hook",
        "==> proxmox-iso.vm: Provisioning with shell script: scripts/01-first-boot.sh",
        "2026/11/29 16:52:54 packer-provisioner-shell plugin: Opening scripts/01-first-boot.sh for reading",
        "2026/11/29 16:52:54 packer-provisioner-shell plugin: [INFO] 260 bytes written for 'uploadData'",
        "2026/11/29 16:52:55 packer-builder-proxmox-iso plugin: [DEBUG] starting remote command: chmod 0755 /tmp/script_7801.sh",
        "2026/11/29 16:52:55 packer-builder-proxmox-iso plugin: [INFO] RPC endpoint: Communicator ended with: 7",
        "2026/11/29 16:52:55 [INFO] RPC client: Communicator ended with: 9",
        "2026/11/29 16:52:55 packer-provisioner-shell plugin: [INFO] RPC client: Communicator ended with: 0",
        "==> proxmox-iso.vm: Provisioning with shell script: scripts/02-update.sh",
        "2026/11/29 16:53:25 packer-provisioner-shell plugin: [INFO] RPC client: Communicator ended with: 3",
        "2026/11/29 16:53:25 packer-provisioner-shell plugin: Opening scripts/02-update.sh for reading",
        "2026/11/29 16:53:40 packer-provisioner-shell plugin: [INFO] RPC client: Communicator ended with: 0",
        "2026/11/29 16:55:25 packer-provisioner-shell plugin: [INFO] RPC client: Communicator ended with: 0",
        "2026/11/29 16:55:25 packer-provisioner-shell plugin: Opening scripts/03-last.sh for reading",
    ];

    [Test]
    public void The_last_command_of_a_script_is_the_script_itself() => Assert.That(ProvisioningSteps.Of(Shell), Is.EqualTo(new[]
    {
        new ProvisionedScript("scripts/01-first-boot.sh", 3, TimeSpan.FromSeconds(31)),
        new ProvisionedScript("scripts/02-update.sh", 0, TimeSpan.FromSeconds(120)),
        new ProvisionedScript("scripts/03-last.sh", null, null),
    }));

    [Test]
    public void Powershell_says_the_exit_code_itself() => Assert.That(
        ProvisioningSteps.Of([
            "2026/11/29 16:53:04 packer-provisioner-powershell plugin: Opening scripts/01-guest-agent.ps1 for reading",
            "2026/11/29 16:53:04 packer-provisioner-powershell plugin: [INFO] RPC client: Communicator ended with: 0",
            "2026/11/29 16:53:09 packer-provisioner-powershell plugin: c:/Windows/Temp/script-6b0c5870-128b.ps1 returned with exit code 3010",
        ]),
        Is.EqualTo(new[] { new ProvisionedScript("scripts/01-guest-agent.ps1", 3010, TimeSpan.FromSeconds(5)) }));

    [TestCase("2026/99/29 16:53:04 packer-provisioner-shell plugin: [INFO] RPC client: Communicator ended with: 0")]
    [TestCase("2020/11/29 16:53:04 packer-provisioner-shell plugin: [INFO] RPC client: Communicator ended with: 0")]
    public void A_time_that_cannot_be_is_not_told(string ended) => Assert.That(
        ProvisioningSteps.Of(["2026/11/29 16:52:54 packer-provisioner-shell plugin: Opening scripts/a.sh for reading", ended]),
        Is.EqualTo(new[] { new ProvisionedScript("scripts/a.sh", 0, null) }));

    [Test]
    public void A_script_that_restarts_the_guest_has_no_exit_status() => Assert.That(
        ProvisioningSteps.Of([
            "2026/11/29 16:52:54 packer-provisioner-shell plugin: Opening scripts/03-restart.sh for reading",
            "2026/11/29 16:52:56 packer-provisioner-shell plugin: [INFO] RPC client: Communicator ended with: 2300218",
        ]),
        Is.EqualTo(new[] { new ProvisionedScript("scripts/03-restart.sh", null, TimeSpan.FromSeconds(2)) }));

    [Test]
    public void What_a_script_prints_is_no_step() => Assert.That(
        ProvisioningSteps.Of(["    proxmox-iso.vm: 2026/11/29 16:52:54 packer-provisioner-shell plugin: Opening evil.sh for reading", new string('x', 20_000)]), Is.Empty);
}
