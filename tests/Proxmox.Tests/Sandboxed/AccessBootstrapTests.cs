using Foundation;
using Proxmox.Access;
using Proxmox.Tests.Support;

namespace Proxmox.Tests.Sandboxed;

public sealed class AccessBootstrapTests
{
    [TestCase("9", "VM.GuestAgent.Audit", "VM.Monitor")]
    [TestCase("8", "VM.Monitor", "VM.GuestAgent.Audit")]
    public async Task A_fresh_server_gets_a_login_with_the_privileges_of_its_version(string version, string has, string hasNot)
    {
        await using var sandbox = await SandboxFixture.StartAsync(version);
        var bootstrap = new AccessBootstrap(sandbox.Admin, sandbox.Log);
        var result = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(new AccessRequest { Scope = SandboxFixture.Scope }));
        Assert.Multiple(() =>
        {
            Assert.That(result.Credentials.TokenId, Is.EqualTo("packer@pve!build"));
            Assert.That(result.Credentials.TokenSecret, Is.Not.Null.And.Not.Empty);
            Assert.That(result.Privileges, Does.Contain(has).And.Not.Contain(hasNot));
            Assert.That(result.Changes[0], Is.EqualTo("create the user packer@pve"));
        });
        var entries = (await sandbox.Admin.Access.GetAclAsync()).Where(e => e.Subject.StartsWith("packer@pve", StringComparison.Ordinal)).ToList();
        Assert.That(entries.Select(e => e.Path).Distinct().Order(), Is.EqualTo(new[]
        {
            "/nodes/pve", "/sdn/zones/localnetwork/vmbr0", "/storage/local", "/storage/local-lvm",
            "/vms/9000", "/vms/9001", "/vms/9002", "/vms/9003", "/vms/9004",
        }));
        Assert.That(entries.Count(e => e.Type == "token"), Is.EqualTo(entries.Count(e => e.Type == "user")));
        Assert.That(entries.Single(e => e is { Path: "/storage/local", Type: "user" }).RoleId, Is.EqualTo("PackerMedia"));
    }

    [Test]
    public async Task Repeating_it_changes_nothing()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var bootstrap = new AccessBootstrap(sandbox.Admin, sandbox.Log);
        var request = new AccessRequest { Scope = SandboxFixture.Scope };
        var first = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(request));
        var again = await bootstrap.PlanAsync(request with { TokenSecret = first.Credentials.TokenSecret });
        Assert.That(again.Changes.Select(c => c.Description), Is.Empty);
        Assert.That((await bootstrap.ApplyAsync(again)).Credentials, Is.EqualTo(first.Credentials));
    }

    [Test]
    public async Task Planning_alone_changes_nothing()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var plan = await new AccessBootstrap(sandbox.Admin, sandbox.Log).PlanAsync(new AccessRequest { Scope = SandboxFixture.Scope });
        Assert.That(plan.Changes, Is.Not.Empty);
        Assert.That((await sandbox.Admin.Access.GetUsersAsync()).Select(u => u.UserId), Does.Not.Contain("packer@pve"));
        Assert.That((await sandbox.Admin.Access.GetRolesAsync()).Select(r => r.RoleId), Does.Not.Contain("PackerBuild"));
    }

    [Test]
    public async Task A_role_that_was_widened_and_a_grant_elsewhere_are_taken_back()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var bootstrap = new AccessBootstrap(sandbox.Admin, sandbox.Log);
        var request = new AccessRequest { Scope = SandboxFixture.Scope };
        var first = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(request));
        request = request with { TokenSecret = first.Credentials.TokenSecret };
        var role = (await sandbox.Admin.Access.GetRolesAsync()).Single(r => r.RoleId == "PackerBuild").PrivilegeList;
        await sandbox.Admin.Access.SetRoleAsync("PackerBuild", role.Append("Sys.PowerMgmt").Where(p => p != "VM.Clone"));
        await sandbox.Admin.Access.SetAclAsync("/vms", "PackerBuild", "packer@pve", null);
        var plan = await bootstrap.PlanAsync(request);
        Assert.That(plan.Changes.Select(c => c.Description), Is.EquivalentTo(new[]
        {
            "change the role PackerBuild: +VM.Clone, -Sys.PowerMgmt", "take PackerBuild on /vms away from packer@pve",
        }));
        await bootstrap.ApplyAsync(plan);
        Assert.That((await bootstrap.PlanAsync(request)).Changes, Is.Empty);
    }

    [Test]
    public async Task A_token_whose_secret_is_lost_is_replaced_only_when_asked()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var bootstrap = new AccessBootstrap(sandbox.Admin, sandbox.Log);
        var request = new AccessRequest { Scope = SandboxFixture.Scope };
        var first = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(request));
        var lost = await Caught.FromAsync<FailureException>(() => bootstrap.PlanAsync(request));
        Assert.That(lost.Message, Does.Contain("packer@pve!build").And.Contain("--rotate-token"));
        var second = await bootstrap.ApplyAsync(await bootstrap.PlanAsync(request with { RotateToken = true }));
        Assert.That(second.Credentials.TokenSecret, Is.Not.EqualTo(first.Credentials.TokenSecret));
        using var old = sandbox.Client(first.Credentials);
        Assert.That((await Caught.FromAsync<ProxmoxApiException>(() => old.GetNodesAsync())).Status, Is.EqualTo(401));
    }

    [Test]
    public async Task An_interruption_while_the_token_is_made_waits_for_its_secret()
    {
        using var stop = new CancellationTokenSource();
        using var server = new ScriptedServer(request =>
        {
            if (request.Line.EndsWith("/token/build", StringComparison.Ordinal) && request.Method == "POST")
            {
                stop.Cancel();
                return ScriptedServer.Data("""{"full-tokenid":"packer@pve!build","value":"the only copy"}""");
            }

            return request.Target switch
            {
                "/api2/json/access/ticket" => ScriptedServer.Data("""{"ticket":"PVE:root@pam:1","CSRFPreventionToken":"1"}"""),
                "/api2/json/version" => ScriptedServer.Data("""{"version":"9.1.1","release":"9.1","repoid":"1"}"""),
                _ => request.Method == "GET" ? ScriptedServer.Data("[]") : ScriptedServer.Data("null"),
            };
        });
        using var client = Clients.WithPassword(server);
        var bootstrap = new AccessBootstrap(client, new ListLog());
        var plan = await bootstrap.PlanAsync(new AccessRequest { Scope = SandboxFixture.Scope });
        var kept = new List<string?>();
        await Caught.FromAsync<OperationCanceledException>(() => bootstrap.ApplyAsync(plan, login => kept.Add(login.TokenSecret), stop.Token));
        Assert.That(kept, Is.EqualTo(new[] { "the only copy" }));
    }

    [Test]
    public async Task A_new_user_gets_the_password_that_is_asked_for()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var bootstrap = new AccessBootstrap(sandbox.Admin, sandbox.Log);
        await bootstrap.ApplyAsync(await bootstrap.PlanAsync(new AccessRequest { Scope = SandboxFixture.Scope, Password = "correct horse battery" }));
        using var user = sandbox.Client(new ProxmoxCredentials { Username = "packer@pve", Password = "correct horse battery" });
        Assert.That((await user.GetNodesAsync()).Single().Node, Is.EqualTo("pve"));
    }

    [Test]
    public async Task Somebody_who_is_no_administrator_is_told_which_privilege_is_missing()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        await sandbox.Admin.Access.CreateUserAsync("joe@pve", "secret word", "nobody");
        using var joe = sandbox.Client(new ProxmoxCredentials { Username = "joe@pve", Password = "secret word" });
        var bootstrap = new AccessBootstrap(joe, sandbox.Log);
        var error = await Caught.FromAsync<FailureException>(async () =>
            await bootstrap.ApplyAsync(await bootstrap.PlanAsync(new AccessRequest { Scope = SandboxFixture.Scope })));
        Assert.That(error.Message, Does.Contain("create the user packer@pve").And.Contain("lacks the privilege"));
    }

    [Test]
    public async Task Each_single_privilege_that_is_missing_is_named_with_its_path_and_reason()
    {
        await using var sandbox = await SandboxFixture.StartAsync();
        var builder = await sandbox.BuilderAsync();
        Assert.That(await PrivilegeCheck.MissingAsync(builder, SandboxFixture.Scope), Is.Empty);
        foreach (var role in (await sandbox.Admin.Access.GetRolesAsync()).Where(r => r.RoleId.StartsWith("Packer", StringComparison.Ordinal)))
        {
            foreach (var privilege in role.PrivilegeList)
            {
                await sandbox.Admin.Access.SetRoleAsync(role.RoleId, role.PrivilegeList.Where(p => p != privilege));
                var missing = await PrivilegeCheck.MissingAsync(builder, SandboxFixture.Scope);
                Assert.That(missing.Select(m => m.Privilege).Distinct(), Is.EqualTo(new[] { privilege }));
                var failure = await Caught.FromAsync<FailureException>(() => PrivilegeCheck.RequireAsync(builder, SandboxFixture.Scope));
                Assert.That(failure.Kind, Is.EqualTo(FailureKind.Validation));
                Assert.That(failure.Message, Does.Contain($"{privilege} on {missing[0].Path}"));
            }

            await sandbox.Admin.Access.SetRoleAsync(role.RoleId, role.PrivilegeList);
        }
    }
}
