using Newtonsoft.Json.Linq;

namespace Templates.Tests;

public sealed class TemplateValidationTests
{
    private const string Server = "http://{{ .HTTPIP }}:{{ .HTTPPort }}/";

    private CatalogueCopy copy = null!;

    [SetUp]
    public void SetUp() => copy = new CatalogueCopy();

    [TearDown]
    public void TearDown() => copy.Dispose();

    private void Boot(string id, string from, string to) => copy.Change(id, t =>
    {
        var changed = ((string)t["boot"]!["command"]!.ToString()).Replace(from, to, StringComparison.Ordinal);
        Assert.That(changed, Is.Not.EqualTo(t["boot"]!["command"]!.ToString()));
        t["boot"]!["command"] = JArray.Parse(changed);
    });

    [Test]
    public void AWrongUrlInTheBootCommandIsFound()
    {
        Boot("rocky-9", "ks.cfg", "kss.cfg");

        var finding = copy.Error("rocky-9", "boot-url-unknown");
        Assert.That(finding.ToString(), Does.Contain("/kss.cfg").And.Contain("Perhaps ks.cfg is meant"));
        Assert.That(File.ReadAllLines(copy.Document("rocky-9"))[finding.Line - 1], Does.Contain("kss.cfg"));
    }

    [Test]
    public void ASeedWithoutMetaDataIsFound()
    {
        copy.Change("ubuntu-24.04", t => t["assets"]![1]!.Remove());
        Assert.That(copy.Error("ubuntu-24.04", "boot-url-unknown").Message, Does.Contain("/meta-data"));
    }

    [TestCase("rocky-9", Server, "http://192.0.2.1/", "boot-url-none")]
    [TestCase("rocky-9", "inst.ks=", "ks=", "boot-kickstart")]
    [TestCase("ubuntu-24.04", "autoinstall", "quiet", "boot-autoinstall")]
    [TestCase("ubuntu-22.04", "ds=nocloud-net", "ds=nocould", "boot-autoinstall-source")]
    [TestCase("rocky-9", "<tab>", "<tabs>", "boot-key")]
    [TestCase("rocky-9", "{{ .HTTPPort }}", "{{ .Port }}", "boot-expression")]
    public void ABootCommandThatDoesNotLeadToTheAnswersIsFound(string id, string from, string to, string code)
    {
        Boot(id, from, to);
        copy.Error(id, code);
    }

    /// <summary>What only the boot loader would notice, as the simulated one says it.</summary>
    [TestCase("ubuntu-24.04", "\\\"ds=nocloud;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/\\\"", "ds=nocloud;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/", "boot-rehearsal", "GRUB ended the kernel's command line at the \";\"", "ds=nocloud")]
    [TestCase("ubuntu-24.04", "/casper/vmlinuz", "/casper/vmlinux", "boot-rehearsal", "file `/casper/vmlinux' not found", "/casper/vmlinux ")]
    [TestCase("ubuntu-24.04", "{{ .HTTPPort }}/\\\"", "{{ .HTTPPort }}/", "boot-rehearsal", "unexpected end of file", "linux /casper")]
    [TestCase("ubuntu-24.04", "boot<enter>", "boot", "boot-rehearsal", "never pressed Enter", "boot\"")]
    [TestCase("ubuntu-24.04", "initrd /casper/initrd<enter>", "initrd /casper/initrd", "boot-rehearsal", "never pressed Enter", "boot<enter>")]
    [TestCase("ubuntu-24.04", "<wait2>", "<wait 2>", "boot-key", "<wait 2> is no key that Packer knows", "<wait 2>")]
    [TestCase("ubuntu-22.04", "{{ .HTTPPort }}/", "{{ .HTTPPort }}", "boot-rehearsal", "the seed's address has to end with a slash", "ds=nocloud")]
    [TestCase("rocky-9", "<enter>", "", "boot-rehearsal", "never pressed Enter", "inst.ks=")]
    [TestCase("rocky-9", "inst.text inst.ks", "inst.textinst.ks", "boot-rehearsal", "has no inst.ks", "inst.ks=")]
    [TestCase("rocky-9", "<up><tab>", "<down><tab>", "boot-rehearsal", "rescue system", "inst.ks=")]
    [TestCase("rocky-9", "<up><tab>", "e", "boot-rehearsal", "has no inst.ks", "inst.ks=")]
    public void WhatTheBootLoaderWouldMakeOfTheCommandIsSaidBefore(string id, string from, string to, string code, string message, string line)
    {
        Boot(id, from, to);

        var finding = copy.Error(id, code);
        Assert.That(finding.Message, Does.Contain(message));
        Assert.That(File.ReadAllLines(copy.Document(id))[finding.Line - 1], Does.Contain(line));
    }

