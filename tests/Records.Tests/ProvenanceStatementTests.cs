using Newtonsoft.Json.Linq;
using Records.Provenance;

namespace Records.Tests;

/// <summary>What supply-chain tools read.</summary>
public sealed class ProvenanceStatementTests
{
    private static readonly ProvenanceDetails Details = new()
    {
        PackerSha256 = new string('1', 64),
        PluginSha256 = new string('2', 64),
        RepositoryUrl = "https://git.example.net/templates.git",
        Parameters = new Dictionary<string, string> { ["var.b"] = "2", ["var.a"] = "1" },
        AdditionalIsos = [new("virtio-win.iso", "https://mirror.example.net/virtio-win.iso", new string('3', 64))],
        ProgramVersion = "1.0.0",
    };

    [Test]
    public void A_build_names_all_that_it_was_made_from()
    {
        using var records = new TestRecords();
        var predicate = Predicate(records.Seal(provenance: Details));
        var definition = predicate["buildDefinition"]!;
        Assert.That((string)definition["buildType"]!, Does.EndWith("/build-types/proxmox-template/v1"));
        Assert.That(definition["externalParameters"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo(
            """{"environment":"proxmox","template":"rocky-9","options":{"var.a":"1","var.b":"2"}}"""));
        Assert.That(definition["resolvedDependencies"]!.Select(d => $"{d["name"]} {d["uri"]} {d["digest"]!.First} {d["annotations"]?.ToString(Newtonsoft.Json.Formatting.None)}".Trim()), Is.EqualTo(new[]
        {
            $"rocky.iso https://mirror.example.net/rocky.iso \"sha256\": \"{new string('c', 64)}\"",
            $"virtio-win.iso https://mirror.example.net/virtio-win.iso \"sha256\": \"{new string('3', 64)}\"",
            $"http/ks.cfg  \"sha256\": \"{new string('a', 64)}\"",
            $"proxmox.pkr.hcl  \"sha256\": \"{new string('b', 64)}\"",
            $"packer  \"sha256\": \"{new string('1', 64)}\" {{\"version\":\"1.6.6\"}}",
            $"packer-plugin-proxmox  \"sha256\": \"{new string('2', 64)}\" {{\"version\":null}}",
            "source git+https://git.example.net/templates.git@0123456789abcdef0123456789abcdef01234567 \"gitCommit\": \"0123456789abcdef0123456789abcdef01234567\" {\"dirty\":false}",
        }));
        Assert.That(predicate["runDetails"]!["builder"]!.ToString(Newtonsoft.Json.Formatting.None), Does.EndWith(
            """/builders/proxmox","version":{"packer-build-records":"1.0.0","packer":"1.6.6","proxmox-ve":"9.0.3"}}"""));
        Assert.That(records.Findings(), Is.Empty.Or.All.EndsWith("latest-missing").Or.All.EndsWith("index-missing"));
    }

    [Test]
    public void The_subject_is_the_template_on_its_cluster()
    {
        using var records = new TestRecords();
        var subject = Statement(records.Seal())["subject"]!.Single();
        Assert.That((string)subject["name"]!, Is.EqualTo("template/rocky-9"));
        Assert.That((string)subject["uri"]!, Is.EqualTo("https://pve1.example.net:8006/api2/json/nodes/pve1/qemu/9010"));
        Assert.That(subject["annotations"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo(
            """{"cluster":"https://pve1.example.net:8006","node":"pve1","vmid":9010,"vm_name":"rocky-9-template","digest_of":"node, vmid and vm_facts of run.json as JSON without blanks"}"""));
    }

    [Test]
    public void What_is_not_known_is_left_out_of_an_init_too()
    {
        using var records = new TestRecords();
        var made = records.Seal(record: records.Init() with { Source = new("0123456789abcdef0123456789abcdef01234567", true), StartedUtc = null, FinishedUtc = null });
        var statement = Statement(made);
        Assert.That(statement["subject"]!.Single()["name"]!.ToString(), Is.EqualTo("init"));
        Assert.That(statement["subject"]!.Single()["uri"], Is.Null);
        var definition = statement["predicate"]!["buildDefinition"]!;
        Assert.That((string)definition["buildType"]!, Does.EndWith("/build-types/init/v1"));
        Assert.That(definition["externalParameters"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo("""{"environment":"proxmox"}"""));
        Assert.That(definition["resolvedDependencies"]!.Last!.ToString(Newtonsoft.Json.Formatting.None), Does.Contain("\"uri\":\"git+commit:0123456789abcdef0123456789abcdef01234567\"").And.Contain("{\"dirty\":true}"));
        Assert.That(statement["predicate"]!["runDetails"]!["metadata"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo($"{{\"invocationId\":\"{made.Record.ChainId}\"}}"));
    }

    private static JToken Predicate(SealedRecord made) => Statement(made)["predicate"]!;

    private static JObject Statement(SealedRecord made)
    {
        using var reader = new Newtonsoft.Json.JsonTextReader(new StringReader(File.ReadAllText(Path.Combine(made.Path, "provenance.intoto.json")))) { DateParseHandling = Newtonsoft.Json.DateParseHandling.None };
        return JObject.Load(reader);
    }
}
