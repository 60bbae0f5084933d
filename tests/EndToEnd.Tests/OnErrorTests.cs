using System.Diagnostics;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;
using static EndToEnd.Tests.FailedBuild;

namespace EndToEnd.Tests;

/// <summary>What becomes of the VM of a build that fails: <c>--on-error</c>.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class OnErrorTests(InstalledPacker installed)
{
    private const string Broken = "--sandbox-fault=script:cleanup.sh=1";

    private static string KeptFolder(Workbench bench) => Path.Combine(bench.Runtime, "kept");

    [Test]
    public void Abort_keeps_the_VM_and_its_login_says_how_to_reach_it_and_Clean_removes_both()
    {
        using var bench = installed.Bench();
        var result = Build(bench, Broken, "--on-error=abort", "--output=json");
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        var kept = JObject.Parse(result.Output)["templates"]![0]!["kept"]!;
        var key = (string)kept["login"]!;
        var logs = Directory.ResolveLinkTarget(Path.Combine(bench.Runtime, "logs", "packer", "rocky-9", "latest"), true)!.FullName;
        var state = JObject.Parse(File.ReadAllText(Path.Combine(bench.Runtime, "sandbox", "node.json")));
        Assert.Multiple(() =>
        {
            Assert.That(Machines.On(bench), Is.EqualTo(new[] { 9100 }));
            Assert.That((string?)state.SelectToken("$.Machines.*.Config.description"), Does.Contain("Script exited with non-zero exit status").And.Match("packer-build-records: purpose=failed-build template=rocky-9 chain=CHAIN-"));
            Assert.That(result.Error, Does.Contain("VM 9100 (rocky-9-").And.Contain($"ssh -i '{key}'").And.Contain("--target=Sandbox").And.Contain("--target=Clean --vms").And.Not.Contain("may still be there"));
            Assert.That(JToken.DeepEquals(kept, Sorted(JObject.Parse(File.ReadAllText(Path.Combine(logs, "result.json")))["kept"]!, kept)), "result.json tells the same");
            Assert.That(Directory.EnumerateFiles(Path.Combine(bench.Runtime, "work"), "*", SearchOption.AllDirectories).Select(File.ReadAllText), Has.None.Contain("PRIVATE KEY"), "nowhere else");
        });
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(key), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.That(File.GetUnixFileMode(Path.GetDirectoryName(key)!), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        }

        var next = bench.Run("--target=Validate", "--template=rocky-9");
        Assert.That(next.ExitCode, Is.Zero, next.All);
        Assert.That(next.Output + bench.Run("--target=List").Output, Does.Match(@"VM 9100 \(rocky-9-\d{8}t\d{6}z\) on node pve of the sandbox, which run \S+ made and kept when it failed, is still there"));
        Assert.That(bench.Run("--target=Clean", "--vms").ExitCode, Is.Zero);
        Assert.Multiple(() =>
        {
            AssertNoMachines(bench);
            Assert.That(KeptFolder(bench), Does.Not.Exist, "the key goes with the VM");
            Assert.That(bench.Run("--target=List").Output, Does.Not.Contain("VM 9100"));
        });
    }

    [Test, Platform("Linux")]
    public async Task On_a_cluster_the_console_is_named_and_the_VM_stays_until_Clean_destroys_it()
    {
        await using var cluster = await ClusterBench.StartAsync(installed, Broken);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        var result = cluster.Build("rocky-9", "--on-error=abort");
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        Assert.That(result.All, Does.Match(@"Console: https://127\.0\.0\.1:\d+/\?console=kvm&novnc=1&node=pve&vmid=9100&vmname=rocky-9-"));
        Assert.That((string)(await cluster.ApiAsync(HttpMethod.Get, "nodes/pve/qemu/9100/config"))!["description"]!, Does.Contain("purpose=failed-build"));
        Assert.That((string)(await cluster.ApiAsync(HttpMethod.Get, "nodes/pve/qemu/9100/status/current"))!["status"]!, Is.EqualTo("running"), "it is as the failure left it");
        LogIn(cluster.Bench, Regex.Match(result.All, "SSH: (ssh -i .*)").Groups[1].Value.Trim());

        var plain = cluster.Bench.Run("--target=Clean");
        Assert.That(plain.ExitCode, Is.Zero, plain.All);
        Assert.That(await cluster.VmidsAsync(), Is.EqualTo(new[] { 9100 }), "without --vms nothing on the cluster is touched");
        Assert.That(Directory.EnumerateFiles(KeptFolder(cluster.Bench), "*", SearchOption.AllDirectories), Is.Not.Empty, "and the login stays with it");
        var all = cluster.Bench.Run("--target=Clean", "--vms", "--environment=proxmox");
        Assert.That(all.ExitCode, Is.Zero, all.All);
        Assert.That(await cluster.VmidsAsync(), Is.Empty, all.All);
        Assert.That(all.Output, Does.Contain("Destroyed VM 9100"));
        Assert.That(KeptFolder(cluster.Bench), Does.Not.Exist);
    }

    [TestCase("c", false)]
    [TestCase("a", true)]
    [TestCase(Workbench.CtrlC, false), Platform("Linux")]
    public void Ask_shows_the_failure_and_does_what_is_answered(string answer, bool stays)
    {
        using var bench = installed.Bench();
        var result = bench.RunAtTerminal(
            ["--target=BuildTemplate", "--template=rocky-9", Broken, "--on-error=ask"],
            ["abort without cleanup?", "what?"], ["Incorrect input: 'what?'", answer]);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
            Assert.That(result.Output.Split("[c] Clean up and exit")[0], Does.Contain("Script exited with non-zero exit status").And.Contain("VM 9100 is as the failure left it").And.Contain("ssh -i"));
            Assert.That(Machines.On(bench), stays ? Is.EqualTo(new[] { 9100 }) : Is.Empty);
            Assert.That(Directory.Exists(KeptFolder(bench)) && Directory.EnumerateFileSystemEntries(KeptFolder(bench)).Any(), Is.EqualTo(stays));
        });
    }

    [Test]
    public void Ask_is_refused_where_nobody_can_be_asked()
    {
        using var bench = installed.Bench();
        var result = Build(bench, "--on-error=ask");
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.Error, Does.Contain("--on-error=ask").And.Contain("nobody can be asked").And.Contain("--on-error=abort"));
        Assert.That(bench.Runtime, Does.Not.Exist, "nothing was begun");
    }

    [Test]
    public async Task Ctrl_C_keeps_nothing()
    {
        using var bench = installed.Bench();
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=agent:silent", "--on-error=abort");
        await running.WaitForAsync("Waiting for SSH");
        running.Interrupt();
        AssertFailed(bench, running.WaitForEnd(), 130, "interrupted");
        Assert.That(KeptFolder(bench), Does.Not.Exist);
    }

    [Test]
    public void What_the_boot_loader_shows_lies_beside_the_logs()
    {
        using var bench = installed.Bench();
        var result = Build(bench, "--sandbox-fault=api:PUT /nodes/*/qemu/*/sendkey=500 VM 9100 qmp command 'sendkey' failed");
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        var screen = Directory.EnumerateFiles(Path.Combine(bench.Runtime, "logs"), "screen.txt", SearchOption.AllDirectories).Single(f => !f.Contains("latest", StringComparison.Ordinal));
        Assert.That(result.Error, Does.Contain("The screen as it was last: " + screen));
        Assert.That(File.ReadAllText(screen), Does.Contain(" Install Rocky Linux 9").And.Contain("*Test this media & install Rocky Linux 9"));
    }

    /// <summary>Logs in with the command that was told. OpenBSD's nc is not on every machine: where it is not, a stand-in does what it is told.</summary>
    private static void LogIn(Workbench bench, string command)
    {
        const string Nc = """
            #!/usr/bin/env python3
            import os, socket, struct, sys, threading
            _, x, five, proxy, at, host, port = sys.argv
            assert (x, five, proxy) == ("-X", "5", "-x"), sys.argv
            s = socket.create_connection(at.rsplit(":", 1))
            s.sendall(b"\x05\x01\x00")
            assert s.recv(2) == b"\x05\x00"
            s.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + struct.pack(">H", int(port)))
            assert s.recv(10)[1] == 0
            def up():
                while data := os.read(0, 65536):
                    s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            threading.Thread(target=up, daemon=True).start()
            while data := s.recv(65536):
                os.write(1, data)
            """;
        var tools = Directory.CreateDirectory(Path.Combine(bench.Folder, "tools")).FullName;
        File.WriteAllText(Path.Combine(tools, "nc"), Nc);
        Process.Start("chmod", ["+x", Path.Combine(tools, "nc")])!.WaitForExit();
        var start = new ProcessStartInfo("sh", ["-c", command.Replace("ssh -i", "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i", StringComparison.Ordinal) + " true"]) { RedirectStandardError = true };
        start.Environment["PATH"] += Path.PathSeparator + tools;
        using var ssh = Process.Start(start)!;
        var said = ssh.StandardError.ReadToEnd();
        ssh.WaitForExit();
        Assert.That(ssh.ExitCode, Is.Zero, $"{command}\n{said}");
    }

    /// <summary>The properties in the order of another object, without those that are null there.</summary>
    private static JObject Sorted(JToken told, JToken like) =>
        new(((JObject)like).Properties().Select(p => new JProperty(p.Name, told[p.Name] ?? JValue.CreateNull())));
}
