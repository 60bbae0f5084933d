using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Records.Verification;

namespace Records.Tests;

/// <summary>A provenance that was signed with other facts than its <c>run.json</c>, or is none.</summary>
public sealed class ProvenanceCheckTests
{
    [TestCase("$._type", "\"https://in-toto.io/Statement/v2\"")]
    [TestCase("$.predicateType", "\"https://slsa.dev/provenance/v2\"")]
    [TestCase("$.predicate.buildDefinition.buildType", "\"no uri\"")]
    [TestCase("$.predicate.runDetails.builder.id", "\"no uri\"")]
    [TestCase("$.subject", "[]")]
    [TestCase("$.subject[0].digest.sha256", "\"00\"")]
    [TestCase("$.subject[0].annotations.node", "\"pve9\"")]
    [TestCase("$.subject[0].annotations.vmid", "9011")]
    [TestCase("$.predicate.buildDefinition.externalParameters.environment", "\"sandbox\"")]
    [TestCase("$.predicate.buildDefinition.externalParameters.template", "\"rocky-8\"")]
    [TestCase("$.predicate.buildDefinition.internalParameters.proxmox.version", "\"8.0\"")]
    [TestCase("$.predicate.buildDefinition.internalParameters.packer.version", "\"1.0.0\"")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'source')].digest.gitCommit", "\"ffffffffffffffffffffffffffffffffffffffff\"")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'rocky.iso')].uri", "\"https://evil.example.net/rocky.iso\"")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'rocky.iso')].digest.sha256", "\"00\"")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'http/ks.cfg')].digest.sha256", "\"00\"")]
    [TestCase("$.predicate.runDetails.byproducts[0].digest.sha256", "\"00\"")]
    [TestCase("$.predicate.runDetails.metadata.invocationId", "\"CHAIN-20200101T000000Z-x\"")]
    [TestCase("$.predicate.runDetails.metadata.startedOn", "\"2020-01-01T00:00:00Z\"")]
    [TestCase("$.predicate.runDetails.metadata.finishedOn", "\"2020-01-01T00:00:00Z\"")]
    [TestCase("$.predicate.runDetails", "null")]
    [TestCase("$.predicate.buildDefinition.externalParameters", "[]")]
    public void What_it_says_otherwise_is_found(string path, string value)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var file = Path.Combine(made.Path, "provenance.intoto.json");
        using var reader = new JsonTextReader(new StringReader(File.ReadAllText(file))) { DateParseHandling = DateParseHandling.None };
        var statement = JObject.Load(reader);
        var token = statement.SelectToken(path);
        Assert.That(token, Is.Not.Null, path);
        token!.Replace(JToken.Parse(value));
        File.WriteAllText(file, statement.ToString());
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Verify().SelectMany(v => v.Findings).Select(f => f.Name), Is.EqualTo(new[] { FindingName.ProvenanceDisagrees }).Or.EqualTo(new[] { FindingName.ProvenanceDisagrees, FindingName.IndexDisagrees }));
    }

    [TestCase("nothing")]
    [TestCase("{\"_type\":\"a\",\"_type\":\"b\"}")]
    [TestCase("[]")]
    [TestCase("{}")]
    public void What_is_no_statement_is_found(string content)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        File.WriteAllText(Path.Combine(made.Path, "provenance.intoto.json"), content);
        Tampering.Reseal(records, made.Path);
        Assert.That(records.Verify().SelectMany(v => v.Findings).Select(f => f.Name), Does.Contain(FindingName.ProvenanceDisagrees));
    }
}
