using System.Text;
using static Unattended.Tests.Samples;

namespace Unattended.Tests;

public sealed class AnswerFileTests
{
    [Test]
    public void A_careful_file_installs_what_it_says()
    {
        var reading = ReadAnswerFile(AnswerFileText);
        Assert.That(reading.Findings, Is.Empty, reading.Describe());
        var plan = reading.Plan!;
        Assert.Multiple(() =>
        {
            Assert.That(plan.HostName, Is.EqualTo("win2022"));
            Assert.That(plan.GuestAgent, Is.True);
            Assert.That(plan.WinRm, Is.EqualTo(new WinRmPlan(Https: true, Basic: true, AllowUnencrypted: false)));
            Assert.That(plan.Accounts.Single().Name, Is.EqualTo("Administrator"));
            Assert.That(plan.Accounts.Single().Password, Is.EqualTo("S3cret-of-the-run"));
            Assert.That(plan.Accounts.Single().Administrator, Is.True);
        });
    }

    [TestCase("<AcceptEula>true</AcceptEula>", "", "unattend-eula")]
    [TestCase("</settings>\n  <settings pass=\"specialize\">", "</settings>\n  <settings pass=\"specialise\">", "unattend-pass")]
    [TestCase("<PartitionID>2</PartitionID>", "<PartitionID>3</PartitionID>", "unattend-partition")]
    [TestCase("<InstallTo><DiskID>0</DiskID><PartitionID>2</PartitionID></InstallTo>", "", "unattend-install-to")]
    [TestCase("<InstallTo><DiskID>0</DiskID>", "<InstallTo><DiskID>1</DiskID>", "unattend-disk")]
    [TestCase("<Order>1</Order><Type>Primary</Type>", "<Order>1</Order><Type>EFI</Type>", "unattend-firmware")]
    [TestCase("SERVERSTANDARD", "SERVERSTANDART", "unattend-image")]
    [TestCase("Windows Server 2022 SERVERSTANDARD", "Windows Server 2019 SERVERSTANDARD", "unattend-image")]
    [TestCase("E:\\vioscsi\\2k22\\amd64", "E:\\viostor\\2k22\\amd64", "unattend-storage-driver")]
    [TestCase("E:\\vioscsi\\2k22\\amd64", "E:\\vioscsi\\2k12R2\\amd64", "unattend-storage-driver")]
    [TestCase("E:\\vioscsi\\2k22\\amd64", "D:\\vioscsi\\2k22\\amd64", "unattend-storage-driver")]
    [TestCase("E:\\NetKVM\\2k22\\amd64", "E:\\Balloon\\2k22\\amd64", "unattend-network-driver")]
    [TestCase("win2022", "a-name-that-is-too-long", "unattend-computer-name")]
    [TestCase("<UserAccounts><AdministratorPassword><Value>S3cret-of-the-run</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts>", "", "unattend-administrator")]
    [TestCase("<AutoLogon><Enabled>true</Enabled>", "<AutoLogon><Enabled>false</Enabled>", "unattend-autologon")]
    [TestCase("<Password><Value>S3cret-of-the-run</Value>", "<Password><Value>another</Value>", "unattend-autologon")]
    [TestCase("F:\\setup.ps1", "F:\\missing.ps1", "unattend-script-missing")]
    [TestCase("<SetupUILanguage><UILanguage>en-US</UILanguage></SetupUILanguage>", "", "unattend-language")]
    [TestCase("<UserData>", "<UserData><ProductKey><Key>ABCDE-ABCDE-ABCDE-ABCDE-ABCDE</Key></ProductKey>", "unattend-product-key")]
    [TestCase("urn:schemas-microsoft-com:unattend", "urn:other", "unattend-root")]
    [TestCase("</unattend>", "", "xml-syntax")]
    public void What_stops_Setup_or_spoils_the_system_is_found(string old, string replacement, string code)
    {
        var reading = ReadAnswerFile(AnswerFileText.With(old, replacement));
        Assert.That(reading.Installs, Is.False);
        Assert.That(reading.Errors.Select(e => e.Code), Does.Contain(code), reading.Describe());
    }

