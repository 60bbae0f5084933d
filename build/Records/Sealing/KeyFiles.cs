using Foundation;
using Records.Signing;

namespace Records.Sealing;

/// <summary>
/// Keeps the public keys under <c>keys/</c> in the form that verifiers of attestations read. <c>allowed_signers</c> says
/// which of them count.
/// </summary>
internal static class KeyFiles
{
    /// <summary>The folder.</summary>
    public const string Folder = "keys";

    /// <summary>The key's file, relative to the records folder; null for a key that signs no envelopes.</summary>
    public static string? NameOf(RecordSigner signer) => signer.PublicKeyPem is null ? null : $"{Folder}/{PublicKeyPem.FileName(signer.PublicKey)}";

    /// <summary>Writes the signer's key when it is not there.</summary>
    public static void Ensure(RecordRoot root, RecordSigner signer)
    {
        if (NameOf(signer) is not { } name)
        {
            return;
        }

        var path = Path.Combine([root.Path, .. name.Split('/')]);
        if (IsThere(path, signer))
        {
            return;
        }

        FileSystemCalls.RefuseLinks(root, path);
        using var taken = RecordLock.Take(root, Folder);
        if (!IsThere(path, signer))
        {
            FileSystemCalls.RemoveUnfinished(path);
            AtomicFile.Write(path, signer.PublicKeyPem!);
            FileSystemCalls.SyncFolder(Path.GetDirectoryName(path)!);
        }
    }

    private static bool IsThere(string path, RecordSigner signer) => File.Exists(path) && File.ReadAllText(path) == signer.PublicKeyPem;
}