    [TestCase("rocky-9", 1400)]
    [TestCase("ubuntu-24.04", 1000)]
    [TestCase("windows-2022", 1024)]
    public void TooLittleMemoryForTheInstallerIsFound(string id, int megabytes)
    {
        copy.Change(id, t => t["hardware"]!["memory_mb"] = megabytes);
        Assert.That(copy.Error(id, "hardware-memory").Message, Does.Contain("MiB of memory"));
    }

    [Test]
    public void ABootLineWithoutStage2StartsFromTheMedium()
    {
        Boot("rocky-9", "<up><tab> ", "<esc>vmlinuz initrd=initrd.img ");
        Assert.That(copy.Check("rocky-9").Where(f => f.IsError), Is.Empty);
    }

    [Test]
    public void AMinimalMediumWithoutARepositoryIsFound()
    {
        copy.Replace("os/rocky/ks.cfg.scriban", "url --mirrorlist", "#url --mirrorlist");
        copy.Replace("os/rocky/ks.cfg.scriban", "repo --name", "#repo --name");
        Assert.That(copy.Error("rocky-9", "kickstart-package-missing").ToString(), Does.Contain("os/rocky/ks.cfg.scriban:").And.Contain("cloud-init is not on Rocky-9"));
    }

    [TestCase("user --name", "uesr --name")]
    [TestCase("%end", "% end")]
    [TestCase("clearpart --all", "clearpart --everything")]
    public void AKickstartThatDoesNotParseIsFoundWithItsLine(string from, string to)
    {
        copy.Replace("os/rocky/ks.cfg.scriban", from, to);

        var errors = copy.Check("rocky-9").Where(f => f.IsError).ToList();
        Assert.That(errors, Is.Not.Empty);
        Assert.That(errors, Has.All.Matches<TemplateFinding>(f => f!.File == "os/rocky/ks.cfg.scriban"));
    }

    [Test]
    public void AnErrorsLineIsTheOneOfTheSource()
    {
        copy.Replace("os/rocky/ks.cfg.scriban", "skipx", "skipxx");
        var line = Array.IndexOf(File.ReadAllLines(Path.Combine(copy.Root, "os/rocky/ks.cfg.scriban")), "skipxx") + 1;

        Assert.That(copy.Check("rocky-9").Where(f => f.IsError).Select(f => f.Line), Is.EqualTo(new[] { line }));
    }

    [TestCase("rocky-9", "os/rocky/ks.cfg.scriban", "sshkey --username={{ build.username | sh }} {{ build.ssh_public_key | sh }}", "")]
    [TestCase("ubuntu-24.04", "os/ubuntu/user-data.scriban", "- {{ build.ssh_public_key | yaml }}", "- ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x")]
    [TestCase("rocky-9", "os/rocky/ks.cfg.scriban", "qemu-guest-agent\nsudo", "sudo")]
    [TestCase("ubuntu-22.04", "os/ubuntu/user-data.scriban", "    - qemu-guest-agent\n", "")]
    [TestCase("ubuntu-22.04", "os/ubuntu/user-data.scriban", "name: {{ build.username | yaml }}", "name: somebody")]
    [TestCase("windows-2022", "os/windows/setup/winrm.ps1", "-LocalPort 5986", "-LocalPort 22")]
    [TestCase("windows-2022", "os/windows/setup/winrm.ps1", "New-Item WSMan:\\localhost\\Listener -Transport HTTPS", "New-Item WSMan:\\localhost\\Listener -Transport HTTP")]
    [TestCase("windows-2022", "os/windows/Autounattend.xml.scriban", "</unattend>", "")]
    [TestCase("windows-2022", "os/windows/Autounattend.xml.scriban", "\\setup\\virtio.ps1", "\\setup\\nothing.ps1")]
    public void AnAnswerFileThatLetsPackerNotInIsFound(string id, string file, string from, string to)
    {
        copy.Replace(file, from, to);

        var errors = copy.Check(id).Where(f => f.IsError).ToList();
        Assert.That(errors, Is.Not.Empty);
        Assert.That(errors.Select(f => f.File), Has.All.StartsWith($"os/{id.Split('-')[0]}/"));
    }

