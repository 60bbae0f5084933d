using CsCheck;
using Foundation;
using Proxmox.Machines;
using Proxmox.Tests.Support;

namespace Proxmox.Tests;

public sealed class TemplateTagsTests
{
    [TestCase("golden", "golden")]
    [TestCase("golden;linux", "golden linux")]
    [TestCase(" golden, linux  golden;", "golden linux")]
    [TestCase("a.b-c+d_e;9;_x", "a.b-c+d_e 9 _x")]
    [TestCase("", "")]
    public void Tags_are_separated_as_the_server_separates_them(string text, string tags) =>
        Assert.That(string.Join(' ', TemplateTags.Read(text)), Is.EqualTo(tags));

    [TestCase("-golden", "-golden")]
    [TestCase("golden;lin/ux", "lin/ux")]
    [TestCase("gölden", "gölden")]
    [TestCase("a=b", "a=b")]
    public void What_is_no_tag_is_named(string text, string wrong)
    {
        var failure = Assert.Throws<FailureException>(() => TemplateTags.Read(text))!;
        Assert.That((failure.Kind, failure.What), Is.EqualTo((FailureKind.Validation, $"'{wrong}' cannot be a tag")));
    }

    [Test]
    public void What_is_read_is_read_the_same_again() =>
        Gen.String[Gen.Char["ab1_-+. ;,"], 0, 12].Sample(text =>
        {
            try
            {
                var tags = TemplateTags.Read(text);
                return TemplateTags.Read(string.Join(';', tags)).SequenceEqual(tags);
            }
            catch (FailureException)
            {
                return true;
            }
        });

    [Test]
    public async Task A_restriction_is_told_in_the_server_s_words()
    {
        using var server = new ScriptedServer(_ => ScriptedServer.Json("""{"data":null}""", "403 Permission check failed (/, Sys.Modify for modifying tag 'golden')"));
        using var client = Clients.WithToken(server);
        var failure = await Caught.FromAsync<FailureException>(() => TemplateTags.SetAsync(client, "pve", 9100, ["golden"]));
        Assert.That(failure.Message, Does.Contain("Permission check failed (/, Sys.Modify for modifying tag 'golden')").And.Contain("user-tag-access").And.Not.Contain("Init"));
        Assert.That(server.Requests.Single().Body, Is.EqualTo("tags=golden"));
    }

    [TestCase("9")]
    [TestCase("8")]
    public async Task A_template_in_its_pool_may_be_tagged_where_a_new_VM_may_not(string version)
    {
        await using var sandbox = await SandboxFixture.StartAsync(version);
        using var builder = await sandbox.BuilderInPoolAsync();
        await builder.WaitForTaskAsync(await builder.Node("pve").CreateVmAsync(9000, new Dictionary<string, string> { ["name"] = "x", ["pool"] = "packer" }));
        await builder.WaitForTaskAsync(await builder.Node("pve").Qemu(9000).MakeTemplateAsync());
        await TemplateTags.SetAsync(builder, "pve", 9000, ["linux", "golden"]);
        var facts = await VmFacts.ReadAsync(builder, "pve", 9000);
        Assert.That(facts.Tags, Is.EqualTo(new[] { "golden", "linux" }));

        await sandbox.Admin.SendAsync(new(HttpMethod.Put, "/cluster/options") { Parameters = new() { { "user-tag-access", "user-allow=list,user-allow-list=golden" } } }, CancellationToken.None);
        var refused = await Caught.FromAsync<FailureException>(() => TemplateTags.SetAsync(builder, "pve", 9000, ["golden", "mine"]));
        Assert.That(refused.Message, Does.Contain("Sys.Modify for modifying tag '"));
    }
}
