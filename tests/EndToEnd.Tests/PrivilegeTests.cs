namespace EndToEnd.Tests;

/// <summary>
/// The role that Init makes is minimal: whichever privilege is taken away once a build has begun, some step of it, real
/// Packer's or ours, fails and names that privilege; and Init grants none beside these. That they suffice is what PoolBuildTests show.
/// </summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class PrivilegeTests(InstalledPacker installed)
{
    // Each with a template whose build uses it.
    private static readonly (string Privilege, string Template)[] Build =
    [
        ("Datastore.AllocateSpace", "rocky-9"),
        ("SDN.Use", "rocky-9"),
        ("Sys.AccessNetwork", "rocky-9"),
        ("VM.Allocate", "rocky-9"),
        ("VM.Audit", "rocky-9"),
        ("VM.Clone", "rocky-9"),
        ("VM.Config.CDROM", "rocky-9"),
        ("VM.Config.CPU", "rocky-9"),
        ("VM.Config.Cloudinit", "rocky-9"),
        ("VM.Config.HWType", "rocky-9"),
        ("VM.Config.Memory", "rocky-9"),
        ("VM.Config.Network", "rocky-9"),
        ("VM.Config.Options", "rocky-9"),
        ("VM.Console", "rocky-9"),
        ("VM.PowerMgmt", "rocky-9"),
    ];

    private static readonly (string Privilege, string Template)[] Media =
    [
        ("Datastore.Allocate", "windows-2022"),
        ("Datastore.AllocateTemplate", "rocky-9"),
        ("Datastore.Audit", "rocky-9"),
    ];

    private static IEnumerable<TestCaseData> Cases =>
        from version in new[] { "9", "8" }
        from need in version == "9" ? [.. Build, .. Media, ("VM.GuestAgent.Audit", "rocky-9")] : new[] { ("VM.Monitor", "rocky-9") }
        select new TestCaseData(version, need.Item1, need.Item2);

    [TestCaseSource(nameof(Cases))]
    public void Without_it_the_build_fails_and_names_it(string version, string privilege, string template)
    {
        using var bench = installed.Bench();
        var result = bench.Run(
            "--target=BuildTemplate", $"--template={template}", $"--sandbox-version={version}", $"--sandbox-fault=revoked:{privilege}");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.AnyOf(1, 4), result.All);
            Assert.That(result.Error.Split('\n').Single(l => l.StartsWith("Error:", StringComparison.Ordinal)), Does.Contain($" {privilege} "), result.All);
            Assert.That(bench.RecordsOf(template), Is.Empty);
            Assert.That(result.All, Does.Not.Contain("trying the next free"), "another VMID would change nothing");
        });
    }

    [TestCase("9", "VM.GuestAgent.Audit")]
    [TestCase("8", "VM.Monitor")]
    public async Task Init_grants_these_and_no_others(string version, string agent)
    {
        await using var cluster = await ClusterBench.StartAsync(installed, $"--sandbox-version={version}");
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        var roles = await cluster.ApiAsync(HttpMethod.Get, "access/roles");
        Assert.That(PrivilegesOf("PackerBuild"), Is.EquivalentTo(Build.Select(b => b.Privilege).Append(agent)));
        Assert.That(PrivilegesOf("PackerMedia"), Is.EquivalentTo(Media.Select(m => m.Privilege)));
        var paths = (await cluster.ApiAsync(HttpMethod.Get, "access/acl"))!.Select(a => (string)a["path"]!).Distinct();
        Assert.That(paths, Is.EquivalentTo(new[] { "/pool/packer", "/storage/local-lvm", "/storage/local", "/sdn/zones/localnetwork/vmbr0", "/nodes/pve" }));

        string[] PrivilegesOf(string role) => ((string)roles!.Single(r => (string)r["roleid"]! == role)["privs"]!).Split(',');
    }

    [Test]
    public async Task Only_a_node_that_is_chosen_by_its_memory_needs_its_memory_to_be_seen()
    {
        await using var cluster = await ClusterBench.StartAsync(installed);
        Assert.That(cluster.Init("--node=auto").ExitCode, Is.Zero);
        await cluster.ApiAsync(HttpMethod.Put, "access/roles/PackerBuild", ("privs", string.Join(',', Build.Select(b => b.Privilege).Append("VM.GuestAgent.Audit"))));
        var result = cluster.Bench.Run("--target=Init");
        Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
        Assert.That(result.Error, Does.Contain("Sys.Audit on /nodes/pve"));
        Assert.That(cluster.Bench.Run("--target=Init", "--node=pve").ExitCode, Is.Zero);
    }
}
