using System.Globalization;
using System.Text.Json;
using Foundation;

namespace Records.Verification;

/// <summary>What a statement says of one build.</summary>
/// <param name="ChainId">The run that made it.</param>
/// <param name="Vmid">Its VMID.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="At">When, as RFC 3339; for a pending one, when it was begun.</param>
/// <param name="By">Who signed the statement.</param>
/// <param name="Begun">When it was begun, as RFC 3339.</param>
/// <param name="IsNew">Whether a run has not yet told the index.</param>
internal sealed record DestroyedBuild(string ChainId, long Vmid, string Outcome, string At, string By, string Begun, bool IsNew)
{
    public const string Pending = "pending";
    public const string Destroyed = "destroyed";
    public const string Kept = "kept";
}

/// <summary>A statement that is right.</summary>
internal sealed record DestroyedStatement(string Path, string Template, string? Finished, IReadOnlyList<DestroyedBuild> Builds);

/// <summary>What statements say, and what they say it of.</summary>
internal sealed class DestroyedBuilds(IReadOnlyList<DestroyedStatement> statements)
{
    private readonly Dictionary<(string Template, string ChainId), DestroyedBuild> builds = statements
        .SelectMany(s => s.Builds.Where(b => b.Outcome != DestroyedBuild.Kept).Select(b => (Key: (s.Template, b.ChainId), Build: b)))
        .GroupBy(b => b.Key, b => b.Build)
        .ToDictionary(g => g.Key, g => g.OrderBy(b => b.Outcome, StringComparer.Ordinal).ThenBy(b => b.At, StringComparer.Ordinal).First());

    public IReadOnlyList<DestroyedStatement> Statements => statements;

    /// <summary>What became of the build of a record, such as <c>builds/rocky-9</c> by the run that made it; null when nothing is known.</summary>
    public DestroyedBuild? Of(string subject, string? chainId) =>
        chainId is not null && subject.StartsWith("builds/", StringComparison.Ordinal) ? builds.GetValueOrDefault((subject["builds/".Length..], chainId)) : null;
}

/// <summary>The statements under <c>destroyed/</c>: each is signed, and names the builds of one template that a run destroyed.</summary>
internal static class DestroyedCheck
{
    private const int MaxBytes = 1024 * 1024;
    private const string Purpose = "packer-build-record";
    private const string OnlyStatements = "only statements of what was destroyed have their place here";
    private const string SignatureExtension = ".json.sig";
    private const string NextExtension = ".json.sig.next";

    private static readonly Lazy<SchemaCheck> Schema = new(() => SchemaCheck.Embedded("destroyed.schema.json"));

    /// <param name="root">The records.</param>
    /// <param name="signers">Whose signatures count.</param>
    /// <param name="verdicts">What is wrong is added to them.</param>
    /// <param name="pending">What runs that died may not have told the index; null where that does not matter.</param>
    public static DestroyedBuilds Load(RecordRoot root, SignersList signers, List<RecordVerdict> verdicts, PendingPublications? pending)
    {
        var statements = new List<DestroyedStatement>();
        var folder = Path.Combine(root.Path, "destroyed");
        if (SafeFile.IsLink(folder) || File.Exists(folder))
        {
            verdicts.Add(Place("destroyed", SafeFile.IsLink(folder) ? FindingName.LinkNotAllowed : FindingName.UnexpectedFile, "it must be a folder"));
        }
        else if (Directory.Exists(folder))
        {
            foreach (var entry in Entries(folder, verdicts).OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                if (Wrong(entry, root, signers, pending, statements) is { } wrong)
                {
                    verdicts.Add(wrong);
                }
            }
        }

        return new(statements);
    }

    /// <summary>A statement of a build that has a record must name that record's VMID.</summary>
    public static void CheckRecords(DestroyedBuilds destroyed, IReadOnlyCollection<CheckedRecord> records, List<RecordVerdict> verdicts)
    {
        var named = destroyed.Statements.SelectMany(s => s.Builds.Select(b => (Statement: s, Build: b))).ToLookup(n => ($"builds/{n.Statement.Template}", n.Build.ChainId));
        foreach (var record in records.Where(r => r.ForIndex is { ChainId: not null, Vmid: not null }))
        {
            foreach (var (statement, build) in named[(record.Subject, record.ForIndex!.ChainId!)].Where(n => n.Build.Vmid != record.ForIndex.Vmid))
            {
                verdicts.Add(Place($"destroyed/{Path.GetFileName(statement.Path)}", FindingName.DestroyedInvalid, $"it names VM {build.Vmid} as the one of {build.ChainId}, whose record has {record.ForIndex.Vmid}"));
            }
        }
    }

