using Qemu.Disks;

namespace Qemu.Tests;

internal sealed class CloudInitDriveTests
{
    private static Dictionary<string, string> Config(params string[] lines) => lines.Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1]);

    [Test]
    public void A_clone_is_told_what_the_server_tells_it()
    {
        var drive = CloudInitDrive.Of(
            101, Config("name: web", "ciuser: smoketest", "sshkeys: ssh-ed25519%20AAAA%20me%0A", "ipconfig0: ip=dhcp", "net0: virtio=BC:24:11:AA:BB:CC,bridge=vmbr0", "ciupgrade: 0"), null, "192.0.2.3");
        Assert.Multiple(() =>
        {
            Assert.That(drive.Label, Is.EqualTo("cidata"));
            Assert.That(drive.Files["user-data"], Is.EqualTo(
                "#cloud-config\nhostname: web\nmanage_etc_hosts: true\nfqdn: web\nuser: smoketest\nssh_authorized_keys:\n  - ssh-ed25519 AAAA me\nchpasswd:\n  expire: False\nusers:\n  - default\n"));
            Assert.That(drive.Files["network-config"], Is.EqualTo(
                "version: 1\nconfig:\n    - type: physical\n      name: eth0\n      mac_address: 'bc:24:11:aa:bb:cc'\n      subnets:\n      - type: dhcp4\n    - type: nameserver\n      address:\n      - '192.0.2.3'\n"));
            Assert.That(drive.Files["meta-data"], Does.Match(@"\Ainstance-id: [0-9a-f]{40}\n\z"));
        });
    }

    [Test]
    public void A_fixed_address_has_its_mask_and_gateway()
    {
        var network = CloudInitDrive.Of(1, Config("net0: virtio=BC:24:11:AA:BB:CC", "ipconfig0: ip=10.0.0.5/20,gw=10.0.0.1,ip6=auto"), null).Files["network-config"];
        Assert.That(network, Does.Contain("      - type: static\n        address: '10.0.0.5'\n        netmask: '255.255.240.0'\n        gateway: '10.0.0.1'\n      - type: ipv6_slaac\n"));
    }

    [Test]
    public void Packages_are_upgraded_unless_that_is_switched_off() => Assert.That(CloudInitDrive.Of(1, Config("name: a"), null).Files["user-data"], Does.EndWith("package_upgrade: true\n"));

    [Test]
    public void Windows_gets_a_config_drive()
    {
        var drive = CloudInitDrive.Of(1, Config("ostype: win11", "ciuser: Admin", "net0: virtio=BC:24:11:AA:BB:CC", "ipconfig0: ip=10.0.0.5/24,gw=10.0.0.1", "nameserver: 10.0.0.2", "sshkeys: a%0Ab"), "secret");
        Assert.Multiple(() =>
        {
            Assert.That(drive.Label, Is.EqualTo("config-2"));
            Assert.That(drive.Files["openstack/content/0000"], Is.EqualTo("auto eth0\niface eth0 inet static\n        address 10.0.0.5\n        netmask 255.255.255.0\n        gateway 10.0.0.1\n        dns-nameservers 10.0.0.2\n"));
            Assert.That(drive.Files["openstack/latest/meta_data.json"], Does.Contain("\"admin_pass\":\"secret\"").And.Contain("\"key-1\":\"b\""));
        });
    }
}
