using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Templates.Tests;

/// <summary>The address on Ubuntu's boot line, read by the program that reads it there: klibc's <c>ipconfig</c>, which names no device either.</summary>
public sealed class BootAddressTests
{
    private const string IpConfig = "/usr/lib/klibc/bin/ipconfig";

    // In namespaces of its own: what it mounts and which cards it makes nobody else sees.
    private const string Script = """
        set -e
        mount -t sysfs none /sys
        mount -t tmpfs none /run
        ip link add ens18 type veth peer name other
        ip link set other up
        exec "$1" -t 20 -d "$2" >&2
        """;

    [Test]
    [Platform("Linux")]
    public void What_is_typed_for_Ubuntu_gives_the_card_its_address_gateway_and_name_servers()
    {
        Assume.That(File.Exists(IpConfig), "klibc-utils is not installed: what reads an address on Ubuntu's boot line is not there");
        Assume.That(Unshared("ip link add ens18 type veth peer name other").Code, Is.Zero, "cards of its own need root and a kernel that makes them");
        var typed = new NetworkSettings { Address = "192.0.2.50/24", Gateway = "192.0.2.1", Dns = ["192.0.2.53", "192.0.2.54"] }.BootArguments("autoinstall", "ubuntu-24-04");

        // Its value as initramfs-tools hands it on (scripts/functions, configure_networking).
        var (code, told) = Unshared($"({Script}) && cat /run/net-ens18.conf", IpConfig, typed["ip=".Length..]);
        Assert.That(code, Is.Zero, told);
        var set = Regex.Matches(told, "^([A-Z0-9]+)='(.*)'", RegexOptions.Multiline).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        Assert.That(
            (set["IPV4ADDR"], set["IPV4NETMASK"], set["IPV4GATEWAY"], set["IPV4DNS0"], set["IPV4DNS1"], set["HOSTNAME"], set["PROTO"]),
            Is.EqualTo(("192.0.2.50", "255.255.255.0", "192.0.2.1", "192.0.2.53", "192.0.2.54", "ubuntu-24-04", "none")), told);
    }

    private static (int Code, string Told) Unshared(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("unshare", ["--net", "--mount", "sh", "-c", script, "sh", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var told = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, told);
    }
}