    private static FileSystemInfo[] Entries(string folder, List<RecordVerdict> verdicts)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            verdicts.Add(Place("destroyed", FindingName.Unreadable, e.Message));
            return [];
        }
    }

    private static RecordVerdict? Wrong(
        FileSystemInfo entry, RecordRoot root, SignersList signers, PendingPublications? pending, List<DestroyedStatement> statements)
    {
        var path = $"destroyed/{entry.Name}";
        if (SafeFile.IsLink(entry))
        {
            return Place(path, FindingName.LinkNotAllowed, "a link is not followed");
        }

        if (entry is DirectoryInfo)
        {
            return Place(path, FindingName.UnexpectedFolder, OnlyStatements);
        }

        if (entry.Name.EndsWith(".json", StringComparison.Ordinal))
        {
            try
            {
                return Error(entry.FullName, root, signers, pending, statements) is { } error ? Place(path, FindingName.DestroyedInvalid, error) : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Place(path, FindingName.Unreadable, e.Message);
            }
        }

        if (entry.Name.EndsWith(SignatureExtension, StringComparison.Ordinal))
        {
            // It comes into its place after the statement does.
            return File.Exists(entry.FullName[..^".sig".Length]) ? null : Place(path, FindingName.DestroyedInvalid, "the statement that it is the signature of is gone");
        }

        // What a run that died has left: a signature whose statement was to come, or a file that was not yet renamed.
        var isOurs = entry.Name.EndsWith(NextExtension, StringComparison.Ordinal) || (entry.Name[0] == '.' && entry.Name.EndsWith(".tmp", StringComparison.Ordinal));
        return isOurs ? null : Place(path, FindingName.UnexpectedFile, OnlyStatements);
    }

    private static string? Error(string path, RecordRoot root, SignersList signers, PendingPublications? pending, List<DestroyedStatement> statements)
    {
        var content = SafeFile.Read(path, MaxBytes);
        if (content is null)
        {
            return $"it has more than {MaxBytes} bytes";
        }

        var key = Signer(path + ".sig", content) ?? Signer(path + ".sig.next", content);
        if (key is null)
        {
            return "it has no signature that is right";
        }

        try
        {
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var statement = document.RootElement;
            if (Schema.Value.Errors(statement) is [var error, ..])
            {
                return error.Replace("run", "it", StringComparison.Ordinal);
            }

            var template = statement.GetProperty("template").GetString()!;
            var started = statement.GetProperty("started_utc").GetString()!;
            var finished = statement.GetProperty("finished_utc").GetString();
            var signer = statement.GetProperty("signer");
            if (!UtcStamp.TryParse(started, out var begun) || (finished is not null && !IsMoment(finished)))
            {
                return "it names a moment that there is not";
            }

            var name = signer.GetProperty("name").GetString()!;
            var at = finished is null ? begun.Moment : DateTimeOffset.Parse(finished, CultureInfo.InvariantCulture);
            if (signer.GetProperty("fingerprint").GetString() != SignatureCheck.Fingerprint(key) || !signers.NamesOf(key, at).Contains(name))
            {
                return $"the key {SignatureCheck.Fingerprint(key)} that signed it is not one of {name} that counts";
            }

            if (Path.GetFileName(path) != $"{template}-{started}.json")
            {
                return $"it was written as {template}-{started}.json";
            }

            if (statement.GetProperty("environment").GetString() != (root.IsSandbox ? RecordRoot.Sandbox : "proxmox"))
            {
                return "it was made in another environment";
            }

            var isNew = pending?.Contains($"destroyed/{Path.GetFileName(path)}") == true;
            var builds = statement.GetProperty("destroyed").EnumerateArray().Select(b => new DestroyedBuild(
                b.GetProperty("chain_id").GetString()!, b.GetProperty("vmid").GetInt64(), b.GetProperty("outcome").GetString()!, finished ?? begun.Rfc3339(), name, begun.Rfc3339(), isNew)).ToList();
            if (finished is not null && builds.Exists(b => b.Outcome == DestroyedBuild.Pending))
            {
                return "it is finished and says of a build that it is not";
            }

            statements.Add(new(path, template, finished, builds));
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "it is not a statement of what was destroyed";
        }
    }

    private static byte[]? Signer(string path, byte[] content) =>
        File.Exists(path) && SafeFile.Read(path, SignatureCheck.MaxBytes) is { } signature ? SignatureCheck.Signer(signature, content, Purpose) : null;

    private static bool IsMoment(string text) =>
        DateTime.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static string Rfc3339(this UtcStamp stamp) => stamp.Moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static RecordVerdict Place(string path, string finding, string message) => new(path, VerdictKind.Place, null, [new(finding, null, message)]);
}
