using Build.CommandLine;
using Build.Settings;
using CsCheck;
using Foundation;
using Proxmox;

namespace Build.Tests;

internal sealed class EnvFileTests
{
    private string folder = "";

    private string Path => System.IO.Path.Combine(folder, "env", "proxmox.env");

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("env-file-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    private static ClusterSettings NoSettings => new(ArgumentList.Parse([]), _ => null, new Dictionary<string, string>(), "/root", "/root/here");

    private static ProxmoxConnection Connection(string bridge) => new()
    {
        Url = new Uri("https://[fd00::2]:8006"),
        Credentials = new ProxmoxCredentials { Username = "packer@pve", TokenName = "build", TokenSecret = "0000", Password = "p w" },
        Node = "pve1",
        StorageVm = "local-lvm",
        StorageIso = "local",
        Bridge = bridge,
    };

    [Test]
    public void What_is_written_is_read_back_and_its_owner_s_alone()
    {
        Assert.That(EnvFileWriter.Write(Path, EnvFileWriter.Text(Connection("vmbr0"), "auto", NoSettings)), Is.True);
        var read = EnvFile.Read(Path);
        Assert.Multiple(() =>
        {
            Assert.That(read["PROXMOX_URL"], Is.EqualTo("https://[fd00::2]:8006"));
            Assert.That(read["PROXMOX_USERNAME"], Is.EqualTo("packer@pve!build"));
            Assert.That(read["PROXMOX_PASSWORD"], Is.EqualTo("p w"));
            Assert.That(read["PROXMOX_NODE"], Is.EqualTo("auto"));
            Assert.That(read, Does.Not.ContainKey("PROXMOX_POOL"));
        });
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Test]
    public void The_same_text_is_not_written_again_but_others_lose_their_right_to_read_it()
    {
        var text = EnvFileWriter.Text(Connection("vmbr0"), "pve1", NoSettings);
        EnvFileWriter.Write(Path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }

        Assert.That(EnvFileWriter.Write(Path, text), Is.False);
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Test]
    public void What_Init_does_not_ask_for_stays_in_the_file()
    {
        var kept = new Dictionary<string, string> { ["RECORD_SIGNING_KEY"] = "keys/record", ["PACKER_PATH"] = "/opt/packer" };
        var settings = new ClusterSettings(ArgumentList.Parse([]), _ => null, kept, "/root", "/root/here");
        EnvFileWriter.Write(Path, EnvFileWriter.Text(Connection("vmbr0"), "auto", settings));
        var read = EnvFile.Read(Path);
        Assert.That((read["RECORD_SIGNING_KEY"], read["PACKER_PATH"]), Is.EqualTo(("keys/record", "/opt/packer")));
    }

    [Test]
    public void A_file_that_cannot_be_read_is_named()
    {
        EnvFileWriter.Write(Path, EnvFileWriter.Text(Connection("vmbr0"), "auto", NoSettings));
        using var held = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var failure = Assert.Throws<FailureException>(() => EnvFile.Read(Path))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(Path).And.Contain("--target=Init"));
    }

    [Test]
    [Platform("Linux")]
    public void A_file_that_is_somebody_else_s_is_named_with_a_remedy()
    {
        // One that nobody may read, root included.
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.CreateSymbolicLink(Path, "/proc/sys/vm/compact_memory");
        var failure = Assert.Throws<FailureException>(() => EnvFile.Read(Path))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(Path).And.Contain("--target=Init"));
    }

    [Test]
    public void Any_value_is_either_read_back_or_refused() => Gen.String.Sample(bridge =>
    {
        string text;
        try
        {
            text = EnvFileWriter.Text(Connection(bridge), "pve1", NoSettings);
        }
        catch (FailureException refused)
        {
            return refused.Kind == FailureKind.Usage && (bridge.Contains('\'', StringComparison.Ordinal) || bridge.Any(char.IsControl));
        }

        var file = System.IO.Path.Combine(folder, Guid.NewGuid().ToString("N"));
        File.WriteAllText(file, text);
        return EnvFile.Read(file).GetValueOrDefault("PROXMOX_BRIDGE", "") == new string([.. bridge.EnumerateRunes().SelectMany(r => r.ToString())]);
    });
}