    [Test]
    public void Another_architecture_is_left_out()
    {
        var reading = ReadAnswerFile(AnswerFileText.With("Microsoft-Windows-PnpCustomizationsWinPE\" processorArchitecture=\"amd64\"", "Microsoft-Windows-PnpCustomizationsWinPE\" processorArchitecture=\"x86\""));
        Assert.That(reading.Errors.Select(e => e.Code), Does.Contain("unattend-architecture"));
    }

    [Test]
    public void The_medium_with_the_drivers_must_be_there()
    {
        Assert.That(ReadAnswerFile(AnswerFileText, Windows2022 with { VirtioMedium = false, VirtioDrive = null }).Errors.Single().Code, Is.EqualTo("unattend-storage-driver"));
        Assert.That(ReadAnswerFile(AnswerFileText.With("E:\\vioscsi\\2k22\\amd64", "C:\\nothing"), Windows2022 with { DiskBus = "sata", ScsiController = null }).Installs, Is.True);
        Assert.That(ReadAnswerFile(AnswerFileText.With("E:\\vioscsi\\2k22\\amd64", "E:\\")).Installs, Is.True);
    }

    [Test]
    public void Hidden_passwords_are_read()
    {
        static string Hidden(string text) => Convert.ToBase64String(Encoding.Unicode.GetBytes(text));
        var text = AnswerFileText
            .With("<AdministratorPassword><Value>S3cret-of-the-run</Value><PlainText>true</PlainText>", $"<AdministratorPassword><Value>{Hidden("S3cret-of-the-runAdministratorPassword")}</Value><PlainText>false</PlainText>")
            .With("<Password><Value>S3cret-of-the-run</Value><PlainText>true</PlainText>", $"<Password><Value>{Hidden("S3cret-of-the-runPassword")}</Value><PlainText>false</PlainText>");
        var reading = ReadAnswerFile(text);
        Assert.That(reading.Findings, Is.Empty, reading.Describe());
        Assert.That(reading.Plan!.Accounts.Single().Password, Is.EqualTo("S3cret-of-the-run"));
        var wrong = ReadAnswerFile(AnswerFileText.With("<AdministratorPassword><Value>S3cret-of-the-run</Value><PlainText>true</PlainText>", "<AdministratorPassword><Value>S3cret-of-the-run</Value><PlainText>false</PlainText>"));
        Assert.That(wrong.Errors.Select(e => e.Code), Does.Contain("unattend-password"));
    }

    [Test]
    public void Encoded_commands_are_read()
    {
        var encoded = Convert.ToBase64String(Encoding.Unicode.GetBytes(SetupText));
        var reading = ReadAnswerFile(AnswerFileText.With("-File F:\\setup.ps1", $"-EncodedCommand {encoded}"));
        Assert.That(reading.Plan!.WinRm, Is.EqualTo(new WinRmPlan(true, true, false)));
    }

    [Test]
    public void A_listener_behind_a_closed_port_is_none()
    {
        var setup = string.Join('\n', SetupText.Split('\n').Where(l => !l.Contains("FirewallRule", StringComparison.Ordinal)));
        var reading = ReadAnswerFile(AnswerFileText, Windows2022 with { Siblings = new Dictionary<string, string> { ["setup.ps1"] = setup } });
        Assert.That(reading.Plan!.WinRm, Is.Null);
        Assert.That(reading.Findings.Single().Code, Is.EqualTo("unattend-firewall"));
    }

    [Test]
    public void A_document_type_is_refused_and_depth_is_bounded()
    {
        var bomb = "<?xml version=\"1.0\"?><!DOCTYPE u [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><unattend xmlns=\"urn:schemas-microsoft-com:unattend\">&b;</unattend>";
        Assert.That(ReadAnswerFile(bomb).Errors.Single().Code, Is.EqualTo("xml-syntax"));
        var deep = string.Concat(Enumerable.Repeat("<a>", 100_000));
        Assert.That(ReadAnswerFile(deep).Errors.Single().Code, Is.EqualTo("xml-syntax"));
    }
}
