using Foundation;
using Records.Signing;
using Records.Verification;

namespace Records.Sealing;

/// <summary>
/// Keeps <c>allowed_signers</c>. Whoever can seal into this work tree could write the file by hand; that the addition
/// is right is decided where the change is reviewed.
/// </summary>
internal static class SignersFile
{
    /// <summary>Adds the signer's line when it is missing.</summary>
    /// <param name="root">The records.</param>
    /// <param name="signer">The signer.</param>
    /// <param name="at">When it signs.</param>
    /// <exception cref="FailureException">Somebody has limited the key, so that its signature would not count.</exception>
    public static void Ensure(RecordRoot root, RecordSigner signer, DateTimeOffset at)
    {
        if (Counts(root, signer, at))
        {
            return;
        }

        using var taken = RecordLock.Take(root, "allowed_signers");
        if (Counts(root, signer, at))
        {
            return;
        }

        FileSystemCalls.RemoveUnfinished(root.AllowedSigners);
        var text = File.Exists(root.AllowedSigners) ? File.ReadAllText(root.AllowedSigners) : "";
        if (text.Length > 0 && !text.EndsWith('\n'))
        {
            text += '\n';
        }

        AtomicFile.Write(root.AllowedSigners, $"{text}{signer.AllowedSignersLine}\n");
        FileSystemCalls.SyncFolder(root.Path);
    }

    /// <summary>Whether the signer's signature counts at a moment; false where only its line is missing.</summary>
    /// <exception cref="FailureException">It does not count, and adding a line would undo what somebody has decided.</exception>
    public static bool Counts(RecordRoot root, RecordSigner signer, DateTimeOffset at)
    {
        FileSystemCalls.RefuseLinks(root, root.AllowedSigners);
        var signers = SignersList.Load(root.AllowedSigners, RecordSigner.Namespace);
        if (signers.NamesOf(signer.PublicKey, at).Contains(signer.Name))
        {
            return true;
        }

        if (!signers.IsLimited(signer.PublicKey))
        {
            return false;
        }

        throw new FailureException(
            FailureKind.Task, $"Records that {signer.Name} signs with the key {signer.Fingerprint} would not verify", $"{root.AllowedSigners} limits that key",
            $"Choose another key with --signing-key; or, if it is the one that the runtime root keeps in {SigningKeyFile.FileName}, move that away for a new one");
    }
}
