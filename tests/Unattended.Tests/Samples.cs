namespace Unattended.Tests;

/// <summary>Files as a careful author writes them; the tests change one thing at a time.</summary>
internal static class Samples
{
    internal const string Key =
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg= build";

    internal const string OtherKey =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl other";

    internal const string Hash = "$6$rounds=4096$abcdefgh$ZEgYqXTrkLNfUY0hY8O8n4sQ5KJ0m1m2n3o4p5q6r7s8t9u0v1w2x3y4z5A6B7C8D9E0F1G2H3I4J5K6L7M8N9";

    internal const string KickstartText = $$"""
        # Rocky Linux 9, unattended
        text
        cdrom
        url --mirrorlist="https://mirrors.example.org/mirrorlist?arch=x86_64&repo=BaseOS-9"
        repo --name=AppStream --mirrorlist="https://mirrors.example.org/mirrorlist?arch=x86_64&repo=AppStream-9"
        lang en_US.UTF-8
        keyboard --vckeymap=us --xlayouts='us'
        timezone Etc/UTC --utc
        network --bootproto=dhcp --device=link --activate --onboot=on --hostname=rocky-9
        rootpw --lock
        user --name=packer --groups=wheel --gecos="Template build"
        sshkey --username=packer "{{Key}}"
        firewall --enabled --service=ssh
        selinux --enforcing
        services --enabled=sshd,qemu-guest-agent
        firstboot --disabled
        skipx
        bootloader --location=mbr --append="console=ttyS0,115200n8"
        zerombr
        clearpart --all --initlabel
        autopart --type=plain --nohome --noswap
        reboot --eject

        %packages --exclude-weakdeps
        @^minimal-environment
        qemu-guest-agent
        cloud-init
        -iwl*firmware
        %end

        %addon com_redhat_kdump --disable
        %end

        %post --log=/root/ks-post.log
        echo 'packer ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/packer
        chmod 0440 /etc/sudoers.d/packer
        %end
        """;

    internal const string AutoinstallText = $$"""
        #cloud-config
        autoinstall:
          version: 1
          locale: en_US.UTF-8
          keyboard:
            layout: us
          identity:
            hostname: ubuntu-2404
            username: packer
            password: "!"
          ssh:
            install-server: true
            allow-pw: false
            authorized-keys:
              - {{Key}}
          storage:
            layout:
              name: direct
          packages:
            - qemu-guest-agent
            - cloud-init
          updates: security
          shutdown: reboot
          late-commands:
            - echo 'packer ALL=(ALL) NOPASSWD:ALL' > /target/etc/sudoers.d/packer
            - curtin in-target --target=/target -- chmod 440 /etc/sudoers.d/packer
        """;

    internal const string SetupText = """
        # Makes WinRM reachable for the build.
        $cert = New-SelfSignedCertificate -DnsName $env:COMPUTERNAME -CertStoreLocation Cert:\LocalMachine\My
        New-Item -Path WSMan:\localhost\Listener -Transport HTTPS -Address * -CertificateThumbPrint $cert.Thumbprint -Force
        Set-Item -Path WSMan:\localhost\Service\Auth\Basic -Value $true
        New-NetFirewallRule -DisplayName 'WinRM HTTPS' -Direction Inbound -Protocol TCP -LocalPort 5986 -Action Allow
        Start-Process msiexec.exe -Wait -ArgumentList '/i', 'E:\guest-agent\qemu-ga-x86_64.msi', '/qn'
        """;

