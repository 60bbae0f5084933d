using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Records.Verification;

/// <summary>
/// Checks <c>keys/</c>: each file is the public key that its name, the SHA-256 of the key as SSH has it, says, in the one
/// spelling that this program writes.
/// </summary>
internal static class KeyCheck
{
    private const int MaxBytes = 4096;
    private const string Extension = ".pem";
    private const string Begin = "-----BEGIN PUBLIC KEY-----";
    private const string End = "-----END PUBLIC KEY-----";
    private static readonly (string Type, string? Curve, string Prefix, int Length)[] Kinds =
    [
        ("ssh-ed25519", null, "302a300506032b6570032100", 32),
        ("ecdsa-sha2-nistp256", "nistp256", "3059301306072a8648ce3d020106082a8648ce3d030107034200", 65),
    ];

    /// <summary>The name of a key's file.</summary>
    public static string FileName(byte[] key) => Convert.ToHexStringLower(SHA256.HashData(key)) + Extension;

    /// <summary>The file's content for a key in SSH's encoding; null for a kind that has none.</summary>
    public static string? Pem(byte[] key)
    {
        foreach (var kind in Kinds)
        {
            var start = Start(kind.Type, kind.Curve, kind.Length);
            if (key.Length == start.Length + kind.Length && key.AsSpan().StartsWith(start))
            {
                var base64 = Convert.ToBase64String([.. Convert.FromHexString(kind.Prefix), .. key.AsSpan(start.Length)]);
                return $"{Begin}\n{string.Join('\n', base64.Chunk(64).Select(line => new string(line)))}\n{End}\n";
            }
        }

        return null;
    }

    /// <summary>What is wrong in the folder; each a verdict of its own.</summary>
    public static IEnumerable<RecordVerdict> Check(RecordRoot root)
    {
        var folder = Path.Combine(root.Path, "keys");
        if (SafeFile.IsLink(folder) || File.Exists(folder))
        {
            return [Verdict("keys", SafeFile.IsLink(folder) ? FindingName.LinkNotAllowed : FindingName.UnexpectedFile, "it must be a folder")];
        }

        try
        {
            return !Directory.Exists(folder) ? [] :
            [
                .. new DirectoryInfo(folder).GetFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false })
                    .OrderBy(e => e.Name, StringComparer.Ordinal).Select(Wrong).OfType<RecordVerdict>(),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [Verdict("keys", FindingName.Unreadable, e.Message)];
        }
    }

    private static RecordVerdict? Wrong(FileSystemInfo entry)
    {
        var path = $"keys/{entry.Name}";
        if (SafeFile.IsLink(entry))
        {
            return Verdict(path, FindingName.LinkNotAllowed, "a link is not followed");
        }

        if (entry is DirectoryInfo)
        {
            return Verdict(path, FindingName.UnexpectedFolder, "only public keys have their place here");
        }

        if (entry.Name[0] == '.' && entry.Name.EndsWith(".tmp", StringComparison.Ordinal))
        {
            return null; // What a run that died was writing.
        }

        if (!entry.Name.EndsWith(Extension, StringComparison.Ordinal))
        {
            return Verdict(path, FindingName.UnexpectedFile, "only public keys have their place here");
        }

        try
        {
            return SafeFile.Read(entry.FullName, MaxBytes) is { } content && IsKey(content, entry.Name) ? null
                : Verdict(path, FindingName.KeyInvalid, "it is not the public key that its name says");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Verdict(path, FindingName.Unreadable, e.Message);
        }
    }

    private static bool IsKey(byte[] content, string name)
    {
        var text = Encoding.ASCII.GetString(content);
        var base64 = text.Replace(Begin, "", StringComparison.Ordinal).Replace(End, "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        var der = new byte[content.Length];
        if (!Convert.TryFromBase64String(base64, der, out var length))
        {
            return false;
        }

        foreach (var kind in Kinds)
        {
            var prefix = Convert.FromHexString(kind.Prefix);
            if (length == prefix.Length + kind.Length && der.AsSpan().StartsWith(prefix))
            {
                byte[] key = [.. Start(kind.Type, kind.Curve, kind.Length), .. der.AsSpan(prefix.Length, kind.Length)];
                return FileName(key) == name && Pem(key) == text;
            }
        }

        return false;
    }

    /// <summary>What comes before the key's own bytes in SSH's encoding.</summary>
    private static byte[] Start(string type, string? curve, int length)
    {
        var size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, length);
        return [.. Text(type), .. curve is null ? [] : Text(curve), .. size];
    }

    private static byte[] Text(string value)
    {
        var size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, value.Length);
        return [.. size, .. Encoding.ASCII.GetBytes(value)];
    }

    private static RecordVerdict Verdict(string path, string finding, string message) => new(path, VerdictKind.Place, null, [new(finding, null, message)]);
}
