using System.Net;
using System.Net.Sockets;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>Several templates: each has its own chain, its own times and its own end.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class ChainTests(InstalledPacker installed)
{
    /// <summary>The guest of windows-2022 never tells its address, so that its build goes on; debian-12 cannot be made a template.</summary>
    private static readonly string[] FourTemplates =
    [
        "--target=BuildTemplate", "--template=rocky-9,debian-12,ubuntu-24.04,windows-2022", "--parallel=4",
        "--sandbox-fault=api:GET /nodes/*/qemu/9200/agent/network-get-interfaces=500 QEMU guest agent is not running",
        "--sandbox-fault=api:POST /nodes/*/qemu/9300/template=500 out of space",
    ];

    [Test]
    public async Task What_is_built_is_sealed_while_another_is_slow_and_another_has_failed_and_an_interruption_loses_none_of_it()
    {
        using var bench = installed.Bench();
        using var running = bench.Start(FourTemplates);
        await running.WaitForAsync("rocky-9", "sealed");
        await running.WaitForAsync("ubuntu-24.04", "sealed");
        await running.WaitForAsync("debian-12", "Error");
        running.Interrupt();
        var result = running.WaitForEnd();
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(130), result.All);
            AssertSealed(bench, "rocky-9");
            AssertSealed(bench, "ubuntu-24.04");
            Assert.That(bench.RecordsOf("debian-12").Concat(bench.RecordsOf("windows-2022")), Is.Empty);
            Assert.That((string?)Result(bench, "debian-12")["status"], Is.EqualTo("failed"));
            Assert.That((string?)Result(bench, "windows-2022")["status"], Is.EqualTo("interrupted"));
            Assert.That(result.Output, Does.Contain("rocky-9: template 9100").And.Contain("ubuntu-24.04: template 9050"), "one report at the end");
            Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero);
        });
    }

    [Test]
    public async Task A_power_cut_loses_only_what_was_not_finished()
    {
        using var bench = installed.Bench();
        using var running = bench.Start(FourTemplates);
        await running.WaitForAsync("rocky-9", "sealed");
        await running.WaitForAsync("ubuntu-24.04", "sealed");
        await running.WaitForAsync("windows-2022", "Waiting for WinRM");
        var below = Processes.Below(running.Id).ToList();
        Processes.Signal(running.Id, "KILL");
        below.ForEach(p => Processes.Signal(p.Id, "KILL"));
        running.WaitForEnd();
        var next = bench.Run("--target=BuildTemplate", "--template=rocky-9");
        Assert.Multiple(() =>
        {
            Assert.That(next.ExitCode, Is.Zero, next.All);
            Assert.That(bench.RecordsOf("rocky-9"), Has.Count.EqualTo(2));
            Assert.That(bench.RecordsOf("ubuntu-24.04"), Has.Count.EqualTo(1));
            Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero);
        });
    }

    /// <summary>The guest of rocky-9 never tells its address, so that its Packer holds a port while the others are validated.</summary>
    [Test]
    public async Task Two_places_need_two_ports_however_many_templates_there_are()
    {
        using var bench = installed.Bench();
        var port = TwoFreePorts();
        using var running = bench.Start(
            "--target=BuildTemplate", "--template=rocky-9,debian-12,ubuntu-24.04", "--parallel=2", $"--var=http_port_min={port}", $"--var=http_port_max={port + 2}",
            "--sandbox-fault=api:GET /nodes/*/qemu/9100/agent/network-get-interfaces=500 QEMU guest agent is not running");
        await running.WaitForAsync("debian-12", "sealed");
        await running.WaitForAsync("ubuntu-24.04", "sealed");
        running.Interrupt();
        var result = running.WaitForEnd();
        Assert.That(result.ExitCode, Is.EqualTo(130), result.All);
    }

    private static int TwoFreePorts()
    {
        for (;;)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody else's.
            }
        }
    }

    [Test]
    public void Each_record_has_the_times_of_its_own_template()
    {
        using var bench = installed.Bench();
        var result = bench.Run("--target=BuildTemplate", "--template=debian-13,rocky-9", "--parallel=1");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var runs = new[] { "debian-13", "rocky-9" }.Select(t => Workbench.RunJson(bench.RecordsOf(t).Single())).OrderBy(r => (string?)r["started_utc"], StringComparer.Ordinal).ToList();
        Assert.Multiple(() =>
        {
            Assert.That((DateTime)runs[1]["started_utc"]!, Is.GreaterThanOrEqualTo((DateTime)runs[0]["finished_utc"]!), "the second began when the first had ended");
            Assert.That(runs.Select(r => (long)r["duration_seconds"]!), Is.EqualTo(runs.Select(r => (long)((DateTime)r["finished_utc"]! - (DateTime)r["started_utc"]!).TotalSeconds)));
            Assert.That(runs.Select(r => ((string)r["chain_id"]!).Split('-')[1]).Distinct().Count(), Is.EqualTo(1), "the same run");
        });
    }

    private static void AssertSealed(Workbench bench, string template)
    {
        var record = bench.RecordsOf(template).Single();
        Assert.That(new DirectoryInfo(Path.Combine(bench.SandboxRecords, "builds", template, "latest")).ResolveLinkTarget(true)!.FullName, Is.EqualTo(record));
        Assert.That((string?)Result(bench, template)["status"], Is.EqualTo("success"));
    }

    private static JObject Result(Workbench bench, string template) =>
        JObject.Parse(File.ReadAllText(Path.Combine(bench.Runtime, "logs", "packer", template, "latest", "result.json")));
}
