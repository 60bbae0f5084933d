using System.Security.Cryptography;
using Foundation;

namespace Records.Signing;

/// <summary>
/// Finds the key that signs: the one that was asked for (a file, the key's own text, or the public half of one in an
/// ssh-agent), otherwise one of this program's own in the runtime root, made when it is first needed.
/// </summary>
public static class SigningKeyFile
{
    /// <summary>The file in the runtime root.</summary>
    public const string FileName = "record_signing_key";

    /// <summary>Opens the signing key.</summary>
    /// <param name="requested">
    /// <c>--signing-key</c> or <c>RECORD_SIGNING_KEY</c>: the path of a private key or of its <c>.pub</c> file, or the
    /// text of either; null or empty for the program's own key.
    /// </param>
    /// <param name="runtimeRoot">Where the program's own key is kept.</param>
    /// <param name="signer">The signer's name; null for the key's comment, or user and host.</param>
    /// <param name="agentSocket"><c>SSH_AUTH_SOCK</c>.</param>
    /// <exception cref="FailureException">The key cannot be read.</exception>
    public static RecordSigner Open(string? requested, string runtimeRoot, string? signer = null, string? agentSocket = null)
    {
        if (string.IsNullOrWhiteSpace(requested))
        {
            return Own(runtimeRoot, signer);
        }

        var (text, origin) = IsKey(requested)
            ? (requested, "The signing key in RECORD_SIGNING_KEY")
            : (ReadFile(requested), $"The signing key {requested}");
        if (LooksLikePublicKey(text))
        {
            return FromAgent(text, origin, signer, agentSocket);
        }

        try
        {
            var key = OpenSshPrivateKey.Read(text, out var comment);
            return Accepted(new(key, signer ?? (comment.Length > 0 ? comment : DefaultName())), origin);
        }
        catch (EncryptedKeyException e)
        {
            var publicHalf = File.Exists(requested + ".pub") ? ReadFile(requested + ".pub") : null;
            return publicHalf is not null
                ? FromAgent(publicHalf, origin, signer, agentSocket)
                : throw Unusable(origin, e.Message, "Add it to your ssh-agent and name its .pub file", e);
        }
        catch (FormatException e)
        {
            throw Unusable(origin, e.Message, "Name an Ed25519, ECDSA or RSA private key in OpenSSH's format", e);
        }
    }

    /// <summary>Whether what was asked for is the text of a key rather than the path of one.</summary>
    public static bool IsKey(string requested) => IsPrivateKey(requested) || LooksLikePublicKey(requested);

    /// <summary>Whether it is the text of a private key, which is a secret.</summary>
    public static bool IsPrivateKey(string requested) => requested.Contains("-----BEGIN", StringComparison.Ordinal);

    private static RecordSigner Own(string runtimeRoot, string? signer)
    {
        var path = Path.Combine(Path.GetFullPath(runtimeRoot), FileName);
        var name = signer ?? DefaultName();
        try
        {
            if (!File.Exists(path))
            {
                // Linked into place, so that of two runs that make a key at once both use the one that came first. File.Move
                // will not do: it looks whether the target is there and then renames over what came between.
                var (text, seed) = OpenSshPrivateKey.NewEd25519(name);
                CryptographicOperations.ZeroMemory(seed);
                var beside = $"{path}.{Guid.NewGuid():N}.tmp";
                AtomicFile.Write(beside, text, AtomicFile.OwnerOnly);
                try
                {
                    if (!FileSystemCalls.TryLink(beside, path) && !File.Exists(path))
                    {
                        // A file system without hard links.
                        File.Move(beside, path, overwrite: false);
                    }
                }
                catch (IOException) when (File.Exists(path))
                {
                    // Another run's key came first.
                }
                finally
                {
                    File.Delete(beside);
                }
            }

            var key = OpenSshPrivateKey.Read(File.ReadAllText(path), out var comment);
            return new(key, signer ?? (comment.Length > 0 ? comment : name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or EncryptedKeyException)
        {
            throw Unusable($"The signing key {path}", e.Message, "Delete the file to have a new one made, or name one with --signing-key", e);
        }
    }

    private static RecordSigner FromAgent(string publicKey, string origin, string? signer, string? agentSocket)
    {
        var parts = publicKey.Trim().Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        try
        {
            var blob = Convert.FromBase64String(parts[1]);
            var held = SshAgent.Identities(agentSocket).FirstOrDefault(k => k.PublicKey.AsSpan().SequenceEqual(blob));
            if (held.PublicKey is null)
            {
                throw Unusable(origin, "the ssh-agent does not hold it", "Add it with ssh-add");
            }

            var comment = parts.Length > 2 ? parts[2] : held.Comment;
            return Accepted(new(new AgentSigningKey(agentSocket, blob), signer ?? (comment.Length > 0 ? comment : DefaultName())), origin);
        }
        catch (IOException e)
        {
            throw Unusable(origin, e.Message, "Start an ssh-agent, add the key with ssh-add and run again", e);
        }
        catch (FormatException e)
        {
            throw Unusable(origin, "it is not a public key", cause: e);
        }
    }

    /// <summary>A key whose signatures Verify would refuse is refused before a build, not after it.</summary>
    private static RecordSigner Accepted(RecordSigner signer, string origin)
    {
        const string others = "Name an Ed25519, ECDSA (NIST curve) or RSA key of at least 2048 bits";
        var reader = new SshReader(signer.PublicKey);
        var type = reader.Text();
        string? why = null;
        if (type == "ssh-rsa")
        {
            _ = reader.Number();
            var bits = reader.Number().Length * 8;
            why = bits < 2048 ? $"it is an RSA key of {bits} bits, which is too few" : null;
        }
        else if (type is not ("ssh-ed25519" or "ecdsa-sha2-nistp256" or "ecdsa-sha2-nistp384" or "ecdsa-sha2-nistp521"))
        {
            why = $"keys of the type {type} are not supported";
        }

        if (why is null)
        {
            return signer;
        }

        signer.Dispose();
        throw Unusable(origin, why, others);
    }

    private static bool LooksLikePublicKey(string text)
    {
        var start = text.TrimStart();
        return (start.StartsWith("ssh-", StringComparison.Ordinal) || start.StartsWith("ecdsa-sha2-", StringComparison.Ordinal))
            && start.Contains(" AAAA", StringComparison.Ordinal);
    }

    private static string ReadFile(string path)
    {
        try
        {
            return new FileInfo(path).Length <= 64 * 1024
                ? File.ReadAllText(path)
                : throw Unusable($"The signing key {path}", "the file is too large for a key");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unusable($"The signing key {path}", e.Message, "Correct --signing-key or RECORD_SIGNING_KEY", e);
        }
    }

    private static string DefaultName() => $"{Environment.UserName}@{Environment.MachineName}";

    private static FailureException Unusable(string origin, string why, string? remedy = null, Exception? cause = null) =>
        new(FailureKind.Usage, $"{origin} cannot be used", why, remedy, cause: cause);
}
