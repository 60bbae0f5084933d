using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>What an operator does once: setting access up on a cluster, over its API alone.</summary>
internal sealed class ClusterInitTests
{
    private static string Error(RunResult result) => result.Error.Split('\n').FirstOrDefault(l => l.StartsWith("Error:", StringComparison.Ordinal)) ?? "";

    [Test]
    public async Task Init_makes_the_login_for_builds_keeps_it_private_and_leaves_a_record_without_its_secrets()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        var result = cluster.Init();
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var env = cluster.Env();
        var record = Workbench.RunJson(cluster.Records("init").Single());
        var permissions = await cluster.ApiAsync(HttpMethod.Get, "access/permissions?userid=packer@pve!build");
        Assert.Multiple(() =>
        {
            Assert.That(env["PROXMOX_URL"], Is.EqualTo(cluster.Url));
            Assert.That(env["PROXMOX_USERNAME"], Is.EqualTo("packer@pve!build"));
            Assert.That(env["PROXMOX_TOKEN"], Does.Match("^[0-9a-f-]{36}$"));
            Assert.That(env["PROXMOX_POOL"], Is.EqualTo("packer"));
            Assert.That(env.Values, Does.Not.Contain(cluster.Password), "the administrator's password is not kept");
            if (!OperatingSystem.IsWindows())
            {
                Assert.That(File.GetUnixFileMode(cluster.EnvFile), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            }

            Assert.That((string)record["token_id"]!, Is.EqualTo("packer@pve!build"));
            Assert.That((string)record["role"]!, Is.EqualTo("PackerBuild"));
            Assert.That(record["privileges"]!.Select(p => (string)p!), Does.Contain("VM.GuestAgent.Audit").And.Not.Contain("VM.Monitor"));
            Assert.That((string)record["environment"]!, Is.EqualTo("proxmox"));
            Assert.That(permissions!.Children<Newtonsoft.Json.Linq.JProperty>().Select(p => p.Name), Is.EquivalentTo(new[]
            {
                "/pool/packer", "/storage/local", "/storage/local-lvm", "/sdn/zones/localnetwork/vmbr0", "/nodes/pve",
            }), "nothing is granted elsewhere");
            foreach (var file in Directory.EnumerateFiles(cluster.Bench.Folder, "*", SearchOption.AllDirectories).Where(f => f != cluster.EnvFile))
            {
                Assert.That(File.ReadAllText(file), Does.Not.Contain(env["PROXMOX_TOKEN"]).And.Not.Contain(cluster.Password), file);
            }
        });
    }

