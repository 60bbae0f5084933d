using System.Text.Json.Nodes;

namespace Qemu.Arguments;

/// <summary>Where OVMF, the firmware for UEFI, has its files.</summary>
/// <param name="Code">The firmware.</param>
/// <param name="SecureCode">The firmware that checks signatures; needs a q35 board.</param>
/// <param name="Variables">Empty variables.</param>
/// <param name="KeyVariables">Variables with Microsoft's and the distributions' keys.</param>
public sealed record OvmfFiles(string Code, string SecureCode, string Variables, string KeyVariables);

/// <summary>The firmware and the TPM.</summary>
internal static class FirmwareFiles
{
    public static readonly string[] Keys = ["bios", "efidisk0", "tpmstate0"];

    public static bool IsUsed(Writer to) => to["bios"] == "ovmf";

    /// <summary>Whether the firmware checks signatures: where the disk of its variables has keys, and the board can protect them.</summary>
    public static bool IsSecure(Writer to) => IsUsed(to) && to.IsQ35 && to["efidisk0"] is { } disk && PropertyList.Parse(disk, "file").IsOn("pre-enrolled-keys");

    public static void Write(Writer to)
    {
        if (IsUsed(to))
        {
            var files = to.Host.Firmware ?? throw new QemuException("OVMF, the firmware for 'bios: ovmf', is not installed (Debian, Ubuntu: apt-get install ovmf)");
            to.Add("-blockdev", Node("pflash0", IsSecure(to) ? files.SecureCode : files.Code, "raw", readOnly: true));
            to.Add("-blockdev", to["efidisk0"] is { } disk && to.Machine.FileOf(PropertyList.Parse(disk, "file")["file"]!) is { } variables
                ? Node("pflash1", variables.Path, variables.Format, readOnly: false)
                : throw new QemuException("'bios: ovmf' needs an 'efidisk0' here"));
            if (IsSecure(to))
            {
                to.Add("-global", "driver=cfi.pflash01,property=secure,value=on");
            }
        }

        if (to["tpmstate0"] is not null)
        {
            to.Add("-chardev", new OptionText("socket").Add("id", "tpmchar").Add("path", to.Host.Socket("tpm")));
            to.Add("-tpmdev", "emulator,id=tpmdev,chardev=tpmchar");
            to.Add("-device", "tpm-tis,tpmdev=tpmdev");
        }
    }

    private static string Node(string name, string file, string format, bool readOnly) => new JsonObject
    {
        ["driver"] = format, ["node-name"] = name, ["read-only"] = readOnly, ["file"] = new JsonObject { ["driver"] = "file", ["filename"] = file },
    }.ToJsonString();
}
