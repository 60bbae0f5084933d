using Foundation;
using Guest;
using Sandbox.Storage;

namespace Sandbox.Tests;

public sealed class StateTests
{
    [Test]
    public async Task A_second_start_finds_what_the_first_one_made()
    {
        using var folder = new TempFolder();
        var options = new SandboxOptions { StateDirectory = folder.Path };
        string secret;
        await using (var node = await SandboxNode.StartAsync(options))
        {
            using var root = await ApiClient.RootAsync(node);
            await root.DoAsync(root.PostAsync("access/users", ("userid", "a@pve"), ("password", "correct horse"), ("enable", "1")));
            await root.DoAsync(root.PostAsync("access/users", ("userid", "b@pve"), ("password", "correct horse"), ("enable", "0")));
            secret = (await root.PostAsync("access/users/a@pve/token/tok", ("privsep", "0"))).Data!["value"]!.GetValue<string>();
            await root.DoAsync(root.PutAsync("access/acl", ("path", "/vms"), ("users", "a@pve"), ("roles", "PVEVMAdmin")));
            await root.DoAsync(root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("name", "kept"), ("scsi0", "local-lvm:1")));
            await root.DoAsync(root.PostAsync("nodes/pve/qemu/101/status/start"));
        }

        await using (var node = await SandboxNode.StartAsync(options))
        {
            using var user = await ApiClient.LogInAsync(node, "a@pve", "correct horse");
            using var token = ApiClient.WithToken(node, "a@pve!tok", secret);
            using var anyone = new ApiClient(node);
            Assert.That((await anyone.PostAsync("access/ticket", ("username", "b@pve"), ("password", "correct horse"))).Status, Is.EqualTo(401));
            var status = await token.GetAsync("nodes/pve/qemu/101/status/current");
            Assert.That((string?)status.Data!["name"], Is.EqualTo("kept"));
            Assert.That((string?)status.Data["status"], Is.EqualTo("stopped"));
        }
    }

    [Test]
    public async Task No_secret_is_on_the_disk()
    {
        await using var node = await TestNode.StartAsync();
        await node.UserAsync("a", "/vms", "VM.Audit");
        await node.Root.DoAsync(node.Root.PostAsync("access/users/a@pve/token/tok"));
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/qemu", ("vmid", "101"), ("cipassword", "cloud secret")));
        var secrets = node.Node.SecretsIssued();
        Assert.That(secrets, Has.Count.GreaterThan(5).And.Member("cloud secret").And.Member("correct horse"));
        foreach (var file in Directory.EnumerateFiles(node.Folder.Path, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "lock"))
        {
            var text = await File.ReadAllTextAsync(file);
            Assert.That(secrets.Where(s => text.Contains(s, StringComparison.Ordinal)), Is.Empty, file);
            Assert.That(text, Does.Not.Contain("PRIVATE KEY"), file);
        }
    }

    [Test]
    public async Task Passwords_of_installed_systems_are_not_stored()
    {
        using var folder = new TempFolder();
        var system = new GuestSystem
        {
            OsId = "mswindows", PrettyName = "Windows", VersionId = "10.0", HostName = "w", IsWindows = true, WinRm = new WinRmListener(true, true, false),
            Accounts = [new GuestAccount { Name = "Administrator", Password = "guest secret", AuthorizedKeys = ["key"] }],
        };
        var state = NodeState.Load(new NodePaths(folder.Path));
        state.Volumes.Add(new Volume { Storage = "local-lvm", Name = "vm-1-disk-0", Content = "images", System = system });
        state.Save(folder.File("node.json"));
        Assert.That(await File.ReadAllTextAsync(folder.File("node.json")), Does.Not.Contain("guest secret"));
        var kept = NodeState.Load(new NodePaths(folder.Path)).Volumes.Single().System!;
        Assert.That((kept.Accounts[0].Password, kept.Accounts[0].AuthorizedKeys[0], kept.WinRm), Is.EqualTo(((string?)null, "key", system.WinRm)));
    }

    [Test]
    public async Task A_second_process_works_on_a_copy_that_is_thrown_away()
    {
        await using var first = await TestNode.StartAsync();
        await first.Root.DoAsync(first.Root.PostAsync("pools", ("poolid", "seen")));
        string copy;
        await using (var second = await SandboxNode.StartAsync(new SandboxOptions { StateDirectory = first.Folder.Path }))
        {
            Assert.That((first.Node.IsPrivateCopy, second.IsPrivateCopy), Is.EqualTo((false, true)));
            copy = Path.GetDirectoryName(second.CertificateFile)!;
            using var root = await ApiClient.RootAsync(second);
            Assert.That((await root.GetAsync("pools")).Data!.AsArray(), Has.Count.EqualTo(1));
            await root.DoAsync(root.PostAsync("pools", ("poolid", "private")));
        }

        Assert.That(Directory.Exists(copy), Is.False);
        Assert.That((await first.Root.GetAsync("pools")).Data!.AsArray(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_damaged_state_is_an_error_that_says_what_to_do()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("node.json"), "{ nonsense");
        var failure = await Assert.ThrowsAsync<FailureException>(() => SandboxNode.StartAsync(new SandboxOptions { StateDirectory = folder.Path }));
        Assert.That(failure!.Message, Does.Contain("node.json").And.Contain("Clean"));
    }

    [Test]
    public async Task The_state_of_an_older_format_is_carried_over()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("node.json"), """
            {"Format":1,"Users":{"root@pam":{}},"Roles":{},"Acl":[],"Pools":{"packer":{"Machines":[101],"Storages":[]}},
             "Volumes":[{"Storage":"local-lvm","Name":"vm-101-disk-0","Content":"images","Format":"raw","SizeBytes":1073741824,"Owner":101}],
             "Machines":{"101":{"Id":101,"Config":{"name":"old","scsi0":"local-lvm:vm-101-disk-0,size=1G"},"Running":true}},"Tasks":[]}
            """);
        await using var node = await SandboxNode.StartAsync(new SandboxOptions { StateDirectory = folder.Path });
        using var root = await ApiClient.RootAsync(node);
        Assert.That((string?)(await root.GetAsync("nodes/pve/qemu/101/config")).Data!["name"], Is.EqualTo("old"));
        Assert.That((await root.GetAsync("nodes/pve/storage/local-lvm/content")).Data!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(node.SetAside, Is.Null);
    }

    [TestCase("""{"Format":99,"Machines":{}}""")]
    [TestCase("""{"Format":1,"Machines":"once upon a time"}""")]
    [TestCase("""{"users":[]}""")]
    public async Task A_state_that_is_not_understood_is_set_aside_with_its_files(string json)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("node.json"), json);
        Directory.CreateDirectory(folder.File("storage"));
        await File.WriteAllTextAsync(Path.Combine(folder.File("storage"), "file"), "kept");
        await using var node = await SandboxNode.StartAsync(new SandboxOptions { StateDirectory = folder.Path });
        using var root = await ApiClient.RootAsync(node);
        Assert.That((await root.GetAsync("nodes/pve/qemu")).Data!.AsArray(), Is.Empty);
        Assert.That(await File.ReadAllTextAsync(Path.Combine(node.SetAside!, "node.json")), Is.EqualTo(json));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(node.SetAside!, "storage", "file")), Is.EqualTo("kept"));
    }

    [Test]
    public async Task A_port_that_is_taken_is_an_error_that_names_it()
    {
        await using var first = await TestNode.StartAsync();
        using var folder = new TempFolder();
        var failure = await Assert.ThrowsAsync<FailureException>(() => SandboxNode.StartAsync(new SandboxOptions { StateDirectory = folder.Path, Port = first.Node.Url.Port }));
        Assert.That(failure!.Message, Does.Contain($"port {first.Node.Url.Port}"));
    }

    [TestCase("7.4")]
    [TestCase("newest")]
    public async Task A_version_that_it_cannot_be_is_refused(string version)
    {
        using var folder = new TempFolder();
        var failure = await Assert.ThrowsAsync<FailureException>(() => SandboxNode.StartAsync(new SandboxOptions { StateDirectory = folder.Path, PveVersion = version }));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Usage));
    }
}
