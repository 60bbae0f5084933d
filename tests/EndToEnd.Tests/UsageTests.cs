namespace EndToEnd.Tests;

/// <summary>Wrong calls: exit code 2, one paragraph that names the near miss, nothing written.</summary>
internal sealed class UsageTests
{
    [TestCase("--target=BuildTemplat", "BuildTemplate")]
    [TestCase("--tmplate=rocky-9", "--template")]
    [TestCase("--environment=sandbx", "sandbox")]
    [TestCase("BuildTemplate", "--target=BuildTemplate")]
    [TestCase("rocky-9", "--target=BuildTemplate --template=rocky-9")]
    [TestCase("--template=rocky-9", "--target=BuildTemplate --template=rocky-9")]
    [TestCase("--keep=2", "--target=BuildTemplate")]
    [TestCase("--proxmox-password=x", "PROXMOX_PASSWORD")]
    [TestCase("--parallel=many", "--target=BuildTemplate")]
    [TestCase("--dryrun=yes", "--dryrun=false")]
    public void A_wrong_argument_is_named_with_what_was_probably_meant(string argument, string hint)
    {
        using var bench = new Workbench();
        var result = bench.Run(argument);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
            Assert.That(result.Error, Does.Contain(hint), result.All);
            Assert.That(Directory.Exists(bench.Runtime), Is.False, "nothing is written");
            Assert.That(Directory.Exists(bench.Records), Is.False, "nothing is written");
        });
    }

    [TestCase("rocky-8", "rocky-9")]
    [TestCase("ubuntu-2404", "ubuntu-24.04")]
    [TestCase("", "rocky-9")]
    [TestCase("../x", "rocky-9")]
    [TestCase("rocky-9,", "rocky-9")]
    public void An_unknown_template_is_named_with_the_near_misses_and_nothing_is_written(string template, string hint)
    {
        using var bench = new Workbench();
        var result = bench.Run("--target=BuildTemplate", $"--template={template}");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
            Assert.That(result.Error + result.Output, Does.Contain(hint), result.All);
            Assert.That(Directory.Exists(bench.Runtime), Is.False, "nothing is written");
            Assert.That(Directory.Exists(bench.Records), Is.False, "nothing is written");
        });
    }

    [TestCase("--http-interface=lo", "loopback")]
    [TestCase("--var=http_interface=lo", "loopback")]
    [TestCase("--http-interface=enp999s9", "enp999s9")]
    [TestCase("--http-bind-address=203.0.113.77", "no such address")]
    [TestCase("--var=http_bind_address=203.0.113.77", "no such address")]
    [TestCase("--http-bind-address=fd00::77", "IPv6")]
    [TestCase("--var=http_port_min=9001", "http_port_max")]
    [TestCase("--http-bind-address=127.0.0.1 --http-interface=eth0", "would have no effect")]
    [TestCase("--var=http_bind_address=127.0.0.1 --var=http_interface=eth0", "would have no effect")]
    [TestCase("--template=windows-2022 --http-bind-address=127.0.0.1", "would have no effect")]
    [TestCase("--var=storage_pool_typ=dir", "storage_pool_type")]
    [TestCase("--var=iso_file=local:iso/other.iso", "--iso=<file>")]
    [TestCase("--var=template_description=mine", "title")]
    [TestCase("--var=build_username=bob", "anew for each run")]
    [TestCase("--var=provision_scripts=[\"scripts/01-first-boot.sh\"]", "build user")]
    [TestCase("--var=memory_mb=512", "512")]
    public void What_Packer_could_never_serve_at_or_would_not_read_is_refused_before_a_VM_is_made(string options, string told)
    {
        using var bench = new Workbench();
        string[] given = options.Split(' ');
        var result = bench.Run(["--target=PackerBuild", .. given.Any(o => o.StartsWith("--template", StringComparison.Ordinal)) ? [] : new[] { "--template=rocky-9" }, .. given]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.Error + result.Output, Does.Contain(told), result.All);
        Assert.That(Machines.On(bench), Is.Empty);
    }

    [TestCase("--sandbox-fault=api:POST", "there is no '='")]
    [TestCase("--sandbox-fault=agent:deaf", "what the agent can do")]
    [TestCase("--var=storage_pool_typ=dir", "storage_pool_type")]
    [TestCase("--var=memory_mb=much", "memory_mb")]
    [TestCase("--iso=/no/such/medium.iso", "does not exist")]
    [TestCase("--max-age=3d", "--if-changed")]
    [TestCase("--if-changed --max-age=soon", "30d or 12h")]
    public void A_wrong_value_is_named_before_anything_starts(string options, string told)
    {
        using var bench = new Workbench();
        var result = bench.Run(["--target=BuildTemplate", "--template=rocky-9", .. options.Split(' ')]);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
            Assert.That(result.Error, Does.Contain(told), result.All);
            Assert.That(result.Output, Is.Empty, "nothing has started");
            Assert.That(Directory.Exists(bench.Runtime), Is.False, "nothing is written");
        });
    }

    [Test]
    public void A_fault_that_nothing_met_is_told_at_the_end()
    {
        using var bench = new Workbench();
        var result = bench.Run("--target=Validate", "--template=rocky-9", "--sandbox-fault=fail:qmclone=no", "--sandbox-fault=privilege:VM.Backup");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(result.Output, Does.Contain("--sandbox-fault=fail:qmclone=no had no effect").And.Not.Contain("privilege:VM.Backup had no effect"));
    }

    [Test]
    public void A_template_json_that_is_cut_off_is_explained_without_names_of_the_program()
    {
        using var bench = new Workbench();
        var file = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        foreach (var (text, told) in new[] { ("", "it is empty"), (File.ReadAllText(file)[..^20], "it ends in the middle of a text") })
        {
            File.WriteAllText(file, text);
            var result = bench.Run("--target=Validate", "--template=rocky-9");
            Assert.That(result.ExitCode, Is.EqualTo(3), result.All);
            Assert.That(result.Error, Does.Contain(told).And.Not.Contain("JObject").And.Not.Contain("JToken"));
        }
    }

    [Test]
    public void A_port_that_is_taken_is_refused_before_a_VM_is_made()
    {
        using var held = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        held.Start();
        var port = ((System.Net.IPEndPoint)held.LocalEndpoint).Port;
        using var bench = new Workbench();
        var result = bench.Run("--target=PackerBuild", "--template=rocky-9", $"--var=http_port_min={port}", $"--var=http_port_max={port}");
        Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
        Assert.That(result.Error + result.Output, Does.Contain($"port {port} is in use"), result.All);
    }

    [Test]
    public void An_interface_is_served_at_all_addresses_and_guests_are_told_its_own()
    {
        var network = System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(i => i.GetIPProperties().UnicastAddresses
            .Any(a => a.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !System.Net.IPAddress.IsLoopback(a.Address)));
        Assume.That(network, Is.Not.Null, "this machine has no network interface with an IPv4 address but the loopback one");
        using var bench = new Workbench();
        var result = bench.Run("--target=PackerBuild", "--template=rocky-9", $"--http-interface={network!.Name}");
        Assert.That(result.ExitCode, Is.Zero, result.All);
    }

    [Test]
    public void Without_a_commit_a_build_on_a_cluster_is_refused_before_anything_is_done()
    {
        using var bench = new Workbench();
        bench.CopyTemplates();
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", "--proxmox-url=https://192.0.2.1:8006");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
            Assert.That(result.Error, Does.Contain($"The record would name no commit: {bench.Root} is no clone of a repository").And.Contain("--allow-unversioned"), result.All);
            Assert.That(result.All, Does.Not.Contain("Packer 1."), "nothing was looked for");
            Assert.That(Directory.Exists(bench.Records), Is.False, "nothing is written");
        });
    }

    [Test]
    public void Without_a_commit_the_sandbox_warns_and_the_record_states_what_was_allowed()
    {
        using var bench = new Workbench();
        bench.CopyTemplates();
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", "--allow-unversioned");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var run = Workbench.RunJson(bench.RecordsOf("rocky-9").Single());
        Assert.Multiple(() =>
        {
            Assert.That(result.All, Does.Contain($"the record will name no commit: {bench.Root} is no clone of a repository. Build in a clone"));
            Assert.That(result.All.IndexOf("name no commit", StringComparison.Ordinal), Is.LessThan(result.All.IndexOf("Packer 1.", StringComparison.Ordinal)), "it is said first");
            Assert.That(run["source"]!.Type, Is.EqualTo(Newtonsoft.Json.Linq.JTokenType.Null));
            Assert.That(run["allowed"]!.Select(a => (string?)a), Is.EqualTo(new[] { "allow-unversioned" }));
        });
    }

    [Test]
    public void A_build_without_a_template_says_which_there_are()
    {
        using var bench = new Workbench();
        var result = bench.Run("--target=BuildTemplate");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.All);
            Assert.That(result.Error + result.Output, Does.Contain("--template").And.Contain("windows-2022"), result.All);
        });
    }

    [Test]
    public void Help_documents_every_target_and_option()
    {
        using var bench = new Workbench();
        var result = bench.Run("--help");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.All);
            foreach (var word in new[] { "BuildTemplate", "PublishLatest", "--template", "--sandbox-fault", "--dryrun", "EXIT CODES", "PROXMOX_TOKEN" })
            {
                Assert.That(result.Output, Does.Contain(word));
            }
        });
    }

    [Test]
    public void The_tree_shows_the_graph_of_the_contract()
    {
        using var bench = new Workbench();
        var result = bench.Run("--tree");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        string[] chain = ["BuildTemplate", "PublishLatest", "Evidence", "SmokeTest", "PackerBuild", "StageIso", "Validate", "Init", "Tools"];
        var tree = result.Output[result.Output.IndexOf("BuildTemplate", StringComparison.Ordinal)..];
        var positions = chain.Select(t => tree.IndexOf(t, StringComparison.Ordinal)).ToList();
        Assert.That(positions, Is.Ordered.Ascending.And.All.GreaterThanOrEqualTo(0), result.All);
    }

    [Test]
    public void A_dry_run_shows_the_order_and_does_nothing()
    {
        using var bench = new Workbench();
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", "--dryrun");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.All);
            Assert.That(result.Output, Does.Contain("PackerBuild"));
            Assert.That(Directory.Exists(bench.Records), Is.False);
        });
    }

    [TestCase("--dryrun=true", true)]
    [TestCase("--dryrun=TRUE", true)]
    [TestCase("--dryrun=false", false)]
    [TestCase("--dryrun:False", false)]
    public void A_switch_with_a_value_means_the_same_to_Cake(string argument, bool dry)
    {
        using var bench = new Workbench();
        var result = bench.Run(argument);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Zero, result.All);
            Assert.That(result.Output.Contains("This was a dry run", StringComparison.Ordinal), Is.EqualTo(dry), result.All);
            Assert.That(result.Output.Contains("rocky-9", StringComparison.Ordinal), Is.EqualTo(!dry), result.All);
        });
    }

    [Test]
    public void The_list_shows_every_template()
    {
        using var bench = new Workbench();
        var result = bench.Run();
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(result.Output, Does.Contain("rocky-9").And.Contain("ubuntu-22.04").And.Contain("ubuntu-24.04").And.Contain("windows-2022"));
    }

    [Test]
    public void Output_of_the_matrix_is_json_for_ci()
    {
        using var bench = new Workbench();
        var result = bench.Run("--target=Matrix", "--verbosity=quiet");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var json = Newtonsoft.Json.Linq.JObject.Parse(result.Output[result.Output.IndexOf('{', StringComparison.Ordinal)..]);
        Assert.That(json["template"]!.Select(t => (string?)t), Does.Contain("rocky-9"));
    }
}
