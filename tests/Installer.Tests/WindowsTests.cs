using static Installer.Tests.Rig;

namespace Installer.Tests;

public sealed class WindowsTests
{
    private const string Iso = "windows-server-2022-eval.iso";
    private const string Attributes = "processorArchitecture=\"amd64\" publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\"";

    private const string AnswerFile = $$"""
        <?xml version="1.0" encoding="utf-8"?>
        <unattend xmlns="urn:schemas-microsoft-com:unattend">
          <settings pass="windowsPE">
            <component name="Microsoft-Windows-International-Core-WinPE" {{Attributes}}>
              <SetupUILanguage><UILanguage>en-US</UILanguage></SetupUILanguage><UILanguage>en-US</UILanguage>
            </component>
            <component name="Microsoft-Windows-PnpCustomizationsWinPE" {{Attributes}}>
              <DriverPaths>
                <PathAndCredentials><Path>E:\vioscsi\2k22\amd64</Path></PathAndCredentials>
                <PathAndCredentials><Path>E:\NetKVM\2k22\amd64</Path></PathAndCredentials>
              </DriverPaths>
            </component>
            <component name="Microsoft-Windows-Setup" {{Attributes}}>
              <DiskConfiguration><Disk><DiskID>0</DiskID><WillWipeDisk>true</WillWipeDisk><CreatePartitions>
                <CreatePartition><Order>1</Order><Type>Primary</Type><Extend>true</Extend></CreatePartition>
              </CreatePartitions></Disk></DiskConfiguration>
              <ImageInstall><OSImage>
                <InstallFrom><MetaData><Key>/IMAGE/INDEX</Key><Value>2</Value></MetaData></InstallFrom>
                <InstallTo><DiskID>0</DiskID><PartitionID>1</PartitionID></InstallTo>
              </OSImage></ImageInstall>
              <UserData><AcceptEula>true</AcceptEula></UserData>
            </component>
          </settings>
          <settings pass="oobeSystem">
            <component name="Microsoft-Windows-Shell-Setup" {{Attributes}}>
              <OOBE><HideEULAPage>true</HideEULAPage></OOBE>
              <UserAccounts><AdministratorPassword><Value>pw-of-the-run</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts>
              <AutoLogon><Enabled>true</Enabled><Username>Administrator</Username><Password><Value>pw-of-the-run</Value><PlainText>true</PlainText></Password></AutoLogon>
              <FirstLogonCommands><SynchronousCommand><Order>1</Order><CommandLine>powershell -File F:\winrm.ps1</CommandLine></SynchronousCommand></FirstLogonCommands>
            </component>
          </settings>
        </unattend>
        """;

    private const string Script = """
        winrm create winrm/config/Listener?Address=*+Transport=HTTPS '@{CertificateThumbprint="x"}'
        winrm set winrm/config/service/auth '@{Basic="true"}'
        netsh advfirewall firewall add rule name="WinRM" dir=in action=allow protocol=TCP localport=5986
        msiexec /i E:\guest-agent\qemu-ga-x86_64.msi /qn
        """;

    private static readonly InstallationMedium Virtio = Placeholder("virtio-win-0.1.285.iso");

    private static InstallationRequest Request(params InstallationMedium[] others) => Machine(Iso, others) with
    {
        Disks = [new InstallationDisk("scsi", 60L << 30, "virtio-scsi-single")],
    };

    private static InstallationMedium Answers(TestMedia media, string file = AnswerFile) => Image(media.Iso(
        "OEMDRV", new Dictionary<string, string> { ["autounattend.xml"] = file, ["winrm.ps1"] = Script }, "-J", "-R"));

    [Test]
    public async Task An_answer_file_on_a_second_medium_installs()
    {
        using var media = new TestMedia();
        var outcome = await Run(Request(Virtio, Answers(media)), "");
        Assert.That(outcome.Failure, Is.Null);
        Assert.That(outcome.Doubts, Is.Empty);
        var guest = outcome.Guest!;
        Assert.That(guest is { IsWindows: true, GuestAgent: true, WinRm: { Https: true, Basic: true }, VersionId: "2022" }, Is.True);
        Assert.That(guest.Accounts.Single() is { Name: "Administrator", Password: "pw-of-the-run", Administrator: true }, Is.True);
    }

    [Test]
    public async Task UEFI_wants_a_key()
    {
        using var media = new TestMedia();
        var file = AnswerFile.Replace("<CreatePartition><Order>1</Order><Type>Primary</Type><Extend>true</Extend>", "<CreatePartition><Order>2</Order><Type>EFI</Type><Size>100</Size></CreatePartition><CreatePartition><Order>1</Order><Type>Primary</Type><Size>20000</Size>", StringComparison.Ordinal);
        var request = Request(Virtio, Answers(media, file)) with { Firmware = Firmware.Ovmf };
        Assert.That((await Run(request, "")).Failure, Does.Contain("Press any key to boot from CD or DVD"));
        Assert.That((await Run(request, "<spc>")).Failure, Is.Null);
    }

    [Test]
    public async Task What_is_missing_is_named()
    {
        using var media = new TestMedia();
        Assert.That((await Run(Request(Virtio), "")).Failure, Does.Contain("finds no Autounattend.xml at the root of D: (windows-server-2022-eval.iso), E: (virtio-win-0.1.285.iso)"));
        Assert.That((await Run(Request(Answers(media)), "")).Failure, Does.Contain("no medium with the VirtIO drivers"));
        Assert.That((await Run(Request(Answers(media), Virtio), "")).Failure, Does.Contain("is drive F:"));
        Assert.That((await Run(Request(Virtio, Answers(media)) with { MemoryMb = 1024 }, "")).Failure, Does.Contain("1024 MiB"));
        Assert.That((await Run(Request(Virtio, Answers(media, "<unattend")), "")).Failure, Does.StartWith("Autounattend.xml:1"));
    }

    [Test]
    public async Task Without_its_script_the_system_is_doubtful()
    {
        using var media = new TestMedia();
        var lonely = Image(media.Iso("ANSWERS", new Dictionary<string, string> { ["Autounattend.xml"] = AnswerFile }, "-J"));
        var outcome = await Run(Request(Virtio, lonely), "");
        Assert.That(outcome.Succeeded, Is.True);
        Assert.That(outcome.Doubts, Has.Some.Contains("no such file").And.Some.Contains("guest agent").And.Some.Contains("basic authentication"));
    }
}
