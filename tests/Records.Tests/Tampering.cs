using Foundation;
using Newtonsoft.Json.Linq;
using Records.Verification;

namespace Records.Tests;

/// <summary>Ways to tamper with records; each must be found by its name.</summary>
internal static class Tampering
{
    /// <summary>One way for each finding: what it does to two published records of rocky-9.</summary>
    public static readonly IReadOnlyDictionary<string, Action<TestRecords, string, string>> Ways =
        new Dictionary<string, Action<TestRecords, string, string>>
        {
            [FindingName.LogHashMismatch] = (_, _, second) => File.AppendAllText(Path.Combine(second, "packer.log"), "a later line\n"),
            [FindingName.LogSizeMismatch] = (records, _, second) => Reseal(records, second, run => run["log_bytes"] = 7, ("Log size", "`7` bytes")),
            [FindingName.FileHashMismatch] = (_, _, second) => Replace(Path.Combine(second, "run.json"), "\"vmid\": 9010", "\"vmid\": 9011"),
            [FindingName.MissingFile] = (_, _, second) => File.Delete(Path.Combine(second, "build.log")),
            [FindingName.UnexpectedFile] = (_, _, second) => File.WriteAllText(Path.Combine(second, "note.txt"), "all is well"),
            [FindingName.UnexpectedFolder] = (_, first, _) => CopyFolder(first, Path.Combine(Path.GetDirectoryName(first)!, "backup")),
            [FindingName.LinkNotAllowed] = (_, first, second) =>
            {
                File.Delete(Path.Combine(second, "packer.log"));
                File.CreateSymbolicLink(Path.Combine(second, "packer.log"), $"../{Path.GetFileName(first)}/packer.log");
            },
            [FindingName.SumsMalformed] = (records, _, second) =>
            {
                var sums = Path.Combine(second, "SHA256SUMS");
                File.WriteAllText(sums, File.ReadAllText(sums).Replace("  ", " *", StringComparison.Ordinal));
                Sign(records, second);
            },
            [FindingName.BadSignature] = (_, first, second) => File.Copy(Path.Combine(first, "SHA256SUMS.sig"), Path.Combine(second, "SHA256SUMS.sig"), overwrite: true),
            [FindingName.UnknownSigner] = (records, _, _) => File.WriteAllText(records.Root.AllowedSigners, "# nobody\n"),
            [FindingName.SignerMismatch] = (records, _, second) => Reseal(records, second, run => run["signer"]!["name"] = "somebody@example.net"),
            [FindingName.SchemaViolation] = (records, _, second) => Reseal(records, second, run => run["vmid"] = "9010"),
            [FindingName.UnknownVersion] = (records, _, second) => Reseal(records, second, run => run["schema_version"] = 3),
            [FindingName.EnvelopeInvalid] = (records, first, second) =>
            {
                File.Copy(Path.Combine(first, "provenance.dsse.json"), Path.Combine(second, "provenance.dsse.json"), overwrite: true);
                Replace(Path.Combine(second, "provenance.dsse.json"), "\"sig\":\"", "\"sig\":\"AAAA");
                SignSums(records, second);
            },
            [FindingName.KeyInvalid] = (records, _, _) => Replace(Directory.GetFiles(Path.Combine(records.Root.Path, "keys")).Single(), "PUBLIC", "PRIVATE"),
            [FindingName.DestroyedInvalid] = (records, _, _) =>
            {
                var folder = Directory.CreateDirectory(Path.Combine(records.Root.Path, "destroyed")).FullName;
                File.WriteAllText(Path.Combine(folder, "rocky-9-2026-11-22T191700Z.json"), "{}");
            },
            [FindingName.TimestampMismatch] = (records, first, second) => CopyFolder(second, Path.Combine(Path.GetDirectoryName(first)!, "2027-01-01T000000Z")),
            [FindingName.WrongPlace] = (records, first, _) =>
            {
                var other = Path.Combine(records.Root.Path, "builds", "ubuntu-24.04");
                CopyFolder(first, Path.Combine(other, Path.GetFileName(first)));
                Directory.CreateSymbolicLink(Path.Combine(other, "latest"), Path.GetFileName(first));
            },
            [FindingName.ReadmeDisagrees] = (records, _, second) => Reseal(records, second, _ => { }, ("VMID", "`9999`")),
            [FindingName.ProvenanceDisagrees] = (records, _, second) => Reseal(records, second, run => run["vm_facts"]!["cores"] = 64),
            [FindingName.ChainBroken] = (_, first, _) => Directory.Delete(first, recursive: true),
            [FindingName.ChainForked] = (records, first, second) =>
            {
                // A back-dated copy of the newest record, signed with the right key.
                var between = Path.Combine(Path.GetDirectoryName(first)!, "2026-11-22T191629Z");
                CopyFolder(second, between);
                Reseal(records, between, run => run["timestamp_utc"] = "2026-11-22T191629Z", ("Record", "`2026-11-22T191629Z`"));
            },
            [FindingName.JoinInvalid] = (records, _, _) =>
            {
                var joins = Directory.CreateDirectory(Path.Combine(records.Root.Path, "joins")).FullName;
                File.WriteAllText(Path.Combine(joins, "builds-rocky-9.json"), """{"schema_version": 1, "subject": "builds/rocky-9", "ends": []}""");
            },
            [FindingName.LatestMissing] = (_, first, _) => File.Delete(Latest(first)),
            [FindingName.LatestDangling] = (_, first, _) => PointLatest(first, "2026-01-01T000000Z"),
            [FindingName.LatestPointsElsewhere] = (_, first, _) => PointLatest(first, Path.GetFileName(first)),
            [FindingName.IndexMissing] = (records, _, _) => File.Delete(records.Root.Index),
            [FindingName.IndexDisagrees] = (records, first, _) =>
                File.WriteAllLines(records.Root.Index, File.ReadAllLines(records.Root.Index).Where(l => !l.StartsWith($"| [{Path.GetFileName(first)}]", StringComparison.Ordinal))),
        };

