using Sandbox.Api;

namespace Sandbox.Machines;

/// <summary>The property strings of what is passed through from the host, as far as who may set them depends on it.</summary>
internal static class DeviceFormats
{
    private const string UsbHost =
        @"(?^:(?:(?:(?^:(0x)?([0-9A-Fa-f]{4}):(0x)?([0-9A-Fa-f]{4})))|(?:(?^:(\d+)\-(\d+(\.\d+)*)))|[Ss][Pp][Ii][Cc][Ee]))";

    public static PropertyFormat Usb { get; } =
        new("host", P.Text("host?", pattern: UsbHost), P.Text("mapping?", "pve-configid"), P.Flag("usb3?"));

    public static PropertyFormat SharedFolder { get; } = new(
        "dirid",
        P.OneOf("cache?", "auto", "always", "metadata", "never"), P.Flag("direct-io?"), P.Text("dirid", "pve-configid"), P.Flag("expose-acl?"), P.Flag("expose-xattr?"));
}
