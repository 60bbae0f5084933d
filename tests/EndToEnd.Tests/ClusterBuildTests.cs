using System.Security.Cryptography;

namespace EndToEnd.Tests;

/// <summary>Builds on a cluster with nothing but what Init left, by real Packer.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class ClusterBuildTests(InstalledPacker installed)
{
    private static string Error(RunResult result) => result.Error.Split('\n').FirstOrDefault(l => l.StartsWith("Error:", StringComparison.Ordinal)) ?? "";

    [Test]
    public async Task A_build_with_the_least_rights_lands_in_the_real_records_and_older_builds_go()
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init("--node=auto").ExitCode, Is.Zero);
        for (var i = 0; i < 2; i++)
        {
            var built = cluster.Build("rocky-9");
            Assert.That(built.ExitCode, Is.Zero, built.All);
        }

        // A linked clone of the second one keeps it alive; a template of the same name that is not ours stays as well.
        var ours = await cluster.VmidsAsync();
        Assert.That(ours, Is.EqualTo(new[] { 9100, 9101 }));
        await cluster.ApiAsync(HttpMethod.Post, "nodes/pve/qemu/9101/clone", ("newid", "700"), ("name", "in-use"));
        await cluster.ApiAsync(HttpMethod.Post, "nodes/pve/qemu", ("vmid", "701"), ("name", "rocky-9-20200101"));
        await cluster.ApiAsync(HttpMethod.Post, "nodes/pve/qemu/701/template");
        var last = cluster.Build("rocky-9", "--keep=1");
        Assert.That(last.ExitCode, Is.Zero, last.All);
        Assert.Multiple(() =>
        {
            Assert.That(last.Output, Does.Contain("destroyed the older build 9100"), last.All);
            Assert.That(last.Output, Does.Contain("kept the older build 9101"), last.All);
            Assert.That(cluster.Records("builds/rocky-9"), Has.Count.EqualTo(3));
        });
        Assert.That(await cluster.VmidsAsync(), Is.EqualTo(new[] { 700, 701, 9101, 9102 }));
        var root = Path.GetFullPath(Path.Combine(cluster.Records("builds/rocky-9")[0], "..", "..", ".."));
        var statement = Newtonsoft.Json.Linq.JObject.Parse(File.ReadAllText(Directory.GetFiles(Path.Combine(root, "destroyed"), "rocky-9-*.json").Single()));
        var first = Workbench.RunJson(cluster.Records("builds/rocky-9")[0]);
        Assert.That(
            statement["destroyed"]!.Select(b => $"{b["vmid"]} {b["outcome"]} {b["chain_id"]}"),
            Does.Contain($"9100 destroyed {first["chain_id"]}").And.Some.StartsWith("9101 kept "), "what --keep destroyed is written down");
        Assert.That(File.ReadAllText(Path.Combine(root, "README.md")), Does.Contain($"| 9100, destroyed on {statement["finished_utc"]!.ToObject<DateTime>().ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ} by ").And.Contain("| 9101 |"));
        var verified = cluster.Bench.Run("--target=Verify");
        Assert.That(verified.ExitCode, Is.Zero, verified.All);
        var record = Workbench.RunJson(cluster.Records("builds/rocky-9")[^1]);
        Assert.That((string)record["environment"]!, Is.EqualTo("proxmox"));
        Assert.That((string)record["node"]!, Is.EqualTo("pve"));
    }

    [Test]
    public async Task A_password_that_Packer_could_not_log_in_with_is_known_before_a_machine_is_built()
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        Workbench.Change(cluster.EnvFile, "^PROXMOX_PASSWORD=.*$", "PROXMOX_PASSWORD='not this one'");
        var built = cluster.Build("rocky-9");
        Assert.That(built.ExitCode, Is.Not.Zero, built.All);
        Assert.That(Error(built), Does.Contain("as Packer does failed"), built.All);
        Assert.That(built.All, Does.Not.Contain("PackerBuild").And.Not.Contain("not this one"));
    }

    [Test]
    public async Task A_VMID_that_another_client_takes_at_the_last_moment_is_left_to_it()
    {
        await using var cluster = await ClusterBench.StartAsync(installed, "--sandbox-fault=taken:9100");
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        var built = cluster.Build("rocky-9");
        Assert.That(built.ExitCode, Is.Zero, built.All);
        Assert.That((int)Workbench.RunJson(cluster.Records("builds/rocky-9").Single())["vmid"]!, Is.EqualTo(9101));
        var other = await cluster.ApiAsync(HttpMethod.Get, "nodes/pve/qemu/9100/config");
        Assert.That((string)other!["name"]!, Is.EqualTo("somebody-elses"));
    }

    [Test]
    public async Task Clones_that_a_killed_smoke_test_left_are_removed_by_the_next_run()
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        var description = $"packer-build-records: purpose=smoke-test template=rocky-9 chain=CHAIN-20261122T191627Z-rocky-9 owner=gone.example/1 until=1600000000";
        await cluster.ApiAsync(HttpMethod.Post, "nodes/pve/qemu", ("vmid", "9120"), ("name", "smoke-rocky-9-9120"), ("description", description), ("pool", "packer"));
        await cluster.ApiAsync(HttpMethod.Post, "nodes/pve/qemu", ("vmid", "9121"), ("name", "smoke-signals"), ("pool", "packer"));
        var built = cluster.Build("rocky-9");
        Assert.That(built.ExitCode, Is.Zero, built.All);
        Assert.That(await cluster.VmidsAsync(), Is.EqualTo(new[] { 9100, 9121 }), built.All);
    }

    [Test]
    public async Task A_local_ISO_is_uploaded_when_its_checksum_is_right()
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        var template = Path.Combine(cluster.Bench.Root, "infra", "packer", "templates", "rocky-9", "template.json");
        var iso = Path.Combine(cluster.Bench.Folder, "downloaded.iso");
        using (var file = File.Create(iso))
        {
            file.Write(RandomNumberGenerator.GetBytes(70_000));
        }

        var wrong = cluster.Bench.Run("--target=StageIso", "--template=rocky-9", $"--iso={iso}");
        Assert.That(wrong.ExitCode, Is.EqualTo(3), wrong.All);
        Assert.That(Error(wrong), Does.Contain("SHA-256"));
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(iso)));
        Workbench.Change(template, @"""sha256"": ""[0-9a-f]{64}""", $"\"sha256\": \"{sha256}\"");
        var staged = cluster.Bench.Run("--target=StageIso", "--template=rocky-9", $"--iso={iso}");
        Assert.That(staged.ExitCode, Is.Zero, staged.All);
        var content = await cluster.ApiAsync(HttpMethod.Get, "nodes/pve/storage/local/content?content=iso");
        Assert.That(content!.Select(v => ((string)v["volid"]!, (long)v["size"]!)), Is.EqualTo(new[] { ("local:iso/Rocky-9.8-x86_64-minimal.iso", 70_000L) }));
    }

    [TestCase("rocky-9", "OEMDRV", @" inst\.ks=[^<]*", "")]
    [TestCase("ubuntu-24.04", "cidata", @" \\""ds=nocloud;s=[^""]*/\\""", "")]
    public async Task Assets_on_an_ISO_need_no_HTTP(string id, string label, string bootArgument, string without)
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        var template = Path.Combine(cluster.Bench.Root, "infra", "packer", "templates", id, "template.json");
        Workbench.Change(template, @"""unattended"": ""http"",", $"\"unattended\": \"iso\",\n  \"unattended_label\": \"{label}\",");
        Workbench.Change(template, bootArgument, without);
        // With further media Packer 1.6 has to wait until they are attached.
        var built = cluster.Bench.Run(
            "--target=BuildTemplate", $"--template={id}", "--environment=proxmox", "--var=boot_wait=6s", "--var=boot_key_interval=1ms");
        Assert.That(built.ExitCode, Is.Zero, built.All);
        var content = await cluster.ApiAsync(HttpMethod.Get, "nodes/pve/storage/local/content?content=iso");
        Assert.That(content!.Count(), Is.EqualTo(1), "the image of the assets is gone");
        var log = File.ReadAllText(Path.Combine(cluster.Records($"builds/{id}").Single(), "packer.log"));
        Assert.That(log, Does.Not.Contain("Starting HTTP server"));
    }

    [Test]
    public async Task Packer_1_6_builds_on_a_cluster_only_where_it_is_allowed_and_the_record_says_so()
    {
        Assume.That(installed.IsOld, "Packer of today needs no leave");
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        cluster.Bench.Always = [];
        var refused = cluster.Build("rocky-9");
        Assert.That(refused.ExitCode, Is.EqualTo(2), refused.All);
        Assert.That(Error(refused), Does.Contain("does not build on a cluster").And.Contain("--allow-old-packer").And.Contain(Path.Combine(".tools", "archives")));
        cluster.Bench.Always = ["--allow-old-packer"];
        var windows = cluster.Build("rocky-9,windows-2022");
        Assert.That(windows.ExitCode, Is.EqualTo(2), windows.All);
        Assert.That(Error(windows), Does.Contain("does not build windows-2022 on a cluster").And.Not.Contain("--allow-old-packer"));
        Assert.That(await cluster.VmidsAsync(), Is.Empty);
        var built = cluster.Build("rocky-9");
        Assert.That(built.ExitCode, Is.Zero, built.All);
        Assert.That(Workbench.RunJson(cluster.Records("builds/rocky-9").Single())["allowed"]!.Select(a => (string?)a), Is.EqualTo(new[] { "allow-old-packer" }));
    }

    [Test]
    public async Task A_proxy_or_address_that_is_none_is_wrong_usage()
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        foreach (var option in new[] { "--ssh-proxy=jump", "--http-proxy=jump:1", "--http-bind-address=here", "--http-interface=none0", "--keep=0" })
        {
            var result = cluster.Bench.Run("--target=BuildTemplate", "--template=rocky-9", option);
            Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
            Assert.That(Error(result), Does.Contain(option.Split('=')[1]), result.All);
        }
    }
}
