using System.Globalization;
using System.Security.Cryptography;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Records.Model;
using Records.Signing;

namespace Records.Sealing;

/// <summary>
/// Says, signed, that the chain of a subject has several ends because branches of the repository were merged. Without
/// it a record that nobody follows counts as inserted. The same ends give the same file, so that two people who join
/// the same merge make no conflict.
/// </summary>
internal static class JoinStatement
{
    /// <summary>Writes the statement and its signature. Each end is a record that no record follows: its name and the SHA-256 of its <c>SHA256SUMS</c>.</summary>
    public static void Write(RecordRoot root, RecordSubject subject, IEnumerable<(string Record, string Sha256)> ends, RecordSigner signer)
    {
        var statement = new JObject
        {
            ["schema_version"] = 1,
            ["subject"] = subject.Name,
            ["ends"] = new JArray(ends.OrderBy(e => e.Record, StringComparer.Ordinal)
                .Select(e => new JObject { ["record"] = e.Record, ["sha256"] = e.Sha256 })),
        };
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using (var json = new JsonTextWriter(text) { Formatting = Formatting.Indented, CloseOutput = false })
        {
            statement.WriteTo(json);
        }

        text.Write('\n');
        var content = RunRecordJson.Bytes(text.ToString());
        var name = $"{subject.Name.Replace('/', '-')}-{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}.json";
        var path = Path.Combine(root.Path, "joins", name);

        FileSystemCalls.RefuseLinks(root, path);
        FileSystemCalls.RemoveUnfinished($"{path}.sig");
        FileSystemCalls.RemoveUnfinished(path);

        // The signature first: a statement without one would be a finding.
        AtomicFile.Write($"{path}.sig", signer.Sign(content));
        AtomicFile.Write(path, text.ToString());
        FileSystemCalls.SyncFolder(Path.GetDirectoryName(path)!);
    }
}