    [Test]
    public async Task Init_again_changes_nothing_and_leaves_no_record_and_rotating_makes_a_new_secret()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        var first = cluster.Env();
        var again = cluster.Init();
        Assert.That(again.Output, Does.Contain("nothing was changed"), again.All);
        Assert.That(cluster.Env(), Is.EqualTo(first));
        var check = cluster.Bench.Run("--target=Init");
        Assert.That(check.ExitCode, Is.Zero, check.All);
        Assert.That(check.Output, Does.Contain("has every privilege"), check.All);
        Assert.That(cluster.Records("init"), Has.Count.EqualTo(1), check.All);
        var rotated = cluster.Init("--rotate-token");
        Assert.That(rotated.ExitCode, Is.Zero, rotated.All);
        Assert.That(cluster.Env()["PROXMOX_TOKEN"], Is.Not.EqualTo(first["PROXMOX_TOKEN"]));
        Assert.That(cluster.Records("init"), Has.Count.EqualTo(2), "a new token is a change");
        Assert.That(cluster.Bench.Run("--target=Init").Output, Does.Contain("has every privilege"), "the new secret works");
    }

    [Test]
    public async Task What_is_open_is_asked_for_with_a_list_after_one_login()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0], "--sandbox-storage=share:dir", "--sandbox-storage=other:dir");
        var result = cluster.Bench.RunAtTerminal(
            ["--target=Init", $"--proxmox-url={cluster.Url}", $"--trust-fingerprint={cluster.Fingerprint}", $"--ssh-proxy={cluster.Facts["ssh_proxy"]}"],
            ["Administrator of", "root@pam"], ["Password of root@pam", cluster.Password], ["Which? Type its number or name", "9"], ["Which? Type its number or name", "share"], ["Which? Type its number or name", "1"]);
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(cluster.Env()["PROXMOX_STORAGE_VM"], Is.EqualTo("share"));
        Assert.That(Regex.Count(result.Output, "Password of root@pam"), Is.EqualTo(1), result.All);
    }

    [Test]
    public async Task A_dry_run_prints_the_changes_and_makes_none()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        var result = cluster.Init("--dryrun");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.All);
            Assert.That(result.Output, Does.Contain("create the user packer@pve").And.Contain("grant PackerMedia on /storage/local"));
            Assert.That(result.Output, Does.Not.Contain("dry run").IgnoreCase, "Cake's words about tasks say nothing of the server");
            Assert.That(File.Exists(cluster.EnvFile), Is.False);
            Assert.That(File.Exists(cluster.CertificateFile), Is.False);
        });
        var users = await cluster.ApiAsync(HttpMethod.Get, "access/users");
        Assert.That(users!.Select(u => (string)u["userid"]!), Does.Not.Contain("packer@pve"));
    }

    [Test]
    public async Task Ctrl_C_ends_a_dry_run_that_waits_for_the_server()
    {
        using var bench = new Workbench().Set("PROXMOX_USERNAME", "root@pam").Set("PROXMOX_PASSWORD", "correct horse");
        bench.CopyTemplates();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var running = bench.Start("--target=Init", "--dryrun", $"--proxmox-url=https://{silent.LocalEndpoint}");
        using var asked = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromMinutes(2));
        running.Interrupt();
        var result = running.WaitForEnd();
        Assert.That(result.ExitCode, Is.EqualTo(130), result.All);
        Assert.That(Error(result), Does.Contain("interrupted"), result.All);
        Assert.That(result.All, Does.Not.Contain("   at "), "no stack trace");
    }

    [Test]
    public async Task A_token_that_lacks_privileges_is_told_each_with_its_path()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        cluster.Init();
        await cluster.ApiAsync(HttpMethod.Put, "access/acl", ("path", "/sdn/zones/localnetwork/vmbr0"), ("roles", "PackerBuild"), ("tokens", "packer@pve!build"), ("delete", "1"));
        await cluster.ApiAsync(HttpMethod.Put, "access/roles/PackerMedia", ("privs", "Datastore.Audit,Datastore.Allocate"));
        var result = cluster.Bench.Run("--target=Init");
        Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
        Assert.That(Error(result), Does.Contain("SDN.Use on /sdn/zones/localnetwork/vmbr0").And.Contain("Datastore.AllocateTemplate on /storage/local "));
    }

    [Test]
    public async Task A_second_factor_is_asked_for_and_taken_from_the_environment_where_nobody_is()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0], "--sandbox-fault=tfa:root@pam=123456");
        var refused = cluster.Init();
        Assert.That(Error(refused), Does.Contain("second factor").And.Contain("PROXMOX_OTP"), refused.All);
        cluster.Bench.Set("PROXMOX_OTP", "654321");
        Assert.That(cluster.Init().ExitCode, Is.EqualTo(1), "a wrong code");
        cluster.Bench.Set("PROXMOX_OTP", "123456");
        var result = cluster.Init();
        Assert.That(result.ExitCode, Is.Zero, result.All);
    }

    [Test]
    public async Task Several_candidates_are_listed_with_the_argument_that_chooses()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0], "--sandbox-storage=share:dir");
        var result = cluster.Init();
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(Error(result), Does.Match(@"share \(dir, [\d.]+ GiB free\)").And.Contain("local-lvm").And.Contain("--storage-vm=<name>"));
        var chosen = cluster.Init("--storage-vm=local-lvm", "--storage-iso=share", "--node=auto");
        Assert.That(chosen.ExitCode, Is.Zero, chosen.All);
        Assert.That(cluster.Env()["PROXMOX_NODE"], Is.EqualTo("auto"));
    }

    [Test]
    public async Task Nobody_and_a_wrong_password_are_refused_in_a_sentence()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        var nobody = cluster.Bench.Run("--target=Init", $"--proxmox-url={cluster.Url}");
        Assert.That(nobody.ExitCode, Is.EqualTo(2), nobody.All);
        Assert.That(Error(nobody), Does.Contain("PROXMOX_PASSWORD"));
        cluster.Bench.Set("PROXMOX_USERNAME", "root@pam").Set("PROXMOX_PASSWORD", "wrong");
        var wrong = cluster.Bench.Run("--target=Init", $"--proxmox-url={cluster.Url}", $"--trust-fingerprint={cluster.Fingerprint}");
        Assert.That(wrong.ExitCode, Is.EqualTo(1), wrong.All);
        Assert.That(Error(wrong), Does.Contain("refused the login").And.Contain("Check user and password").And.Not.Contain("target Init"), "not with the target that was run");
    }

    [Test]
    public async Task At_a_terminal_name_password_and_trust_are_asked_for_and_the_password_is_not_shown()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        var result = cluster.Bench.RunAtTerminal(
            ["--target=Init", $"--proxmox-url={cluster.Url}", $"--ssh-proxy={cluster.Facts["ssh_proxy"]}"],
            ["Administrator of", "root@pam"], ["Password of root@pam", cluster.Password], ["Type yes or no", "yes"]);
        Assert.Multiple(() =>
        {
            Assert.That(result.Output, Does.Contain(cluster.Fingerprint), result.All);
            Assert.That(result.Output, Does.Not.Contain(cluster.Password));
            Assert.That(File.Exists(cluster.EnvFile), Is.True, result.All);
            Assert.That(Regex.Count(result.Output, "Type yes or no"), Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Ctrl_C_at_a_question_ends_Init_and_leaves_the_terminal_as_it_was()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        string?[][] answers = [["Administrator of", "root@pam"], ["Password of root@pam", cluster.Password], ["Type yes or no", "yes"]];
        foreach (var (question, options) in new[] { ("Administrator of", Array.Empty<string>()), ("Password of root@pam", []), ("Password of root@pam", ["--dryrun"]), ("Type yes or no", []) })
        {
            var asked = answers.TakeWhile(a => a[0] != question).Append([question, Workbench.CtrlC]).ToArray();
            var result = cluster.Bench.RunAtTerminal(["--target=Init", $"--proxmox-url={cluster.Url}", $"--ssh-proxy={cluster.Facts["ssh_proxy"]}", .. options], asked);
            Assert.Multiple(() =>
            {
                Assert.That(result.ExitCode, Is.EqualTo(130), result.All);
                Assert.That(result.Output, Does.Contain("Init was interrupted").And.Not.Contain(cluster.Password));
                Assert.That(result.Error, Is.Empty, "the terminal shows what is typed");
                Assert.That(File.Exists(cluster.EnvFile), Is.False);
            });
        }
    }
}
