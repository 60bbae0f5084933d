using Packer.Running;

namespace Packer.Tests.Running;

/// <summary>What is told of Packer's reasons: the script that failed, and not eight hundred characters of parameters.</summary>
public sealed class PackerReasonTests
{
    private static string? Of(params string[] lines)
    {
        var ui = new PackerUi();
        lines.ToList().ForEach(ui.Take);
        return ui.Reason;
    }

    [Test]
    public void A_script_that_fails_is_named_with_its_last_lines() => Assert.That(
        Of(
            "==> proxmox-iso.vm: Provisioning with shell script: scripts/02-update.sh",
            "    proxmox-iso.vm: all is well",
            "==> proxmox-iso.vm: Provisioning with shell script: scripts/04-guest-agent.sh",
            "    proxmox-iso.vm: one",
            "    proxmox-iso.vm: two",
            "    proxmox-iso.vm: three",
            "==> proxmox-iso.vm: Unit qemu-guest-agent.service not found.",
            "==> proxmox-iso.vm: Script exited with non-zero exit status: 5. Allowed exit codes are: [0]",
            "==> proxmox-iso.vm: Step \"StepProvision\" failed, aborting...",
            "==> proxmox-iso.vm: aborted: skipping cleanup of step \"StepConnect\"",
            "==> proxmox-iso.vm: aborted: skipping cleanup of step \"stepStartVM\"",
            "Build 'proxmox-iso.vm' errored after 3 seconds: Script exited with non-zero exit status: 5. Allowed exit codes are: [0]"),
        Is.EqualTo("Script exited with non-zero exit status: 5. Allowed exit codes are: [0] (scripts/04-guest-agent.sh, whose last lines are: two / three / Unit qemu-guest-agent.service not found.)"));

    [TestCase("==> proxmox-iso.vm: aborted: skipping cleanup of step \"StepConnect\"", null)]
    [TestCase("==> proxmox-iso.vm: Step \"StepConnect\" failed, aborting...", null)]
    [TestCase("==> proxmox-iso.vm: Typing the boot command", "Typing the boot command")]
    public void What_Packer_does_not_undo_is_no_step(string line, string? step) => Assert.That(PackerUi.StepOf(line), Is.EqualTo(step));

    [Test]
    public void A_script_that_says_nothing_is_named_as_well() => Assert.That(
        Of("==> proxmox-iso.vm: Provisioning with powershell script: scripts/05-sysprep.ps1", "Build 'proxmox-iso.vm' errored: Script exited with non-zero exit status: 1."),
        Is.EqualTo("Script exited with non-zero exit status: 1. (scripts/05-sysprep.ps1, which said nothing)"));

    [Test]
    public void Another_failure_does_not_name_the_last_script() => Assert.That(
        Of("==> proxmox-iso.vm: Provisioning with shell script: scripts/05.sh", "Build 'proxmox-iso.vm' errored: Error converting VM to template"),
        Is.EqualTo("Error converting VM to template"));

    [TestCase("error creating VM: 500 out of space, error status: x (params: map[agent:1 boot: cores:2 net0:virtio=AA,bridge=vmbr0 tags:[a b]])", "error creating VM: 500 out of space, error status: x")]
    [TestCase("a (params: map[b:c]), and more", "a, and more")]
    [TestCase("nothing of the kind", "nothing of the kind")]
    public void Parameters_are_cut(string line, string told) => Assert.That(Of("Build 'proxmox-iso.vm' errored: " + line), Is.EqualTo(told));

    [Test]
    public void Parameters_over_several_lines_are_cut() => Assert.That(
        Of(
            "Build 'proxmox-iso.vm' errored: error updating VM: 403 refused (params: map[delete:ide2 description:Rocky Linux 9, built by Packer",
            "",
            "packer-build-records: purpose=build template=rocky-9 name:rocky-9]) again",
            "the end"),
        Is.EqualTo("error updating VM: 403 refused again the end"));
}
