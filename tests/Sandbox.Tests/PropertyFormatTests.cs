using CsCheck;
using Sandbox.Api;
using Sandbox.Machines;
using Sandbox.Storage;

namespace Sandbox.Tests;

public sealed class PropertyFormatTests
{
    [TestCase("local-lvm:10,format=raw", "local-lvm:10,format=raw")]
    [TestCase("media=disk,size=10G,file=local-lvm:vm-1-disk-0", "local-lvm:vm-1-disk-0,media=disk,size=10G")]
    [TestCase("volume=local-lvm:x,ssd=yes,iothread=off", "local-lvm:x,iothread=0,ssd=1")]
    public void A_drive_is_printed_with_its_file_first(string text, string expected) =>
        Assert.That(DriveFormats.Scsi.Parse(text).ToString(), Is.EqualTo(expected));

    [TestCase("virtio=BC:24:11:00:00:01,bridge=vmbr0", "virtio=BC:24:11:00:00:01,bridge=vmbr0")]
    [TestCase("model=e1000,macaddr=BC:24:11:00:00:01", "e1000=BC:24:11:00:00:01")]
    [TestCase("virtio,bridge=vmbr0,firewall=1", "virtio,bridge=vmbr0,firewall=1")]
    public void A_card_is_printed_with_its_model_and_address_first(string text, string expected) =>
        Assert.That(DriveFormats.Net.Parse(text).ToString(), Is.EqualTo(expected));

    [TestCase("bridge=vmbr0")]
    [TestCase("virtio,virtio")]
    [TestCase("virtio,tag=5000")]
    [TestCase("virtio=01:00:00:00:00:00")]
    [TestCase("virtio,nonsense=1")]
    public void A_card_that_is_none_is_refused(string text) =>
        Assert.That(() => DriveFormats.Net.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public void What_is_printed_reads_back_the_same() =>
        Gen.Select(Gen.Int[0, 30], Gen.Bool, Gen.Bool, Gen.Long[1, 1L << 40]).Sample((disk, thread, ssd, size) =>
        {
            var text = $"local-lvm:vm-100-disk-{disk},iothread={(thread ? "on" : "no")},size={DiskSize.Print(size)},ssd={(ssd ? "true" : "0")}";
            var printed = DriveFormats.Scsi.Parse(text).ToString();
            return DriveFormats.Scsi.Parse(printed).ToString() == printed;
        });

    [Test]
    public void A_size_reads_back_the_same() => Gen.Long[1, 1L << 50].Sample(size => DiskSize.Parse(DiskSize.Print(size)) == size);

    [Test]
    public void No_text_makes_a_check_crash() =>
        Gen.Select(Gen.Int[0, MachineParameters.All.Count - 1], Gen.String).Sample((i, text) =>
        {
            ValueCheck.Problem(MachineParameters.All[i], text, MachineParameters.All[i].Name);
        });
}