    [Test]
    public void AnAssetThatDoesNotRenderIsFoundWithItsLine()
    {
        copy.Replace("os/rocky/ks.cfg.scriban", "{{ vars.keyboard | sh }}", "{{ vars.keybord | sh }}");

        var finding = copy.Error("rocky-9", "asset-render");
        Assert.That(finding.File, Is.EqualTo("os/rocky/ks.cfg.scriban"));
        Assert.That(finding.Line, Is.GreaterThan(10));
    }

    private static IEnumerable<TestCaseData> Documents()
    {
        static TestCaseData Case(string id, string code, Action<JObject> change) => new TestCaseData(id, code, change).SetArgDisplayNames(code, id);
        yield return Case("rocky-9", "asset-missing", t => t["assets"]![0]!["source"] = "no.cfg");
        yield return Case("rocky-9", "asset-twice", t => ((JArray)t["assets"]!).Add(t["assets"]![0]!.DeepClone()));
        yield return Case("rocky-9", "vmid-range", t => t["vmid"] = new JObject { ["first"] = 200, ["last"] = 100 });
        yield return Case("rocky-9", "vmid-overlap", t => t["vmid"] = new JObject { ["first"] = 9099, ["last"] = 9099 });
        yield return Case("rocky-9", "iso-conflict", t => t["iso"]!["file"] = "ubuntu-24.04.5-live-server-amd64.iso");
        yield return Case("rocky-9", "iso-url", t => t["iso"]!["urls"]![0] = "https://user:secret@example.net/a.iso");
        yield return Case("windows-2022", "iso-twice", t => t["additional_isos"]![0]!["file"] = (string)t["iso"]!["file"]!);
        yield return Case("rocky-9", "hardware-memory", t => t["hardware"]!["memory_mb"] = 512);
        yield return Case("rocky-9", "hardware-memory", t => t["hardware"]!["memory_mb"] = 1024);
        yield return Case("rocky-9", "hardware-cpu", t => t["hardware"]!["cpu_type"] = "kvm64");
        yield return Case("rocky-10", "hardware-cpu", t => t["hardware"]!["cpu_type"] = "x86-64-v2-AES");
        yield return Case("rocky-10", "hardware-memory", t => t["hardware"]!["memory_mb"] = 1536);
        yield return Case("debian-13", "unattended-iso", t =>
        {
            t["unattended"] = "iso";
            t["unattended_label"] = "ANY";
        });
        yield return Case("debian-13", "boot-preseed-question", t => t["boot"]!["command"]![1] = "install auto=true url=http://{{ .HTTPIP }}:{{ .HTTPPort }}/preseed.cfg<enter>");
        yield return Case("debian-13", "boot-preseed", t => t["boot"]!["command"]![1] = "auto uri=http://{{ .HTTPIP }}:{{ .HTTPPort }}/preseed.cfg<enter>");
        yield return Case("windows-2022", "hardware-disk", t => t["hardware"]!["disk_gb"] = 16);
        yield return Case("windows-2022", "unattended-label", t => t.Remove("unattended_label"));
        yield return Case("windows-2022", "unattended-http", t => t["unattended"] = "http");
        yield return Case("windows-2022", "unattended-target", t => t["assets"]![0]!["target"] = "answers.xml");
        yield return Case("rocky-9", "unattended-label", t =>
        {
            t["unattended"] = "iso";
            t["unattended_label"] = "KS";
        });
        yield return Case("rocky-9", "boot-url-no-server", t =>
        {
            t["unattended"] = "iso";
            t["unattended_label"] = "OEMDRV";
        });
        yield return Case("rocky-9", "script-missing", t => t["provision"]![0] = "no.sh");
        yield return Case("rocky-9", "script-kind", t => t["provision"]![0] = "sysprep.ps1");
        yield return Case("rocky-9", "script-last", t => t["provision"]!.Last!.Remove());
        yield return Case("windows-2022", "script-last", t => t["provision"]!.Last!.Remove());
        yield return Case("windows-2022", "script-last", t => t["provision"]!.Last!.Previous!.Remove());
        yield return Case("rocky-9", "cloud-init-no-drive", t => t["cloud_init"] = false);
        yield return Case("ubuntu-24.04", "cloud-init-no-drive", t => t["cloud_init"] = false);
        yield return Case("rocky-9", "cloud-init-not-reset", t => t["provision"]!.Single(s => s is JValue && (string?)s == "cloud-init.sh").Remove());
        yield return Case("windows-2022", "cloud-init-no-drive", t => t["provision"]!.First!.AddBeforeSelf("cloudbase-init.ps1"));
    }