    internal const string AnswerFileText = """
        <?xml version="1.0" encoding="utf-8"?>
        <unattend xmlns="urn:schemas-microsoft-com:unattend" xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State">
          <settings pass="windowsPE">
            <component name="Microsoft-Windows-International-Core-WinPE" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
              <SetupUILanguage><UILanguage>en-US</UILanguage></SetupUILanguage>
              <UILanguage>en-US</UILanguage>
            </component>
            <component name="Microsoft-Windows-PnpCustomizationsWinPE" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
              <DriverPaths>
                <PathAndCredentials wcm:action="add" wcm:keyValue="1"><Path>E:\vioscsi\2k22\amd64</Path></PathAndCredentials>
                <PathAndCredentials wcm:action="add" wcm:keyValue="2"><Path>E:\NetKVM\2k22\amd64</Path></PathAndCredentials>
              </DriverPaths>
            </component>
            <component name="Microsoft-Windows-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
              <DiskConfiguration>
                <Disk wcm:action="add">
                  <DiskID>0</DiskID>
                  <WillWipeDisk>true</WillWipeDisk>
                  <CreatePartitions>
                    <CreatePartition wcm:action="add"><Order>1</Order><Type>Primary</Type><Size>500</Size></CreatePartition>
                    <CreatePartition wcm:action="add"><Order>2</Order><Type>Primary</Type><Extend>true</Extend></CreatePartition>
                  </CreatePartitions>
                </Disk>
              </DiskConfiguration>
              <ImageInstall>
                <OSImage>
                  <InstallFrom><MetaData wcm:action="add"><Key>/IMAGE/NAME</Key><Value>Windows Server 2022 SERVERSTANDARD</Value></MetaData></InstallFrom>
                  <InstallTo><DiskID>0</DiskID><PartitionID>2</PartitionID></InstallTo>
                </OSImage>
              </ImageInstall>
              <UserData><AcceptEula>true</AcceptEula></UserData>
            </component>
          </settings>
          <settings pass="specialize">
            <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
              <ComputerName>win2022</ComputerName>
            </component>
          </settings>
          <settings pass="oobeSystem">
            <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
              <OOBE><HideEULAPage>true</HideEULAPage></OOBE>
              <UserAccounts><AdministratorPassword><Value>S3cret-of-the-run</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts>
              <AutoLogon><Enabled>true</Enabled><Username>Administrator</Username><Password><Value>S3cret-of-the-run</Value><PlainText>true</PlainText></Password></AutoLogon>
              <FirstLogonCommands>
                <SynchronousCommand wcm:action="add"><Order>1</Order><CommandLine>powershell.exe -ExecutionPolicy Bypass -File F:\setup.ps1</CommandLine></SynchronousCommand>
              </FirstLogonCommands>
            </component>
          </settings>
        </unattend>
        """;

    internal static readonly UnattendedContext Rocky9 = new()
    {
        FileName = "ks.cfg", OsId = "rocky", VersionId = "9.6", MediumName = "Rocky-9.6-x86_64-minimal.iso",
    };

    internal static readonly UnattendedContext Ubuntu2404 = new() { FileName = "user-data", OsId = "ubuntu", VersionId = "24.04" };

    internal static readonly UnattendedContext Windows2022 = new()
    {
        FileName = "Autounattend.xml", OsId = "mswindows", VersionId = "2022", MediumName = "windows-server-2022-eval.iso",
        DiskBus = "scsi", ScsiController = "virtio-scsi-single", NetworkModel = "virtio", Uefi = false, VirtioMedium = true, VirtioDrive = 'E',
        Siblings = new Dictionary<string, string> { ["setup.ps1"] = SetupText },
    };

    internal static UnattendedReading ReadKickstart(string text, UnattendedContext? context = null) =>
        UnattendedFile.Read(UnattendedFormat.Kickstart, text, context ?? Rocky9);

    internal static UnattendedReading ReadAutoinstall(string text, UnattendedContext? context = null) =>
        UnattendedFile.Read(UnattendedFormat.Autoinstall, text, context ?? Ubuntu2404);

    internal static UnattendedReading ReadAnswerFile(string text, UnattendedContext? context = null) =>
        UnattendedFile.Read(UnattendedFormat.Unattend, text, context ?? Windows2022);

    /// <summary>The text with one thing changed; the thing must be there.</summary>
    internal static string With(this string text, string old, string replacement)
    {
        Assert.That(text, Does.Contain(old), "the sample has changed");
        return text.Replace(old, replacement, StringComparison.Ordinal);
    }

    /// <summary>The line, from 1, at which something stands.</summary>
    internal static int LineOf(this string text, string what) => text[..text.IndexOf(what, StringComparison.Ordinal)].Split('\n').Length;

    internal static string Describe(this UnattendedReading reading) => string.Join('\n', reading.Findings.Select(f => $"{f.Severity} {f.Code} {f}"));
}
