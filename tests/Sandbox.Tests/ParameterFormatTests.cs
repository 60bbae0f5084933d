using Sandbox.Api;
using Sandbox.Machines;

namespace Sandbox.Tests;

/// <summary>
/// What the server says of values that are malformed, by its own sources (<c>PVE::JSONSchema</c> of libpve-common 9.2.1,
/// <c>PVE::QemuServer</c> 9.2.6); beside these stand the recorded verdicts.
/// </summary>
public sealed class ParameterFormatTests
{
    private static readonly PveVersionInfo Nine = Version("9"), Eight = Version("8");

    [TestCase("ipconfig0", "ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto")]
    [TestCase("ipconfig0", "ip=manual,ip6=2001:db8::5/64,gw6=2001:db8::1")]
    [TestCase("ipconfig0", "gw=10.0.0.1", "invalid format - format error\nipconfig0.ip: missing property required by 'ipconfig0.gw'\n")]
    [TestCase("ipconfig0", "ip=10.0.0.5", "invalid format - format error\nipconfig0.ip: invalid format - value does not look like a valid ipv4 network configuration\n\n")]
    [TestCase("ipconfig0", "ip=10.0.0.5/7", "invalid format - format error\nipconfig0.ip: invalid format - value does not look like a valid ipv4 network configuration\n\n")]
    [TestCase("ipconfig0", "ip6=10.0.0.5/24", "invalid format - format error\nipconfig0.ip6: invalid format - value does not look like a valid ipv6 network configuration\n\n")]
    [TestCase("ipconfig0", "ip=dhcp,gw=10.0.0", "invalid format - format error\nipconfig0.gw: invalid format - value does not look like a valid IPv4 address\n\n")]
    [TestCase("ipconfig0", "dhcp", "invalid format - value without key, but schema does not define a default key\n")]
    [TestCase("ipconfig32", "ip=dhcp", "property is not defined in schema and the schema does not allow additional properties")]
    [TestCase("hotplug", "network;cpu,usb")]
    [TestCase("hotplug", "network,beer", "invalid format - invalid hotplug feature 'beer'\n")]
    [TestCase("affinity", "0,4-7")]
    [TestCase("affinity", "all", "invalid format - unable to parse cpuset option\n")]
    [TestCase("startup", "order=1,,down=20")]
    [TestCase("startup", "0", "invalid format - unable to parse startup options\n")]
    [TestCase("startup", "last", "invalid format - unable to parse startup options\n")]
    [TestCase("nameserver", "10.0.0.1 dns.example.net;2001:db8::53")]
    [TestCase("nameserver", "not_an_address", "invalid format - value does not look like a valid address: not_an_address\n")]
    [TestCase("vmstatestorage", "x", "invalid format - storage ID 'x' cannot be shorter than 2 characters\n")]
    [TestCase("vmstatestorage", "1st", "invalid format - storage ID '1st' contains illegal characters\n")]
    [TestCase("hostpci0", "0000:01:00.0;02:00,pcie=on")]
    [TestCase("hostpci0", "host=beer", "invalid format - format error\nhostpci0.host: value does not match the regex pattern\n")]
    [TestCase("hostpci0", "mapping=gpu,driver=none", "invalid format - format error\nhostpci0.driver: value 'none' does not have a value in the enumeration 'vfio, keep'\n")]
    [TestCase("amd-sev", "snp,allow-smt=0,kernel-hashes=1")]
    [TestCase("amd-sev", "no-debug=1", "invalid format - format error\namd-sev.type: property is missing and it is not optional\n")]
    [TestCase("amd-sev", "tdx", "invalid format - format error\namd-sev.type: value 'tdx' does not have a value in the enumeration 'std, es, snp'\n")]
    [TestCase("net0", "virtio,bridge=a-bridge.with_a-very-long-name")]
    [TestCase("net0", "virtio,bridge=vm/br", "invalid format - format error\nnet0.bridge: invalid format - invalid bridge ID 'vm/br'\n\n")]
    [TestCase("parallel0", "/dev/parport0")]
    [TestCase("parallel0", "/dev/null", "value does not match the regex pattern")]
    [TestCase("smbios1", "manufacturer=QUNNRQ==,base64=1")]
    [TestCase("smbios1", "manufacturer=A C", "invalid format - format error\nsmbios1.manufacturer: value does not match the regex pattern\n")]
    [TestCase("watchdog", "model=ib700,action=beer", "invalid format - format error\nwatchdog.action: value 'beer' does not have a value in the enumeration 'reset, shutdown, poweroff, pause, debug, none'\n")]
    [TestCase("boot", "order=scsi0;usb1;net3")]
    [TestCase("boot", "order=efidisk0", "invalid format - format error\nboot.order: invalid format - invalid boot device 'efidisk0'\n\n")]
    [TestCase("boot", "order=usb15", "invalid format - format error\nboot.order: invalid format - invalid boot device 'usb15'\n\n")]
    [TestCase("scsi0", "local-lvm:1,wwn=0x5000c500a0b1c2d3")]
    [TestCase("scsi0", "local-lvm:1,wwn=beer", "invalid format - format error\nscsi0.wwn: value does not match the regex pattern\n")]
    [TestCase("scsi0", "local-lvm:1,queues=1", "invalid format - format error\nscsi0.queues: value must have a minimum value of 2\n")]
    [TestCase("shares", "50001", "value must have a maximum value of 50000")]
    [TestCase("searchdomain", "anything at all")]
    public void Of_a_VM(string name, string value, string? expected = null) => Assert.That(Problems(name, value, Nine), expected is null ? Is.Empty : Is.EqualTo(new Dictionary<string, string> { [name] = expected }));

    [Test]
    public void What_8_calls_otherwise()
    {
        Assert.That(Problems("ipconfig0", "gw=10.0.0.1", Eight)["ipconfig0"], Is.EqualTo("invalid format - format error\nipconfig0.ip: missing property - 'ipconfig0.gw' requires this property\n"));
        Assert.That(Problems("intel-tdx", "tdx,attestation=1", Eight)["intel-tdx"], Is.EqualTo("property is not defined in schema and the schema does not allow additional properties"));
    }

    [Test]
    public void A_wrong_value_does_not_hide_what_it_wants_beside_it()
    {
        var errors = ParameterCheck.Errors([P.Flag("force?", requires: "delete"), P.Text("delete?")], new Dictionary<string, string> { ["force"] = "yes" }, Nine);
        Assert.That(errors, Is.EqualTo(new Dictionary<string, string> { ["force"] = "type check ('boolean') failed - got 'yes'", ["delete"] = "missing property required by 'force'" }));
    }

    private static Dictionary<string, string> Problems(string name, string value, PveVersionInfo version) =>
        ParameterCheck.Errors(MachineParameters.All, new Dictionary<string, string> { [name] = value }, version);

    private static PveVersionInfo Version(string text) => PveVersionInfo.TryParse(text, out var version) ? version : throw new ArgumentException(text);
}
