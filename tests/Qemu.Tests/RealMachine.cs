namespace Qemu.Tests;

/// <summary>What tests of the category RealMachine need.</summary>
internal static class RealMachine
{
    /// <summary>Skips the test where QEMU is not installed; the target Test installs it where it can.</summary>
    public static void Require()
    {
        if (!QemuTools.ArePresent)
        {
            Assert.Ignore("QEMU, OVMF and swtpm are not installed here and could not be.");
        }
    }
}
