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

    [TestCase("9")]
    [TestCase("8")]
    public async Task Init_and_a_build_on_a_VNet_with_a_storage_that_needs_eight_seconds(string version)
    {
        await using var cluster = await ClusterBench.StartAsync(installed, $"--sandbox-version={version}", SlowStorage);
        await cluster.ApiAsync(HttpMethod.Post, "cluster/sdn/zones", ("zone", "lab"), ("type", "simple"));
        await cluster.ApiAsync(HttpMethod.Post, "cluster/sdn/vnets", ("vnet", "vlab0"), ("zone", "lab"));
        await cluster.ApiAsync(HttpMethod.Put, "cluster/sdn");
        var init = cluster.Init("--bridge=vlab0:7");
        Assert.That(init.ExitCode, Is.Zero, init.All);
        Assert.That(cluster.Env()["PROXMOX_BRIDGE"], Is.EqualTo("vlab0:7"));
        var built = cluster.Build("rocky-9", "--var=tags=golden;linux");
        Assert.That(built.ExitCode, Is.Zero, built.All);
        var config = (JObject)(await cluster.ApiAsync(HttpMethod.Get, "nodes/pve/qemu/9100/config"))!;
        Assert.Multiple(() =>
        {
            Assert.That((string)config["net0"]!, Does.Contain("bridge=vlab0").And.Contain("tag=7"));
            Assert.That((string)config["tags"]!, Is.EqualTo("golden;linux"));
            Assert.That(config.Properties().Any(p => ((string?)p.Value ?? "").Contains("cloudinit", StringComparison.Ordinal)));
        });
        Assert.That((await cluster.ApiAsync(HttpMethod.Get, "pools/packer"))!["members"]!.Select(m => (int)m["vmid"]!), Is.EqualTo(new[] { 9100 }));
    }

    [TestCase("9")]
    [TestCase("8")]
    public void Every_template_where_a_creation_takes_eight_seconds(string version)
    {
        using var bench = installed.Bench();
        var built = bench.Run("--target=BuildTemplate", "--template=all", $"--sandbox-version={version}", SlowStorage);
        Assert.That(built.ExitCode, Is.Zero, built.All);
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
    public async Task A_VM_that_an_administrator_destroys_ends_the_build_with_that_cause()
    {
        await using var cluster = await ClusterBench.StartAsync(installed, "--sandbox-fault=agent:silent");
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        using var running = cluster.Bench.Start(
            "--target=BuildTemplate", "--template=rocky-9", "--environment=proxmox", "--var=boot_wait=10ms", "--var=boot_key_interval=1ms");
        await running.WaitForAsync("Waiting for SSH");

        // It has to be seen before it can be missed.
        await Task.Delay(TimeSpan.FromSeconds(7));
        await cluster.ApiAsync(HttpMethod.Post, "nodes/pve/qemu/9100/status/stop");
        while ((string)(await cluster.ApiAsync(HttpMethod.Get, "nodes/pve/qemu/9100/status/current"))!["status"]! != "stopped")
        {
            await Task.Delay(50);
        }

        await cluster.ApiAsync(HttpMethod.Delete, "nodes/pve/qemu/9100");
        var result = running.WaitForEnd();
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        Assert.That(Error(result), Does.Contain("VM 9100 was destroyed while Packer was building in it").And.Not.Contain("privilege"));
    }
}
