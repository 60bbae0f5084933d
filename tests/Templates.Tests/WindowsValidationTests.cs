
namespace Templates.Tests;

/// <summary>What the validation says of templates of Windows before anything runs, with file and line.</summary>
internal sealed class WindowsValidationTests
{
    private const string Answers = "os/windows/Autounattend.xml.scriban";
    private CatalogueCopy copy = null!;

    [SetUp]
    public void Copy() => copy = new CatalogueCopy();

    [TearDown]
    public void Remove() => copy.Dispose();

    [TestCase("<TimeZone>UTC</TimeZone>", "<TimeZone>Europe/Zurich</TimeZone>", "unattend-value", "TimeZone is the name of a time zone")]
    [TestCase("<InputLocale>{{ vars.locale | xml }}</InputLocale>", "<InputLocale>us</InputLocale>", "unattend-value", "InputLocale is a locale such as")]
    [TestCase("<ProtectYourPC>3</ProtectYourPC>", "<ProtectYourPC>4</ProtectYourPC>", "unattend-value", "OOBE/ProtectYourPC")]
    [TestCase("<AcceptEula>true</AcceptEula>", "<AcceptEula>true</AcceptEula><ProductKey><Key></Key></ProductKey>", "unattend-product-key", "must not be empty")]
    [TestCase("<AcceptEula>true</AcceptEula>", "<AcceptEula>true</AcceptEula><ProductKey><Key>VDYBN-27WPP-V4HQT-9VMD4-VMK7H</Key></ProductKey>", "unattend-product-key", "evaluation media take no product key")]
    [TestCase("<Size>500</Size>", "<Size>500MB</Size>", "unattend-value", "without a unit")]
    [TestCase("<Size>500</Size>", "<Extend>true</Extend>", "unattend-extend", "takes all the space that is left")]
    [TestCase("<Order>1</Order>\n          <Description>", "<Order>2</Order>\n          <Description>", "unattend-order", "two SynchronousCommand have the Order 2")]
    [TestCase("<Order>1</Order>\n          <Description>", "<Description>", "unattend-order", "without Order")]
    [TestCase("<HideEULAPage>true</HideEULAPage>", "<HideEula>true</HideEula>", "unattend-setting", "OOBE has no setting HideEula")]
    [TestCase("<SetupUILanguage>", "<SetupUiLanguage>", "xml-syntax", "SetupUiLanguage")]
    [TestCase("-Command \"&amp; ((Get-Volume -FileSystemLabel {{ template.unattended_label | ps | xml }}).DriveLetter + ':\\setup\\winrm.ps1')\"", "-File A:\\setup\\winrm.ps1", "unattend-script-drive", "the machine has no drive A:")]
    [TestCase("-Command \"&amp; ((Get-Volume -FileSystemLabel {{ template.unattended_label | ps | xml }}).DriveLetter + ':\\setup\\winrm.ps1')\"", "-File G:\\setup\\winrm.ps1", "unattend-script-drive", "the machine has no drive G:")]
    public void A_mistake_in_the_answer_file_is_said_with_its_line(string from, string to, string code, string message)
    {
        copy.Replace(Answers, from, to);

        var finding = copy.Error("windows-2022", code);
        Assert.That(finding.Message, Does.Contain(message));
        Assert.That(finding.File, Is.EqualTo(Answers));
        Assert.That(finding.Line, Is.GreaterThan(0));
    }

    [TestCase("vars.ui_language", "de-DE", "unattend-language", "and the medium is in en-us")]
    [TestCase("vars.image_name", "Windows Server 2019 SERVERSTANDARD", "unattend-image", "no image on the medium is named")]
    [TestCase("vars.virtio_folder", "2k12", "unattend-storage-driver", "leads to it")]
    public void A_variable_that_does_not_fit_the_medium_is_said(string field, string value, string code, string message)
    {
        copy.Change("windows-2022", t => t.SelectToken(field)!.Replace(value));
        Assert.That(copy.Error("windows-2022", code).Message, Does.Contain(message));
    }

    [Test]
    public void A_fixed_drive_letter_that_depends_on_the_media_is_a_warning()
    {
        copy.Replace(Answers, "-Command \"&amp; ((Get-Volume -FileSystemLabel {{ template.unattended_label | ps | xml }}).DriveLetter + ':\\setup\\winrm.ps1')\"", "-File E:\\setup\\winrm.ps1");

        var findings = copy.Check("windows-2022");
        Assert.That(findings.Where(f => f.IsError), Is.Empty);
        Assert.That(findings.Single().Code, Is.EqualTo("unattend-script-drive"));
    }

    [TestCase(20)]
    [TestCase(31)]
    public void A_small_disk_is_large_enough(int gigabytes)
    {
        copy.Change("windows-2022", t => t["hardware"]!["disk_gb"] = gigabytes);
        Assert.That(copy.Check("windows-2022"), Is.Empty);
    }

    [TestCase("11", "Win11_24H2_English_x64.iso", "Windows 11 Pro", "w11")]
    [TestCase("11", "26100.1742.240906-0331.ge_release_svc_refresh_CLIENTENTERPRISEEVAL_OEMRET_x64FRE_en-us.iso", "Windows 11 Enterprise Evaluation", "w10")]
    [TestCase("10", "windows-10.iso", "Windows 10 Enterprise", "w10")]
    public void A_client_is_judged_as_a_client(string version, string medium, string image, string folder)
    {
        copy.CopyTemplate("windows-2022", "windows-11");
        copy.Change("windows-11", t =>
        {
            t["os_version"] = version;
            t["title"] = "Windows " + version;
            t["iso"]!["file"] = medium;
            t["vars"]!["image_name"] = image;
            t["vars"]!["virtio_folder"] = folder;
        });
        Assert.That(copy.Check("windows-11"), Is.Empty);
        copy.Change("windows-11", t => t["vars"]!["image_name"] = "Windows Server 2022 SERVERSTANDARD");
        Assert.That(copy.Error("windows-11", "unattend-image").Message, Does.Contain("no image on the medium is named"));
    }
}