    [TestCaseSource(nameof(Documents))]
    public void AMistakeInTheDocumentIsFound(string id, string code, Action<JObject> change)
    {
        copy.Change(id, change);

        var finding = copy.Error(id, code);
        Assert.That(finding.File, Is.EqualTo($"templates/{id}/template.json"));
        Assert.That(finding.Line, Is.GreaterThan(0));
        Assert.That(finding.Remedy, Is.Not.Empty);
    }

    [TestCase("", "script-empty")]
    [TestCase("set -eu\n", "script-shebang")]
    [TestCase("#!/bin/sh\r\nset -eu\r\n", "script-line-ends")]
    [TestCase("\uFEFF#!/bin/sh\nset -eu\n", "script-bom")]
    [TestCase("#!/bin/sh\nset -eu\necho {{ vars.x }}\n", "script-expression")]
    public void AScriptThatWouldNotRunIsFound(string text, string code)
    {
        File.WriteAllText(Path.Combine(copy.Root, "os", "rocky", "update.sh"), text);
        Assert.That(copy.Error("rocky-9", code).File, Is.EqualTo("os/rocky/update.sh"));
    }

    [Test]
    public void ACarelessScriptIsAWarning()
    {
        File.WriteAllText(Path.Combine(copy.Root, "os", "rocky", "update.sh"), "#!/bin/sh\ntrue\n");
        Assert.That(copy.Check("rocky-9").Single().Code, Is.EqualTo("script-careless"));
        Assert.That(copy.Check("rocky-9").Single().IsError, Is.False);
    }

    [TestCase("debian-12", "d-i passwd/username string {{ build.username | preseed }}", "")]
    [TestCase("debian-13", "d-i partman/choose_partition select finish", "")]
    [TestCase("debian-13", " qemu-guest-agent ", " ")]
    [TestCase("debian-13", "echo {{ build.ssh_public_key | sh }}", "echo x")]
    public void APreseedThatLeavesAQuestionOpenOrPackerOutsideIsFound(string id, string text, string with)
    {
        copy.Replace("os/debian/preseed.cfg.scriban", text, with);
        Assert.That(copy.Check(id).Where(f => f.IsError).Select(f => f.File), Is.Not.Empty.And.All.EqualTo("os/debian/preseed.cfg.scriban"));
    }

    [TestCase("debian-12")]
    [TestCase("rocky-9")]
    public void TheKeysOfTheMenuForBiosAreNoneForUefi(string id)
    {
        copy.Change(id, t =>
        {
            t["hardware"]!["bios"] = "ovmf";
            ((JObject)t["boot"]!).Remove("uefi_command");
        });
        var finding = copy.Check(id, PackerGeneration.Plugin).First(f => f.IsError);
        Assert.That(finding.Code, Is.EqualTo("boot-rehearsal"));
        Assert.That(File.ReadAllLines(copy.Document(id))[finding.Line - 1], Does.Contain("HTTPIP").Or.Contain("<"));
    }

