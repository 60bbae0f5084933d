using static EndToEnd.Tests.FailedBuild;

namespace EndToEnd.Tests;

/// <summary>
/// What goes wrong in practice, each tried with real Packer. Whatever the cause: the exit code of the contract, one
/// paragraph that names it, no record, and no VM left on the node. Here: what is wrong with a template, its guest or Packer.
/// </summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class FailureTests(InstalledPacker installed)
{
    [Test]
    public void A_kickstart_that_does_not_parse()
    {
        using var bench = installed.Bench();
        var kickstart = Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban");
        Workbench.Change(kickstart, "^timezone ", "timezoone ");
        AssertFailed(bench, Build(bench), 3, "timezoone", "ks.cfg");
    }

    [Test]
    public void A_kickstart_without_the_SSH_key()
    {
        using var bench = installed.Bench();
        var kickstart = Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban");
        Workbench.Change(kickstart, "^sshkey .*$", "");
        AssertFailed(bench, Build(bench), 3, "key");
    }

    [Test]
    public void A_wrong_URL_in_the_boot_command()
    {
        using var bench = installed.Bench();
        var template = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        Workbench.Change(template, @"/ks\.cfg", "/kickstart.cfg");
        AssertFailed(bench, Build(bench), 3, "kickstart.cfg");
    }

    [Test]
    public void A_boot_command_that_starts_something_else_than_the_installation()
    {
        using var bench = installed.Bench();
        var template = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        Workbench.Change(template, "<up><tab>", "<down><tab>");
        AssertFailed(bench, Build(bench), 3, "template.json", "rescue");
    }

    [Test]
    public void A_guest_that_refuses_the_build_user()
    {
        using var bench = installed.Bench();
        var packer = bench.CopyTemplates();
        var kickstart = Path.Combine(packer, "os", "rocky", "ks.cfg.scriban");
        File.WriteAllText(kickstart, File.ReadAllText(kickstart).Replace("build.username", "'somebody'", StringComparison.Ordinal));

        // As a mere text nobody judges it before.
        var template = Path.Combine(packer, "templates", "rocky-9", "template.json");
        File.WriteAllText(template, File.ReadAllText(template).Replace("\"format\": \"kickstart\"", "\"format\": \"text\"", StringComparison.Ordinal));
        AssertFailed(bench, Build(bench, "--var=login_timeout=15s"), 4, "refuses the build user", "key");
    }

    [Test]
    public void A_template_that_is_not_what_was_asked_for_though_Packer_ends_well()
    {
        using var bench = installed.Bench();
        foreach (var source in new[] { "plugin", "builtin" })
        {
            Workbench.Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.cores$", "= 3");
            Workbench.Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.template_name$", "= \"of-somebody-else\"");
            Workbench.Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.template_description$", "= \"no mark\"");
            Workbench.Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.cloud_init$", "= false");
        }

        var result = Build(bench);
        AssertFailed(
            bench, result, 4, "is not what was asked for", "cores: asked for 2, there 3", "name: asked for rocky-9-", "there of-somebody-else", "mark of this program: asked for packer-build-records:", "cloud-init drive: asked for ide on local-lvm, there none");
        Assert.That(result.All, Does.Match(@"fact +asked for +there").And.Match(@"cores +2 +3\b"));
    }

    [Test]
    public void A_guest_agent_that_never_answers()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=agent:silent", "--var=login_timeout=10s"), 4, "agent");
    }

    [Test]
    public void A_provisioning_script_that_fails()
    {
        using var bench = installed.Bench();
        const string Script = "scripts/07-cleanup.sh";
        AssertFailed(bench, Build(bench, "--sandbox-fault=script:*cleanup*=1"), 4, "exit", Script);
        var log = new DirectoryInfo(Path.Combine(bench.Runtime, "logs", "packer", "rocky-9")).EnumerateDirectories().First(d => d.LinkTarget is null);
        Assert.That(File.ReadAllText(Path.Combine(log.FullName, "result.json")), Does.Contain(Script));
    }

    [Test]
    public void A_guest_whose_first_address_is_not_the_one_to_reach_it_by()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=agent:docker", "--var=login_timeout=20s"), 4, "tried: 172.17.0.1", "docker0 172.17.0.1", "vm_interface");
    }

    [Test]
    public void A_guest_that_has_IPv6_alone()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=agent:ipv6", "--var=login_timeout=20s"), 4, "2001:db8::", "vm_interface", installed.IsOld ? "nothing answers SSH there (tried: 2001:db8::" : "told no address that Packer takes");
    }

    [Test]
    public void A_Windows_installation_that_ends_after_its_media_were_attached_is_told_at_once()
    {
        using var bench = installed.Bench();
        var packer = bench.CopyTemplates();
        Workbench.Change(Path.Combine(packer, "os", "windows", "Autounattend.xml.scriban"), "</unattend>", "");

        // As a mere text nobody judges it before; Packer itself would wait for 90 minutes.
        var template = Path.Combine(packer, "templates", "windows-2022", "template.json");
        Workbench.Change(template, "\"format\": \"unattend\"", "\"format\": \"text\"");
        AssertFailed(bench, bench.Run("--target=BuildTemplate", "--template=windows-2022"), 4, "cannot succeed", "Autounattend.xml");
    }

    [Test]
    public async Task Packer_is_killed()
    {
        using var bench = installed.Bench();
        // Without an agent Packer waits for an address until it is told to stop.
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=agent:silent");
        await running.WaitForAsync("Waiting for SSH");
        foreach (var packer in Processes.Below(running.Id).Where(p => p.Name.StartsWith("packer", StringComparison.Ordinal)))
        {
            Processes.Signal(packer.Id, "KILL");
        }

        AssertFailed(bench, running.WaitForEnd(), 4, "killed");
    }

    [Test]
    public void Packer_is_missing()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--packer=" + Path.Combine(bench.Folder, "no-packer")), 1, "no-packer");
    }
}
