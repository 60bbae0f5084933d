using System.Diagnostics;
using System.Text.RegularExpressions;
using static EndToEnd.Tests.FailedBuild;

namespace EndToEnd.Tests;

/// <summary>
/// What goes wrong in practice, each tried with real Packer. Whatever the cause: the exit code of the contract, one
/// paragraph that names it, no record, and no VM left on the node.
/// </summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class FailureTests(InstalledPacker installed)
{
    private static void Change(string file, string pattern, string replacement)
    {
        var text = File.ReadAllText(file);
        var changed = Regex.Replace(text, pattern, replacement, RegexOptions.Multiline);
        Assert.That(changed, Is.Not.EqualTo(text), $"the test changes {file}");
        File.WriteAllText(file, changed);
    }

    [Test]
    public void A_kickstart_that_does_not_parse()
    {
        using var bench = installed.Bench();
        var kickstart = Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban");
        Change(kickstart, "^timezone ", "timezoone ");
        AssertFailed(bench, Build(bench), 3, "timezoone", "ks.cfg");
    }

    [Test]
    public void A_kickstart_without_the_SSH_key()
    {
        using var bench = installed.Bench();
        var kickstart = Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban");
        Change(kickstart, "^sshkey .*$", "");
        AssertFailed(bench, Build(bench), 3, "key");
    }

    [Test]
    public void A_wrong_URL_in_the_boot_command()
    {
        using var bench = installed.Bench();
        var template = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        Change(template, @"/ks\.cfg", "/kickstart.cfg");
        AssertFailed(bench, Build(bench), 3, "kickstart.cfg");
    }

    [Test]
    public void A_boot_command_that_starts_something_else_than_the_installation()
    {
        using var bench = installed.Bench();
        var template = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        Change(template, "<up><tab>", "<down><tab>");
        AssertFailed(bench, Build(bench), 3, "template.json", "rescue");
    }

    [Test]
    public void A_missing_ISO()
    {
        using var bench = installed.Bench();
        var template = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        var mirror = 0;
        File.WriteAllText(template, Regex.Replace(File.ReadAllText(template), @"https://[^""]*\.iso", _ => $"https://mirror{++mirror}.example.net/gone.iso"));
        AssertFailed(bench, Build(bench), 1, "mirror1.example.net/gone.iso", "mirror2.example.net/gone.iso");
    }

    [Test]
    public void A_full_range_of_VMIDs()
    {
        using var bench = installed.Bench();
        var template = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        var json = Newtonsoft.Json.Linq.JObject.Parse(File.ReadAllText(template));
        json["vmid"]!["last"] = (int)json["vmid"]!["first"]! + 1;
        File.WriteAllText(template, json.ToString());
        var built = Build(bench);
        Assert.That(built.ExitCode, Is.Zero, built.All);

        // One VMID is left, and the smoke test needs one of its own.
        var result = Build(bench);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
            Assert.That(result.Error, Does.Contain($"{json["vmid"]!["first"]} rocky-9"), "who holds the VMIDs");
            Assert.That(result.Output, Does.Not.Contain("Creating VM"), "it is known before a VM exists");
            Assert.That(bench.RecordsOf("rocky-9"), Has.Count.EqualTo(1), "latest and the first record stay");
        });
    }

    [Test]
    public void A_missing_privilege()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=privilege:VM.Config.CDROM"), 3, "VM.Config.CDROM");
    }

    [Test]
    public void A_disk_that_a_refused_build_left_is_passed_by()
    {
        // Packer 1.6 makes the disk before the VM, and nobody but an administrator may remove it.
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=revoked:VM.Config.CDROM"), 4, "VM.Config.CDROM");
        var result = Build(bench);
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That((int)Workbench.RunJson(bench.RecordsOf("rocky-9").Single())["vmid"]!, Is.AnyOf(9100, 9101));
        Assert.That(Machines.On(bench), Has.Count.EqualTo(1));
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
    public void A_full_storage()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=api:POST /nodes/*/storage/*/content=500 volume group \"pve\" has insufficient free space"), 4, "storage local-lvm is full", "--keep");
    }

    [Test]
    public void A_server_error_in_the_middle()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=api:POST /nodes/*/qemu/*/template=500 storage is on fire"), 4, "storage is on fire");
    }

    [Test]
    public void A_last_step_that_fails_in_its_task_though_Packer_ends_well()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=fail:qmconfig=storage is on fire"), 4, "storage is on fire");
    }

    [Test]
    public void A_template_that_is_not_what_was_asked_for_though_Packer_ends_well()
    {
        using var bench = installed.Bench();
        foreach (var source in new[] { "plugin", "builtin" })
        {
            Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.cores$", "= 3");
            Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.template_name$", "= \"of-somebody-else\"");
            Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.template_description$", "= \"no mark\"");
            Change(Path.Combine(bench.CopyTemplates(), source, "source.pkr.hcl"), @"= var\.cloud_init$", "= false");
        }

        var result = Build(bench);
        AssertFailed(
            bench, result, 4, "is not what was asked for", "cores: asked for 2, there 3", "name: asked for rocky-9-", "there of-somebody-else", "mark of this program: asked for packer-build-records:", "cloud-init drive: asked for ide on local-lvm, there none");
        Assert.That(result.All, Does.Match(@"fact +asked for +there").And.Match(@"cores +2 +3\b"));
    }

    [Test]
    public void What_fails_after_Packer_leaves_no_image_of_the_unattended_files()
    {
        // Packer 1.6 is given its media by the first such call, and they are taken out by the second; beside Packer of today the first one sets the tags.
        using var bench = installed.Bench();
        var result = bench.Run(
            "--target=BuildTemplate", "--template=windows-2022", "--var=tags=golden", $"--sandbox-fault=api:PUT /nodes/*/qemu/*/config#{(installed.IsOld ? 2 : 1)}=500 storage is on fire");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Not.Zero, result.All);
            Assert.That(result.Error, Does.Contain("storage is on fire"), result.All);
            Assert.That(result.All, Does.Contain("Converting VM to template").IgnoreCase, "Packer had ended");
            var volumes = Newtonsoft.Json.Linq.JObject.Parse(File.ReadAllText(Path.Combine(bench.Runtime, "sandbox", "node.json")))["Volumes"]!.Select(v => (string)v["Name"]!);
            Assert.That(volumes, Has.Some.Contains("windows-server-2022").And.None.Contains("-assets.iso"), "it holds the build user's password");
            Assert.That(bench.RecordsOf("windows-2022"), Is.Empty);
            AssertNoMachines(bench);
        });
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
        Change(Path.Combine(packer, "os", "windows", "Autounattend.xml.scriban"), "</unattend>", "");

        // As a mere text nobody judges it before; Packer itself would wait for 90 minutes.
        var template = Path.Combine(packer, "templates", "windows-2022", "template.json");
        Change(template, "\"format\": \"unattend\"", "\"format\": \"text\"");
        AssertFailed(bench, bench.Run("--target=BuildTemplate", "--template=windows-2022"), 4, "cannot succeed", "Autounattend.xml");
    }

    [Test]
    public void A_connection_that_is_lost_once()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--sandbox-fault=drop:PUT /nodes/*/qemu/*/sendkey"), 4, "the connection to the server was lost", "sendkey", "Run it again");
    }

    [Test]
    public void A_CPU_type_that_the_node_does_not_have()
    {
        using var bench = installed.Bench();
        var result = Build(bench, "--var=cpu_type=x86-64-v2-AEs");
        AssertFailed(bench, result, 3, "no CPU type 'x86-64-v2-AEs'", "x86-64-v2-AES");
        Assert.That(result.All, Does.Not.Contain("Creating VM"));
    }

    [Test]
    public void A_node_that_the_sandbox_does_not_have()
    {
        using var bench = installed.Bench();
        AssertFailed(bench, Build(bench, "--node=elsewhere"), 3, "elsewhere", "pve");
    }

    [Test]
    public void A_storage_that_is_named_and_that_the_sandbox_was_given()
    {
        using var bench = installed.Bench();
        var result = Build(bench, "--storage-vm=files", "--sandbox-storage=files:dir");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var record = Workbench.RunJson(bench.RecordsOf("rocky-9").Single());
        Assert.That((string?)record["proxmox"]!["storage_vm"], Is.EqualTo("files"));
        Assert.That(record["vm_facts"]!["disks"]!.Select(d => (string?)d["volume"]), Is.All.StartsWith("files:9100/"));
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

    [Test]
    public void A_signing_key_that_cannot_be_used_is_known_before_a_machine_is_built()
    {
        using var bench = installed.Bench();
        var result = Build(bench, "--signing-key=" + Path.Combine(bench.Folder, "no-key"));
        AssertFailed(bench, result, 2, "no-key");
        Assert.That(result.All, Does.Not.Contain("PackerBuild").And.Not.Contain("Creating VM"));
    }

    [Test, Platform("Linux")]
    public void A_key_whose_agent_does_not_sign_is_known_before_a_machine_is_built()
    {
        using var bench = installed.Bench();
        var key = Path.Combine(bench.Folder, "key");
        var socket = Path.Combine(bench.Folder, "agent");

        // An agent that asks its owner each time, and an owner who never agrees.
        var start = new ProcessStartInfo("ssh-agent", ["-D", "-a", socket]) { RedirectStandardOutput = true };
        (start.Environment["SSH_ASKPASS"], start.Environment["SSH_ASKPASS_REQUIRE"]) = ("/bin/false", "force");
        using var agent = Process.Start(start)!;
        try
        {
            Assert.That(agent.StandardOutput.ReadLine(), Does.Contain(socket));
            bench.Set("SSH_AUTH_SOCK", socket);
            var add = new ProcessStartInfo("sh", ["-c", "ssh-keygen -q -t ed25519 -N '' -f \"$1\" && ssh-add -q -c \"$1\"", "sh", key]);
            add.Environment["SSH_AUTH_SOCK"] = socket;
            using var adding = Process.Start(add)!;
            adding.WaitForExit();
            Assert.That(adding.ExitCode, Is.Zero);
            // The record of Init has been signed by another.
            Assert.That(bench.Run("--target=Init").ExitCode, Is.Zero);
            var result = Build(bench, $"--signing-key={key}.pub");
            Assert.That(result.ExitCode, Is.EqualTo(1), result.All);
            Assert.That(result.Error, Does.Contain("The record cannot be signed with the key SHA256:"));
            Assert.That(result.All, Does.Match(@"Validate failed after").And.Not.Contain("Creating VM"));
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty);
        }
        finally
        {
            agent.Kill();
        }
    }

    [Test]
    public void Records_that_cannot_be_written_are_known_before_a_machine_is_built()
    {
        using var bench = installed.Bench();
        Directory.CreateDirectory(bench.SandboxRecords);
        File.WriteAllText(Path.Combine(bench.SandboxRecords, "builds"), "");
        var result = Build(bench);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.All);
        Assert.That(result.All, Does.Contain("is a file").And.Not.Contain("PackerBuild"));
    }

    [Test]
    public void The_disk_is_full_when_the_record_is_written()
    {
        using var bench = installed.Bench();
        Assume.That(Tmpfs.TryMount(bench.Records, "64k"), Is.True, "mounting needs root");
        try
        {
            AssertFailed(bench, Build(bench), 1, "space");
        }
        finally
        {
            Tmpfs.Unmount(bench.Records);
        }
    }

    [Test]
    public async Task What_cannot_be_written_at_the_end_is_in_the_way_of_no_VM_and_of_no_secret()
    {
        using var bench = installed.Bench();
        var secrets = Directory.CreateDirectory(Path.Combine(bench.Folder, "secrets")).FullName;
        bench.Set("XDG_RUNTIME_DIR", secrets);
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9,ubuntu-24.04", "--parallel=2", "--sandbox-fault=agent:silent");
        foreach (var template in new[] { "rocky-9", "ubuntu-24.04" })
        {
            await running.WaitForAsync(template, "Waiting for SSH");
            // A folder in the place of the file: not even an administrator can write it then.
            var log = new DirectoryInfo(Path.Combine(bench.Runtime, "logs", "packer", template)).EnumerateDirectories().First(d => d.LinkTarget is null);
            Directory.CreateDirectory(Path.Combine(log.FullName, "result.json"));
        }

        foreach (var packer in Processes.Below(running.Id).Where(p => p.Name.StartsWith("packer", StringComparison.Ordinal)))
        {
            Processes.Signal(packer.Id, "KILL");
        }

        var result = running.WaitForEnd();
        var told = result.Output.Split('\n').Concat(result.Error.Split('\n')).Where(l => l.Contains("result.json", StringComparison.Ordinal)).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
            Assert.That(Directory.EnumerateFileSystemEntries(secrets), Is.Empty, "the secrets are gone");
            AssertNoMachines(bench);
            Assert.That(told, Has.Count.EqualTo(2).And.One.Contains("rocky-9").And.One.Contains("ubuntu-24.04"), result.All);
            Assert.That(result.All, Does.Not.Contain("   at "), "no stack trace");
        });
    }

    [Test]
    public void One_failed_template_of_several_does_not_lose_the_others()
    {
        using var bench = installed.Bench();
        var kickstart = Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban");
        Change(kickstart, "^timezone ", "timezoone ");
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9,ubuntu-24.04");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty);
            Assert.That(bench.RecordsOf("ubuntu-24.04"), Has.Count.EqualTo(1));
        });
    }

    [TestCase("os/rocky/ks.cfg.scriban", "^timezone ", "{{ for }}\ntimezone ", "ks.cfg")]
    [TestCase("templates/rocky-9/template.json", "\"login_timeout\": \"45m\"", "\"login_timeout\": \"45 minutes\"", "minutes")]
    public void A_template_that_cannot_be_staged_does_not_lose_the_others_on_a_new_sandbox(string file, string pattern, string replacement, string word)
    {
        using var bench = installed.Bench();
        Change(Path.Combine(bench.CopyTemplates(), file), pattern, replacement);
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9,ubuntu-24.04");
        var init = Directory.EnumerateFiles(Path.Combine(bench.SandboxRecords, "init"), "run.json", SearchOption.AllDirectories).First();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
            Assert.That(result.All, Does.Match($"rocky-9 is not in the init record.*{Regex.Escape(word)}"));
            Assert.That(bench.RecordsOf("rocky-9"), Is.Empty);
            Assert.That(bench.RecordsOf("ubuntu-24.04"), Has.Count.EqualTo(1));
            Assert.That(File.ReadAllText(init), Does.Contain("ubuntu-24.04/").And.Not.Contain("rocky-9/"));
            Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero, "the records verify");
        });
    }

    [Test]
    public void A_template_that_cannot_be_staged_fails_alone_and_fails_an_Init_that_was_asked_for()
    {
        using var bench = installed.Bench();
        Change(Path.Combine(bench.CopyTemplates(), "os", "rocky", "ks.cfg.scriban"), "^timezone ", "{{ for }}\ntimezone ");
        AssertFailed(bench, Build(bench), 3, "ks.cfg");
        Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero, "the record of Init, which has no template, verifies");
        var init = bench.Run("--target=Init");
        Assert.That(init.ExitCode, Is.EqualTo(3), init.All);
        Assert.That(init.Error, Does.Contain("ks.cfg"));
    }
}