    [TestCase("debian-12")]
    [TestCase("debian-13")]
    [TestCase("rocky-9")]
    [TestCase("rocky-10")]
    [TestCase("ubuntu-26.04")]
    [TestCase("windows-2025")]
    public void UefiIsOneFieldAway(string id)
    {
        copy.Change(id, t => t["hardware"]!["bios"] = "ovmf");
        Assert.That(copy.Check(id, PackerGeneration.Plugin), Is.Empty);
    }

    [Test]
    public void TheDefaultOfCloudInitIsTrueForLinuxAndToldToWhoReliedOnTheOldOne()
    {
        copy.Change("rocky-9", t => t.Remove("cloud_init"));
        copy.Change("windows-2022", t => t.Remove("cloud_init"));

        Assert.Multiple(() =>
        {
            Assert.That(copy.Catalogue.Load("rocky-9").CloudInit, Is.True);
            Assert.That(copy.Catalogue.Load("windows-2022").CloudInit, Is.False);
            Assert.That(copy.Check("rocky-9").Select(f => (f.Code, f.IsError)), Is.EqualTo(new[] { ("cloud-init-default", false) }));
            Assert.That(copy.Check("windows-2022"), Is.Empty);
        });
    }

    [Test]
    public void AScriptThatRestartsWithoutSayingSoIsAWarning()
    {
        copy.Change("rocky-9", t => t["provision"]![2] = "restart.sh");
        Assert.That(copy.Check("rocky-9").Select(f => (f.Code, f.IsError)), Is.EqualTo(new[] { ("script-restart", false) }));
    }

    [Test]
    public void CloudbaseInitWithItsDriveIsAll()
    {
        copy.Change("windows-2022", t =>
        {
            t["cloud_init"] = true;
            t["provision"]!.First!.AddAfterSelf("cloudbase-init.ps1");
        });
        var template = copy.Catalogue.Load("windows-2022");
        var answers = new AssetRenderer(copy.Catalogue).Render(template, BuildAccess.Sample(template)).Single(a => a.Target == "setup/sysprep.xml").Text;

        Assert.That(copy.Check("windows-2022"), Is.Empty);
        Assert.That(System.Xml.Linq.XDocument.Parse(answers).ToString(), Does.Contain("cloudbase-init-unattend.conf").And.Contain("SkipMachineOOBE"));
    }

    [Test]
    public void AVerbatimFileWithAnExpressionIsFound()
    {
        copy.Replace("os/windows/setup/virtio.ps1", "Set-StrictMode", "# {{ vars.x }}\nSet-StrictMode");
        Assert.That(copy.Error("windows-2022", "asset-not-rendered").Line, Is.EqualTo(2));
    }

    [TestCase("bios", "ovmf")]
    [TestCase("tpm", true)]
    public void UefiAndTpmNeedThePlugin(string field, object value)
    {
        copy.Change("rocky-9", t => t["hardware"]![field] = JToken.FromObject(value));

        copy.Error("rocky-9", "packer-too-old", PackerGeneration.Builtin);
        Assert.That(copy.Check("rocky-9", PackerGeneration.Plugin).Where(f => f.IsError && f.Code == "packer-too-old"), Is.Empty);
    }

    [Test]
    public void ABrokenTemplateDoesNotHideTheOthers()
    {
        File.WriteAllText(copy.Document("ubuntu-22.04"), "{");
        Assert.That(copy.Check("rocky-9"), Is.Empty);
    }

    [Test]
    public void AnswersOnAnImageNeedNoServer()
    {
        copy.Change("rocky-9", t =>
        {
            t["unattended"] = "iso";
            t["unattended_label"] = "OEMDRV";
            t["boot"]!["command"] = new JArray("<up><enter>");
        });
        Assert.That(copy.Check("rocky-9"), Is.Empty);
    }
}
