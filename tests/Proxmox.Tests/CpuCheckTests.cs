using Foundation;
using Newtonsoft.Json.Linq;
using Proxmox.Machines;
using Proxmox.Tests.Support;
using Templates;

namespace Proxmox.Tests;

/// <summary>A CPU type or flag that a node does not have is known before a VM is made: from the list that a real node gave.</summary>
public sealed class CpuCheckTests
{
    private static readonly string Types = new JArray(File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Facts", "cpu-types-9.2.tsv"))
        .Select(l => l.Split('\t')).Select(c => new JObject { ["name"] = c[0], ["custom"] = 0, ["vendor"] = c[1] })).ToString(Newtonsoft.Json.Formatting.None);

    private const string Flags = """[{"name":"aes","description":"…"},{"name":"pcid","description":"…"},{"name":"nested-virt","description":"…"}]""";

    private static async Task<FailureException?> FailureAsync(string type, string[] flags, Func<string, string>? answer = null)
    {
        using var server = new ScriptedServer(r => answer?.Invoke(r.Target) ?? ScriptedServer.Data(r.Target.EndsWith("cpu-flags", StringComparison.Ordinal) ? Flags : Types));
        using var client = Clients.WithToken(server);
        var template = new Template { Id = "rocky-9", Hardware = new Hardware { CpuType = type, CpuFlags = flags } };
        try
        {
            await CpuCheck.RequireAsync(client, "pve", template);
            return null;
        }
        catch (FailureException failure)
        {
            return failure;
        }
    }

    [TestCase("x86-64-v2-AES")]
    [TestCase("host", "+aes", "-pcid")]
    [TestCase("custom-mine")]
    public async Task What_the_node_has_or_does_not_show_is_right(string type, params string[] flags) => Assert.That(await FailureAsync(type, flags), Is.Null);

    [TestCase("x86-64-v2-AEs", "The node pve has no CPU type 'x86-64-v2-AEs'", "Perhaps x86-64-v2-AES is meant")]
    [TestCase("host", "The node pve has no CPU flag 'avx'", "It has aes, pcid, nested-virt", "+aes", "+avx")]
    public async Task What_the_node_does_not_have_is_named(string type, string what, string remedy, params string[] flags)
    {
        var failure = (await FailureAsync(type, flags))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Validation));
        Assert.That(failure.Message, Does.StartWith(what).And.Contain("of rocky-9").And.Contain(remedy));
    }

    [Test]
    public async Task Flags_that_an_older_server_does_not_tell_are_not_judged() => Assert.That(
        await FailureAsync("host", ["+avx"], t => t.EndsWith("cpu-flags", StringComparison.Ordinal)
            ? ScriptedServer.Json("""{"data":null}""", "501 Method 'GET /nodes/pve/capabilities/qemu/cpu-flags' not implemented") : ScriptedServer.Data(Types)),
        Is.Null);
}