    /// <summary>Two published records, ten seconds apart, and one way of tampering.</summary>
    public static void Apply(TestRecords records, string finding)
    {
        var first = records.Publish();
        var second = records.Publish(UtcStamp.From(TestRecords.Start.Moment.AddSeconds(10)));
        TestRecords.Unlock(records.Root.Path);
        if (finding.Length > 0)
        {
            Ways[finding](records, first.Path, second.Path);
        }
    }

    /// <summary>Changes <c>run.json</c> and a README row and signs anew, as somebody with the key could.</summary>
    public static void Reseal(TestRecords records, string folder, Action<JObject> change, params (string Label, string Value)[] readme)
    {
        var path = Path.Combine(folder, "run.json");
        using var reader = new Newtonsoft.Json.JsonTextReader(new StringReader(File.ReadAllText(path))) { DateParseHandling = Newtonsoft.Json.DateParseHandling.None };
        var run = JObject.Load(reader);
        change(run);
        File.WriteAllText(path, run.ToString().ReplaceLineEndings("\n") + "\n");
        foreach (var (label, value) in readme)
        {
            var page = Path.Combine(folder, "README.md");
            var lines = File.ReadAllLines(page).Select(l => l.StartsWith($"| {label} | ", StringComparison.Ordinal) ? $"| {label} | {value} |" : l);
            File.WriteAllText(page, string.Join('\n', lines) + "\n");
        }

        Reseal(records, folder);
    }

    /// <summary>Signs what is there, the provenance with it: its subjects are the files that are there now.</summary>
    public static void Reseal(TestRecords records, string folder)
    {
        if (Statement(folder) is { } statement)
        {
            var built = statement["subject"]!.First!;
            var files = Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Where(n => !n.StartsWith("SHA256", StringComparison.Ordinal) && !n.StartsWith("provenance.", StringComparison.Ordinal));
            statement["subject"] = new JArray(files.Order(StringComparer.Ordinal)
                .Select(f => new JObject { ["name"] = f, ["digest"] = new JObject { ["sha256"] = FileHash.Sha256(Path.Combine(folder, f)) } }).Prepend(built));
            Envelop(records, folder, statement.ToString());
        }

        SignSums(records, folder);
    }

    /// <summary>The statement in a record's envelope; null when there is none that can be read.</summary>
    public static JObject? Statement(string folder)
    {
        try
        {
            var envelope = JObject.Parse(File.ReadAllText(Path.Combine(folder, "provenance.dsse.json")));
            using var reader = new Newtonsoft.Json.JsonTextReader(new StringReader(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)envelope["payload"]!)))) { DateParseHandling = Newtonsoft.Json.DateParseHandling.None };
            return JObject.Load(reader);
        }
        catch (Exception e) when (e is IOException or Newtonsoft.Json.JsonException or FormatException or ArgumentNullException)
        {
            return null;
        }
    }

    /// <summary>Puts another statement into a record's envelope and bundle, signed with the right key.</summary>
    public static void Envelop(TestRecords records, string folder, string statement)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(statement);
        var signature = records.Signer.SignEnvelope(Provenance.DsseEnvelope.PreAuthenticationEncoding(content));
        File.WriteAllBytes(Path.Combine(folder, "provenance.dsse.json"), Provenance.DsseEnvelope.Envelope(content, records.Signer.Fingerprint, signature));
        File.WriteAllBytes(Path.Combine(folder, "provenance.sigstore.json"), Provenance.DsseEnvelope.Bundle(content, records.Signer.Fingerprint, signature));
    }

    /// <summary>Signs the list of what is there, and nothing else.</summary>
    public static void SignSums(TestRecords records, string folder)
    {
        var names = Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Where(n => !n.StartsWith("SHA256", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        File.WriteAllText(Path.Combine(folder, "SHA256SUMS"), string.Concat(names.Select(n => $"{FileHash.Sha256(Path.Combine(folder, n))}  {n}\n")));
        Sign(records, folder);
    }

    public static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    public static string Latest(string record) => Path.Combine(Path.GetDirectoryName(record)!, "latest");

    public static void PointLatest(string record, string target)
    {
        File.Delete(Latest(record));
        Directory.CreateSymbolicLink(Latest(record), target);
    }

    private static void Sign(TestRecords records, string folder) =>
        File.WriteAllText(Path.Combine(folder, "SHA256SUMS.sig"), records.Signer.Sign(File.ReadAllBytes(Path.Combine(folder, "SHA256SUMS"))));

    private static void Replace(string path, string old, string with) =>
        File.WriteAllText(path, File.ReadAllText(path).Replace(old, with, StringComparison.Ordinal));
}
