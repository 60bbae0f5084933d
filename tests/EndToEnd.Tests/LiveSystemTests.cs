using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>
/// What fails with real machines ends as on a cluster: the exit code of the contract, a picture of the screen, no record, and
/// nothing left; and two machines run at once. The guest is the test medium's live system, which lets Packer in without an
/// installation.
/// </summary>
[Category("RealMachine")]
internal sealed class LiveSystemTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);
    private string medium = "";

    [OneTimeSetUp]
    public void MakeMedium() => medium = TestMedium.Require();

    private Workbench Bench(string script, Action<JObject>? more = null)
    {
        var bench = new Workbench();
        var packer = RealBuild.Change(bench, medium, template =>
        {
            template["boot"]!["command"] = new JArray("c<wait2>", "live autoinstall \"ds=nocloud;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/\"<enter>");
            template["hardware"]!["disk_gb"] = 6;
            ((JArray)template["provision"]!).Insert(0, "fault.sh");
            template["login_timeout"] = "15m";
            more?.Invoke(template);
        });
        File.WriteAllText(Path.Combine(packer, "os", "common", "fault.sh"), $"#!/bin/sh\n# fault.sh\nset -eu\n{script}\n");
        return bench;
    }

    private static void AssertFailed(Workbench bench, RunResult ended, int exitCode, params string[] words)
    {
        var error = ended.Error.Split('\n').FirstOrDefault(l => l.StartsWith("Error:", StringComparison.Ordinal)) ?? "";
        Assert.Multiple(() =>
        {
            Assert.That(ended.ExitCode, Is.EqualTo(exitCode), ended.All);
            foreach (var word in words)
            {
                Assert.That(error, Does.Contain(word), ended.All);
            }

            Assert.That(bench.RecordsOf("ubuntu-24.04"), Is.Empty, "no record");
            RealBuild.AssertNothingIsLeft(bench);
            Assert.That(Processes(bench.Folder), Is.Empty, "QEMU or another program of the build runs on.");
        });
    }

    private static async Task WaitForScriptAsync(Workbench bench, RunningProgram running)
    {
        try
        {
            await running.WaitForAsync("Provisioning with shell script");
        }
        catch (AssertionException)
        {
            TestContext.Out.WriteLine($"The screens are kept in {RealBuild.Keep(bench)}");
            throw;
        }
    }

    private static List<int> Processes(string word) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit)).Where(n => Line(n!).Contains(word, StringComparison.Ordinal)).Select(n => int.Parse(n!, CultureInfo.InvariantCulture))];

    private static string Line(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [Test]
    public void Two_templates_are_built_at_once()
    {
        using var bench = Bench("test -b /dev/sda", t =>
        {
            t["provision"] = new JArray("fault.sh", "remove-build-user.sh");
            t["cloud_init"] = false;

            // Two firmwares at once on a busy machine; the menu waits a minute.
            t["boot"]!["wait"] = "12s";
            t["smoke_test"] = new JObject { ["skip"] = "the live system installs nothing" };
        });
        var templates = Path.Combine(bench.Root, "infra", "packer", "templates");
        Directory.CreateDirectory(Path.Combine(templates, "ubuntu-live"));
        var second = JObject.Parse(File.ReadAllText(Path.Combine(templates, "ubuntu-24.04", "template.json")));
        second["title"] = "A second one";
        second["vmid"] = new JObject { ["first"] = 9800, ["last"] = 9809 };
        File.WriteAllText(Path.Combine(templates, "ubuntu-live", "template.json"), second.ToString());
        var ended = bench.Run(Limit, "--target=BuildTemplate", "--template=ubuntu-24.04,ubuntu-live", "--parallel=2", "--sandbox-machines=qemu", $"--iso={medium}");
        Assert.That(ended.ExitCode, Is.Zero, () => $"{ended.All}\nThe screens are kept in {RealBuild.Keep(bench)}");
        var records = ((string[])["ubuntu-24.04", "ubuntu-live"]).Select(t => Workbench.RunJson(bench.RecordsOf(t).Single())).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(records.Select(r => (string?)r.SelectToken("sandbox.machines")), Is.All.EqualTo("qemu"));
            Assert.That(records.SelectMany(r => r["provisioning"]!.Select(s => (int?)s["exit_status"])), Is.EqualTo(new int?[] { 0, 0, 0, 0 }));
            Assert.That((DateTime)records[0]["started_utc"]!, Is.LessThan((DateTime)records[1]["finished_utc"]!), "both at once");
            Assert.That((DateTime)records[1]["started_utc"]!, Is.LessThan((DateTime)records[0]["finished_utc"]!), "both at once");
            RealBuild.AssertNothingIsLeft(bench, "base-");
        });
    }

    [Test]
    public void A_script_that_meets_a_full_disk_is_named_with_its_exit_code_its_last_words_and_a_picture()
    {
        using var bench = Bench("mkfs.ext4 -q -F /dev/sda\nmount /dev/sda /mnt\nfallocate -l 7G /mnt/fill || exit 3");
        var ended = bench.Run(Limit, RealBuild.Arguments(medium));
        AssertFailed(bench, ended, 4, "fault.sh", "exit status: 3", "No space left on device", "screen-");
        var picture = Regex.Match(ended.Error, @"\S+screen-[0-9TZ-]+\.png").Value;
        Assert.That(File.ReadAllBytes(picture).AsSpan(1, 3).SequenceEqual("PNG"u8), Is.True);
    }

    [Test]
    public void A_full_disk_of_the_host_stops_the_machine_and_ends_the_build()
    {
        using var bench = Bench("mkfs.ext4 -q -F /dev/sda\nmount /dev/sda /mnt\ndd if=/dev/urandom of=/mnt/fill bs=1M count=1500 conv=fsync");
        var state = Path.Combine(bench.Runtime, "sandbox-qemu");
        Assume.That(Tmpfs.TryMount(state, $"{new FileInfo(medium).Length / (1 << 20) + 300}m"), Is.True, "mounting needs root");
        try
        {
            var ended = bench.Run(Limit, RealBuild.Arguments(medium));
            AssertFailed(bench, ended, 4, "stands still", "io-error", "screen-");
        }
        finally
        {
            Tmpfs.Unmount(state);
        }
    }

    [Test]
    public async Task QEMU_that_is_killed_in_the_middle_of_a_script_ends_the_build()
    {
        using var bench = Bench("sleep 3600");
        using var running = bench.Start([.. RealBuild.Arguments(medium), "--screenshots=20"]);
        await WaitForScriptAsync(bench, running);
        using (var qemu = Process.GetProcessById(Processes(bench.Folder).Single(p => Line($"{p}").StartsWith("/usr/bin/qemu-system", StringComparison.Ordinal))))
        {
            qemu.Kill();
        }

        AssertFailed(bench, running.WaitForEnd(Limit), 4, "QEMU exited with code 137", "screen-");
    }

    [Test]
    public async Task Ctrl_C_in_the_middle_of_a_script_leaves_no_machine()
    {
        using var bench = Bench("sleep 3600");
        using var running = bench.Start([.. RealBuild.Arguments(medium), "--screenshots=20"]);
        await WaitForScriptAsync(bench, running);
        running.Interrupt();
        AssertFailed(bench, running.WaitForEnd(Limit), 130, "interrupted");
    }

    [Test]
    public void A_guest_without_an_agent_is_not_found_and_its_screen_is_kept()
    {
        // As a mere text nobody judges it before.
        using var bench = Bench("true", t =>
        {
            t["login_timeout"] = "90s";
            t["assets"]![0]!["format"] = "text";
        });
        var userData = Path.Combine(bench.Root, "infra", "packer", "os", "ubuntu", "user-data.scriban");
        File.WriteAllText(userData, File.ReadAllText(userData).Replace("    - qemu-guest-agent\n", "", StringComparison.Ordinal));
        var ended = bench.Run(Limit, RealBuild.Arguments(medium));

        // All that is known from outside: this guest writes nothing to its disk.
        AssertFailed(bench, ended, 4, "0 MiB written to the disk", "screen-");
    }

    [Test]
    public void A_boot_line_that_starts_nothing_shows_why_on_the_screen()
    {
        using var bench = Bench("true", t =>
        {
            t["login_timeout"] = "30s";
            t["boot"]!["command"] = new JArray("c<wait2>", "linux /casper/vmlinuz autoinstall \"ds=nocloud;s=http://{{ .HTTPIP }}:{{ .HTTPPort }}/\"<enter><wait2>", "initrd /casper/not-there<enter><wait2>", "boot<enter>");
        });
        var ended = bench.Run(Limit, RealBuild.Arguments(medium));
        AssertFailed(bench, ended, 4, "screen-");
    }
}
