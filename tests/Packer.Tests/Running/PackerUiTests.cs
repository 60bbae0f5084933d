using Packer.Running;

namespace Packer.Tests.Running;

public sealed class PackerUiTests
{
    [TestCase("==> proxmox-iso.vm: Creating VM", "Creating VM")]
    [TestCase("==> proxmox-iso.vm: Waiting for SSH to become available...", "Waiting for SSH to become available")]
    [TestCase("    proxmox-iso.vm: from a script", null)]
    [TestCase("==> Wait completed after 3 seconds", null)]
    public void A_step_is_what_packer_announces(string line, string? step) => Assert.That(PackerUi.StepOf(line), Is.EqualTo(step));

    [Test]
    public void The_reason_is_the_errored_build_with_its_further_lines()
    {
        var ui = new PackerUi();
        foreach (var line in (string[])["==> a.b: Creating VM", "Build 'a.b' errored after 2 seconds 3 milliseconds: Error creating VM:", "storage is full", "", "==> Wait completed after 2 seconds"])
        {
            ui.Take(line);
        }

        Assert.That(ui.Reason, Is.EqualTo("Error creating VM: storage is full"));
    }

    [Test]
    public void Findings_of_both_generations_have_file_and_line()
    {
        const string Text = """
            Error: Unsupported argument

              on source.pkr.hcl line 6:
              (source code not available)

            An argument named "foo" is not expected here.

            Error: Missing item

              on a.pkr.hcl line 7, in source "null" "x":
               7:   bar = [

            Expected an item.
            """;
        var findings = PackerFinding.Read(Text);
        Assert.That(findings.Select(f => f.ToString()), Is.EqualTo((string[])
        [
            "source.pkr.hcl:6: Unsupported argument: An argument named \"foo\" is not expected here.",
            "a.pkr.hcl:7: Missing item: Expected an item.",
        ]));
    }
}
