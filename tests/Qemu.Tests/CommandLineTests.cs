using System.Net;
using CsCheck;
using Qemu.Arguments;

namespace Qemu.Tests;

/// <summary>From a VM's configuration to QEMU's arguments; what is expected is what qemu-server makes of the same lines.</summary>
internal sealed class CommandLineTests
{
    private static readonly OvmfFiles Ovmf = new("/fw/CODE.fd", "/fw/SECURE.fd", "/fw/VARS.fd", "/fw/KEYS.fd");

    private static string Of(string config, string accelerator = "kvm", params string[] boot) => string.Join('\n', Arguments(config, accelerator, boot));

    private static IReadOnlyList<string> Arguments(string config, string accelerator, string[] boot) => CommandLine.Of(
        new QemuMachine
        {
            Id = 100,
            Config = config.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1]),
            BootOrder = boot,
            FileOf = v => v is "none" ? null : new DiskFile("/disks/" + v.Split(':')[1], v.Contains("iso/", StringComparison.Ordinal) ? "raw" : "qcow2"),
            Address = IPAddress.Parse("192.0.2.10"),
        },
        new Host("/run/vm", new Accelerator(accelerator), Ovmf));

    [TestCase(false, "tcg,thread=multi")]
    [TestCase(true, "tcg,thread=single")]
    public void Emulated_processors_share_a_thread_where_QEMU_needs_that(bool oneThread, string expected)
    {
        var machine = new QemuMachine { Id = 100, Config = new Dictionary<string, string>(), FileOf = _ => null };
        var arguments = CommandLine.Of(machine, new Host("/run/vm", Accelerator.Emulation with { OneThread = oneThread }, Ovmf));
        Assert.That(arguments, Does.Contain(expected));
    }

    [TestCase("", "-smp\n1,sockets=1,cores=1,maxcpus=1")]
    [TestCase("sockets: 2\ncores: 3", "-smp\n6,sockets=2,cores=3,maxcpus=6")]
    [TestCase("", "-cpu\nkvm64,enforce,+lahf_lm,+sep,+kvm_pv_eoi,+kvm_pv_unhalt")]
    [TestCase("cpu: host,flags=+md-clear;-pcid", "-cpu\nhost,enforce,+md-clear,-pcid,+kvm_pv_eoi,+kvm_pv_unhalt")]
    [TestCase("cpu: x86-64-v2", "-cpu\nqemu64,enforce,+popcnt,+pni,+sse4.1,+sse4.2,+ssse3,+kvm_pv_eoi,+kvm_pv_unhalt")]
    [TestCase("", "-m\n512")]
    [TestCase("memory: 2048", "-m\n2048")]
    [TestCase("", "virtio-balloon-pci,id=balloon0,bus=pci.0,addr=0x3,free-page-reporting=on")]
    [TestCase("", "-machine\npc,hpet=off")]
    [TestCase("machine: pc-i440fx-9.2+pve1", "-machine\npc,hpet=off")]
    [TestCase("machine: q35", "-machine\nq35,hpet=off")]
    [TestCase("machine: q35", "i82801b11-bridge,id=pcidmi,bus=pcie.0,addr=0x1e")]
    [TestCase("acpi: 0", "-machine\npc,hpet=off,acpi=off")]
    [TestCase("name: web1", "-name\nguest=web1")]
    [TestCase("localtime: 1", "-rtc\nbase=localtime")]
    [TestCase("", "-device\nusb-tablet,id=tablet,bus=uhci.0,port=1")]
    [TestCase("smbios1: uuid=7b10d7af-b932-4c66-b2c3-3996152ec465", "-smbios\ntype=1,uuid=7b10d7af-b932-4c66-b2c3-3996152ec465")]
    [TestCase("smbios1: base64=1,product=YSxiPWM=", "-smbios\ntype=1,product=a,,b=c")]
    [TestCase("vmgenid: c773c261-d800-4348-9f5d-167fadd53cf8", "vmgenid,guid=c773c261-d800-4348-9f5d-167fadd53cf8")]
    [TestCase("", "-device\nVGA,id=vga,bus=pci.0,addr=0x2")]
    [TestCase("machine: q35", "-device\nVGA,id=vga,bus=pcie.0,addr=0x1")]
    [TestCase("vga: virtio", "virtio-vga,id=vga,bus=pci.0,addr=0x2")]
    [TestCase("vga: std,memory=32", "VGA,id=vga,bus=pci.0,addr=0x2,vgamem_mb=32")]
    [TestCase("", "-vnc\nunix:/run/vm/vnc,password=on")]
    [TestCase("agent: 1", "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0")]
    [TestCase("agent: enabled=1", "-device\nvirtio-serial,id=qga0,bus=pci.0,addr=0x8")]
    [TestCase("agent: 1,type=isa", "-device\nisa-serial,chardev=qga0")]
    [TestCase("serial0: socket", "-device\nisa-serial,chardev=serial0,index=0")]
    [TestCase("rng0: source=/dev/urandom", "virtio-rng-pci,rng=rng0,max-bytes=1024,period=1000,bus=pci.1,addr=0x1d")]
    [TestCase("net0: virtio=BC:24:11:00:00:01,bridge=vmbr0", "virtio-net-pci,mac=BC:24:11:00:00:01,netdev=net0,bus=pci.0,addr=0x12,id=net0")]
    [TestCase("net0: model=e1000,macaddr=BC:24:11:00:00:01,bridge=vmbr0", "e1000,mac=BC:24:11:00:00:01,netdev=net0,bus=pci.0,addr=0x12,id=net0")]
    [TestCase("net0: virtio=BC:24:11:00:00:01,bridge=vmbr0", "user,id=net0,net=192.0.2.0/24,host=192.0.2.2,dns=192.0.2.3,dhcpstart=192.0.2.10,ipv6=off,restrict=off,hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:0-:5986")]
    [TestCase("net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,link_down=1", "user,id=net0,net=198.51.100.0/24,restrict=on,ipv6=off")]
    [TestCase("net7: virtio=BC:24:11:00:00:01", "bus=pci.1,addr=0x2,id=net7")]
    [TestCase("ide2: none,media=cdrom", "-device\nide-cd,bus=ide.1,unit=0,id=ide2")]
    [TestCase("machine: q35\nide3: none,media=cdrom", "-device\nide-cd,bus=ide.3,unit=0,id=ide3")]
    [TestCase("sata1: local:101/vm-101-disk-0.qcow2,ssd=1", "ide-hd,bus=ahci0.1,drive=drive-sata1,id=sata1,write-cache=on,rotation_rate=1")]
    [TestCase("scsihw: virtio-scsi-pci\nscsi0: local-lvm:vm-1-disk-0", "scsi-hd,bus=scsihw0.0,channel=0,scsi-id=0,lun=0,drive=drive-scsi0,id=scsi0,write-cache=on")]
    [TestCase("scsihw: virtio-scsi-single\nscsi1: local-lvm:vm-1-disk-0,iothread=1", "virtio-scsi-pci,id=virtioscsi1,bus=pci.3,addr=0x2,iothread=iothread-scsi1")]
    [TestCase("scsi8: local-lvm:vm-1-disk-0", "scsi-hd,bus=scsihw1.0,scsi-id=1,drive=drive-scsi8,id=scsi8,write-cache=on")]
    [TestCase("virtio0: local-lvm:vm-1-disk-0,cache=writethrough,iothread=1", "virtio-blk-pci,bus=pci.0,addr=0xa,iothread=iothread-virtio0,drive=drive-virtio0,id=virtio0,write-cache=off")]
    [TestCase("tpmstate0: local-lvm:vm-1-disk-0,version=v2.0", "-device\ntpm-tis,tpmdev=tpmdev")]
    public void A_key_becomes_what_the_server_makes_of_it(string config, string expected) => Assert.That(Of(config), Does.Contain(expected));

    [TestCase("scsi0: local-lvm:vm-1-disk-0,discard=on", "\"driver\":\"qcow2\"", "\"discard\":\"unmap\"", "\"filename\":\"/disks/vm-1-disk-0\"")]
    [TestCase("ide2: local:iso/a.iso,media=cdrom", "\"driver\":\"raw\"", "\"read-only\":true", "\"node-name\":\"drive-ide2\"")]
    public void The_format_of_a_drive_is_always_said(string config, params string[] expected) => expected.ToList().ForEach(e => Assert.That(Of(config), Does.Contain(e)));

    [Test]
    public void Uefi_has_its_firmware_and_the_VMs_own_variables()
    {
        Assert.That(Of("bios: ovmf\nefidisk0: local-lvm:vm-1-disk-1,efitype=4m"), Does.Contain("/fw/CODE.fd").And.Contain("/disks/vm-1-disk-1").And.Contain("pc,hpet=off,pflash0=pflash0,pflash1=pflash1"));
        Assert.That(Of("bios: ovmf\nmachine: q35\nefidisk0: local-lvm:vm-1-disk-1,efitype=4m,pre-enrolled-keys=1"), Does.Contain("/fw/SECURE.fd").And.Contain("smm=on"));
    }

    [Test]
    public void The_firmware_tries_devices_in_the_configured_order()
    {
        var text = Of("scsi0: local-lvm:vm-1-disk-0\nide2: local:iso/a.iso,media=cdrom\nnet0: virtio=BC:24:11:00:00:01", "kvm", "scsi0", "ide2", "net0");
        Assert.That(text, Does.Contain("id=scsi0,bootindex=100").And.Contain("id=ide2,bootindex=101").And.Contain("id=net0,bootindex=102"));
    }

    [Test]
    public void An_emulated_processor_is_not_enforced_and_does_both_that_Linux_uses_as_one()
    {
        Assert.That(Of("cpu: x86-64-v2-AES", "tcg"), Does.Contain("-cpu\nqemu64,+aes,+popcnt,+pni,+sse4.1,+sse4.2,+ssse3,+pclmulqdq\n").And.Not.Contain("enforce"));
        Assert.That(Of("cpu: host", "tcg"), Does.Contain("-cpu\nmax\n"));
    }

    [TestCase("hostpci0: 0000:01:00.0", "hostpci0")]
    [TestCase("args: -device evil", "args")]
    [TestCase("usb0: spice", "usb0")]
    [TestCase("hookscript: local:snippets/a.sh", "hookscript")]
    [TestCase("numa: 1", "numa")]
    [TestCase("cicustom: user=local:snippets/u", "cicustom")]
    [TestCase("serial0: /dev/ttyS0", "serial0")]
    [TestCase("rng0: source=/dev/hwrng", "rng0")]
    [TestCase("machine: q35,viommu=intel", "viommu")]
    [TestCase("cpu: custom-mine", "custom-mine")]
    public void What_is_not_done_here_is_refused_by_name(string config, string named) =>
        Assert.That(() => Of(config), Throws.TypeOf<QemuException>().With.Message.Contains(named));

    [Test]
    public void No_value_adds_an_option_of_its_own() =>
        Gen.String[Gen.Char["abcXYZ09,= \"'-"], 1, 30].Sample(name =>
        {
            var arguments = Arguments("name: " + name, "kvm", []);
            var value = arguments[arguments.ToList().IndexOf("-name") + 1];
            // Read as QEMU reads it: a single comma ends the value, a doubled one is a comma in it.
            return value.StartsWith("guest=", StringComparison.Ordinal) && value["guest=".Length..].Replace(",,", "", StringComparison.Ordinal).Contains(',', StringComparison.Ordinal) == false
                && value["guest=".Length..].Replace(",,", ",", StringComparison.Ordinal) == name;
        });
}
