using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>
/// Builds as the token that Init made, whose rights come from a pool, where things go as on a real cluster: a storage is
/// slow, so that a VM joins its pool late; the network is a VNet; a tag is not for everybody.
/// </summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class PoolBuildTests(InstalledPacker installed)
{
    private const string SlowStorage = "--sandbox-fault=slow:qmcreate=8000";

    private static string Error(RunResult result) => result.Error.Split('\n').FirstOrDefault(l => l.StartsWith("Error:", StringComparison.Ordinal)) ?? "";

    // A cluster that is slow and lags behind, where an installer has an agent that comes and goes.
    private static readonly string[] Sluggish =
        [SlowStorage, "--sandbox-nodes=3", "--sandbox-status-lag=10000", "--sandbox-task-time=250", "--sandbox-fault=agent:installer"];

    private static readonly string[] AnyNode = ["--node=auto", "--storage-vm=shared", "--storage-iso=local"];

    private static readonly string[] VNet = ["--bridge=vlab0:7"];

    [TestCase("9", true)]
    [TestCase("8", false)]
    public async Task Init_and_a_build_on_a_VNet_with_a_storage_that_needs_eight_seconds(string version, bool sluggish)
    {
        await using var cluster = await ClusterBench.StartAsync(installed, [$"--sandbox-version={version}", .. sluggish ? Sluggish : [SlowStorage]]);
        await MakeVNetAsync(cluster);
        var init = cluster.Init([.. VNet, .. sluggish ? AnyNode : []]);
        Assert.That(init.ExitCode, Is.Zero, init.All);
        Assert.That(cluster.Env()["PROXMOX_BRIDGE"], Is.EqualTo("vlab0:7"));
        var built = cluster.Build("rocky-9", "--var=tags=golden;linux");
        Assert.That(built.ExitCode, Is.Zero, built.All);
        var node = (string)Workbench.RunJson(cluster.Records("builds/rocky-9").Single())["node"]!;
        var config = (JObject)(await cluster.ApiAsync(HttpMethod.Get, $"nodes/{node}/qemu/9100/config"))!;
        Assert.Multiple(() =>
        {
            Assert.That((string)config["net0"]!, Does.Contain("bridge=vlab0").And.Contain("tag=7"));
            Assert.That((string)config["tags"]!, Is.EqualTo("golden;linux"));
            Assert.That(config.Properties().Any(p => ((string?)p.Value ?? "").Contains("cloudinit", StringComparison.Ordinal)));
        });
        Assert.That((await cluster.ApiAsync(HttpMethod.Get, "pools/packer"))!["members"]!.Select(m => (int)m["vmid"]!), Is.EqualTo(new[] { 9100 }));
    }

    // All of them, those of Windows too, which Packer 1.6 builds in no cluster but in the sandbox of its own run.
    [TestCase("9", true)]
    [TestCase("8", false)]
    public async Task Every_template_on_a_VNet_where_a_creation_takes_eight_seconds(string version, bool sluggish)
    {
        using var bench = installed.Bench();
        await using (var before = await ClusterBench.StartAsync(installed, [$"--sandbox-version={version}", .. sluggish ? Sluggish : []]))
        {
            await MakeVNetAsync(before);
            Directory.CreateDirectory(Path.Combine(bench.Runtime, "sandbox"));
            File.Copy(await before.StopAsync(), Path.Combine(bench.Runtime, "sandbox", "node.json"));
        }

        var built = bench.Run(["--target=BuildTemplate", "--template=all", "--parallel=3", $"--sandbox-version={version}", .. VNet, .. sluggish ? [.. Sluggish, .. AnyNode] : new[] { SlowStorage }]);
        Assert.That(built.ExitCode, Is.Zero, built.All);
        var templates = new DirectoryInfo(Path.Combine(Repository.Root, "infra", "packer", "templates")).GetDirectories().Select(d => d.Name).ToList();
        Assert.That(templates, Has.Count.EqualTo(9));
        var runs = templates.ConvertAll(t => Workbench.RunJson(bench.RecordsOf(t).Single()));
        var state = JObject.Parse(File.ReadAllText(Path.Combine(bench.Runtime, "sandbox", "node.json")));
        Assert.Multiple(() =>
        {
            Assert.That(state.SelectTokens("$.Pools.packer.Machines[*]").Select(t => (int)t), Is.EquivalentTo(runs.Select(r => (int)r["vmid"]!)), "all are in Init's pool, and the clones of the tests are gone");
            Assert.That(state.SelectTokens("$.Machines.*.Config.net0").Select(t => (string?)t).ToList(), Has.Count.EqualTo(9).And.All.Contain("bridge=vlab0").And.All.Contain("tag=7"));
            Assert.That(state.SelectTokens("$.Machines.*.Config.template").Select(t => (string?)t), Is.All.EqualTo("1"));
            Assert.That(runs.Select(r => (string?)r.SelectToken("validation_test.status")), Is.All.EqualTo("passed"));
            Assert.That(runs.Select(r => (string?)r["node"]), Is.All.StartsWith("pve"));
        });
    }

    private static async Task MakeVNetAsync(ClusterBench cluster)
    {
        await cluster.ApiAsync(HttpMethod.Post, "cluster/sdn/zones", ("zone", "lab"), ("type", "simple"));
        await cluster.ApiAsync(HttpMethod.Post, "cluster/sdn/vnets", ("vnet", "vlab0"), ("zone", "lab"));
        await cluster.ApiAsync(HttpMethod.Put, "cluster/sdn");
    }

    [Test]
    public async Task Tags_that_only_administrators_may_set_are_refused_in_the_server_s_words()
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        await cluster.ApiAsync(HttpMethod.Put, "cluster/options", ("user-tag-access", "user-allow=list,user-allow-list=golden"));
        var malformed = cluster.Build("rocky-9", "--var=tags=golden;no/tag");
        Assert.That(malformed.ExitCode, Is.EqualTo(3), malformed.All);
        Assert.That(Error(malformed), Does.Contain("'no/tag' cannot be a tag"));
        var refused = cluster.Build("rocky-9", "--var=tags=golden;mine");
        Assert.That(refused.ExitCode, Is.Not.Zero, refused.All);
        Assert.That(Error(refused), Does.Contain("Sys.Modify for modifying tag 'mine'"));
        Assert.That(await cluster.VmidsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_password_of_an_account_with_a_second_factor_is_refused_before_Packer_tries_it()
    {
        await using var cluster = await ClusterBench.StartAsync(installed, "--sandbox-fault=tfa:builder@pve=123456");
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        await cluster.ApiAsync(HttpMethod.Post, "access/users", ("userid", "builder@pve"), ("password", "correct horse"));
        cluster.Bench.Set("PROXMOX_USERNAME", "builder@pve").Set("PROXMOX_PASSWORD", "correct horse").Set("PROXMOX_OTP", "123456");
        var refused = cluster.Build("rocky-9");
        Assert.That(refused.ExitCode, Is.EqualTo(3), refused.All);
        Assert.That(Error(refused), Does.Contain("builder@pve").And.Contain("second factor").And.Contain("token").And.Not.Contain("PROXMOX_OTP"));
    }

    [Test]
    public async Task A_VM_that_an_administrator_stops_or_destroys_ends_the_build_with_that_cause()
    {
        await using var cluster = await ClusterBench.StartAsync(installed, "--sandbox-fault=agent:silent");
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        foreach (var (destroyed, told) in new[] { (false, "VM 9100 is off while Packer works in it"), (true, "VM 9100 was destroyed while Packer was building in it") })
        {
            using var running = cluster.Bench.Start(
                "--target=BuildTemplate", "--template=rocky-9", "--environment=proxmox", "--var=boot_wait=10ms", "--var=boot_key_interval=1ms");
            await running.WaitForAsync("Waiting for SSH");

            // It has to be seen before it can be missed.
            await Task.Delay(TimeSpan.FromSeconds(7));
            await cluster.ApiAsync(HttpMethod.Post, "nodes/pve/qemu/9100/status/stop");
            if (destroyed)
            {
                await cluster.ApiAsync(HttpMethod.Delete, "nodes/pve/qemu/9100");
            }

            var result = running.WaitForEnd();
            Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
            Assert.That(Error(result), Does.Contain(told).And.Not.Contain("privilege"));
            Assert.That(await cluster.VmidsAsync(), Is.Empty);
        }
    }
}
