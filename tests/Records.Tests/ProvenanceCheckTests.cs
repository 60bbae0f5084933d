using Newtonsoft.Json.Linq;

namespace Records.Tests;

/// <summary>A provenance that was signed with other facts than its <c>run.json</c>, or is none.</summary>
public sealed class ProvenanceCheckTests
{
    [TestCase("$._type", "\"https://in-toto.io/Statement/v2\"", "it is not an in-toto Statement v1 with SLSA Provenance v1")]
    [TestCase("$.predicateType", "\"https://slsa.dev/provenance/v2\"", "it is not an in-toto Statement v1 with SLSA Provenance v1")]
    [TestCase("$.predicate.buildDefinition.buildType", "\"no uri\"", "buildType and builder.id must be URIs")]
    [TestCase("$.predicate.runDetails.builder.id", "\"no uri\"", "buildType and builder.id must be URIs")]
    [TestCase("$.subject", "[]", "its subjects are not the template that run.json describes and the files of this record")]
    [TestCase("$.subject[0].digest.sha256", "\"00\"", "its subjects are not the template that run.json describes and the files of this record")]
    [TestCase("$.subject[1].digest.sha256", "\"00\"", "its subject README.md is not that file of this record")]
    [TestCase("$.subject[1].name", "\"run.json\"", "it names a file twice")]
    [TestCase("$.predicate.runDetails.builder.id", "\"https://elsewhere.example.net\"", "its builder is not the one of run.json")]
    [TestCase("$.predicate.buildDefinition.internalParameters.chain_id", "\"CHAIN-20200101T000000Z-x\"", "its internal parameter chain_id is not the one of run.json")]
    [TestCase("$.predicate.buildDefinition.internalParameters.invocation.actor", "\"somebody\"", "its internal parameter invocation is not the one of run.json")]
    [TestCase("$.predicate.buildDefinition.internalParameters.provisioning", "[]", "its internal parameter provisioning is not the one of run.json")]
    [TestCase("$.subject[0].annotations.node", "\"pve9\"", "its subject has another node than run.json")]
    [TestCase("$.subject[0].annotations.vmid", "9011", "its subject has another vmid than run.json")]
    [TestCase("$.predicate.buildDefinition.externalParameters.environment", "\"sandbox\"", "its external parameters name another template or environment")]
    [TestCase("$.predicate.buildDefinition.externalParameters.template", "\"rocky-8\"", "its external parameters name another template or environment")]
    [TestCase("$.predicate.buildDefinition.internalParameters.proxmox.version", "\"8.0\"", "its internal parameter proxmox is not the one of run.json")]
    [TestCase("$.predicate.buildDefinition.internalParameters.packer.version", "\"1.0.0\"", "its internal parameter packer is not the one of run.json")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'source')].digest.gitCommit", "\"ffffffffffffffffffffffffffffffffffffffff\"", "the commit 0123456789abcdef0123456789abcdef01234567 is not among its dependencies")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'rocky.iso')].uri", "\"https://evil.example.net/rocky.iso\"", "its installation medium is not the one of run.json")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'rocky.iso')].digest.sha256", "\"00\"", "its installation medium is not the one of run.json")]
    [TestCase("$.predicate.buildDefinition.resolvedDependencies[?(@.name == 'http/ks.cfg')].digest.sha256", "\"00\"", "the input with the SHA-256 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa is not among its dependencies")]
    [TestCase("$.predicate.runDetails.byproducts[0].digest.sha256", "\"00\"", "its byproduct is not the log that run.json describes")]
    [TestCase("$.predicate.runDetails.metadata.invocationId", "\"CHAIN-20200101T000000Z-x\"", "it describes another run")]
    [TestCase("$.predicate.runDetails.metadata.startedOn", "\"2020-01-01T00:00:00Z\"", "it describes another run")]
    [TestCase("$.predicate.runDetails.metadata.finishedOn", "\"2020-01-01T00:00:00Z\"", "it describes another run")]
    [TestCase("$.predicate.runDetails", "null", "it lacks a field that in-toto Statement v1 or SLSA Provenance v1 requires")]
    [TestCase("$.predicate.buildDefinition.externalParameters", "[]", "it lacks a field that in-toto Statement v1 or SLSA Provenance v1 requires")]
    public void What_it_says_otherwise_is_found(string path, string value, string message)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var statement = Tampering.Statement(made.Path)!;
        var token = statement.SelectToken(path);
        Assert.That(token, Is.Not.Null, path);
        token!.Replace(JToken.Parse(value));
        Tampering.Envelop(records, made.Path, statement.ToString());
        Tampering.SignSums(records, made.Path);
        Assert.That(records.Said(), Is.EqualTo(new[] { $"builds/rocky-9/{made.Stamp}: provenance-disagrees: provenance.dsse.json: {message}" }));
    }

    [Test]
    public void What_an_init_record_rendered_is_among_its_dependencies()
    {
        using var records = new TestRecords();
        var made = records.Seal(record: records.Init());
        records.Store.PublishLatest(made);
        TestRecords.Unlock(records.Root.Path);
        Tampering.Envelop(records, made.Path, Tampering.Statement(made.Path)!.ToString().Replace(new string('d', 64), new string('e', 64), StringComparison.Ordinal));
        Tampering.SignSums(records, made.Path);
        Assert.That(records.Said(), Is.EqualTo(new[] { $"init/{made.Stamp}: provenance-disagrees: provenance.dsse.json: the input with the SHA-256 {new string('d', 64)} is not among its dependencies" }));
    }

    [TestCase("nothing", "it is not valid JSON: ")]
    [TestCase("{\"_type\": {\"a\":1,\"a\":2}}", "it is not valid JSON: ")]
    [TestCase("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "it is not valid JSON: ")]
    [TestCase("{\"_type\":\"a\",\"_type\":\"b\"}", "it is not valid JSON: ")]
    [TestCase("{}", "it lacks a field that in-toto Statement v1 or SLSA Provenance v1 requires")]
    [TestCase("[]", "it lacks a field that in-toto Statement v1 or SLSA Provenance v1 requires")]
    public void What_is_no_statement_is_found_and_why_is_said(string content, string message)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        Tampering.Envelop(records, made.Path, content);
        Tampering.SignSums(records, made.Path);
        Assert.That(records.Said().Single(), Does.StartWith($"builds/rocky-9/{made.Stamp}: provenance-disagrees: provenance.dsse.json: {message}"));
    }
}
