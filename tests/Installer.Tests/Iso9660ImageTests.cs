using CsCheck;
using Installer.Media;

namespace Installer.Tests;

public sealed class Iso9660ImageTests
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["user-data"] = "#cloud-config\n",
        ["Autounattend.xml"] = "<unattend/>",
        ["scripts/a-rather-long-name.of-a-script.ps1"] = new string('x', 5000),
        [".treeinfo"] = "[general]\nfamily = Rocky Linux\nversion = 9.6\n",
    };

    [TestCase("-R", TestName = "Rock Ridge")]
    [TestCase("-J", TestName = "Joliet")]
    [TestCase("-J -R", TestName = "both")]
    public void Label_names_and_contents_are_read(string options)
    {
        using var media = new TestMedia();
        var image = Iso9660Image.TryOpen(media.Iso("cidata", Files, options.Split(' ')))!;
        Assert.That(image.Label, Is.EqualTo("cidata").IgnoreCase);
        Assert.That(image.Files, Is.EquivalentTo(Files.Keys));
        foreach (var (name, text) in Files)
        {
            Assert.That(image.ReadText(name, 10_000), Is.EqualTo(text));
        }

        Assert.That(image.Find("AUTOUNATTEND.XML"), Is.EqualTo("Autounattend.xml"));
        Assert.That(image.ReadText("user-data", 3), Is.Null, "longer than asked for");
    }

    [Test]
    public void The_label_is_told_of_an_image_alone()
    {
        using var media = new TestMedia();
        Assert.That(MediumLabel.Of(media.Iso("cidata", Files, "-R")), Is.EqualTo("cidata").IgnoreCase);
        Assert.That(MediumLabel.Of(media.Raw("zero.iso", new byte[100_000])), Is.Null);
    }

    [Test]
    public void What_is_no_image_is_none()
    {
        using var media = new TestMedia();
        Assert.That(Iso9660Image.TryOpen(media.Raw("empty.iso", [])), Is.Null);
        Assert.That(Iso9660Image.TryOpen(media.Raw("zero.iso", new byte[100_000])), Is.Null);
        Assert.That(Iso9660Image.TryOpen(media.Raw("x.iso", []) + ".missing"), Is.Null);
    }

    [Test]
    public void A_damaged_image_never_throws()
    {
        using var media = new TestMedia();
        var good = File.ReadAllBytes(media.Iso("cidata", Files, "-J", "-R"));
        // The descriptors and directories are in the first hundred sectors; most of the rest is padding.
        Gen.Select(Gen.Int[32_768, 200_000].Array[1, 40], Gen.Byte).Sample(
            (places, value) =>
            {
                var bytes = (byte[])good.Clone();
                foreach (var place in places)
                {
                    bytes[place % bytes.Length] ^= (byte)(value | 1);
                }

                var path = media.Raw("damaged.iso", bytes);
                var image = Iso9660Image.TryOpen(path);
                foreach (var file in image?.Files.ToList() ?? [])
                {
                    image!.ReadText(file, 10_000);
                }

                return true;
            },
            iter: 100,
            threads: 1);
    }
}
