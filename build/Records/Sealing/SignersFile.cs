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
    /// <summary>The lock under which it is written.</summary>
    public const string Lock = "allowed_signers";

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

        using var taken = RecordLock.Take(root, Lock);
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

    /// <summary>Who may sign, for what is to be written.</summary>
    /// <exception cref="FailureException">It cannot be read, and a record that nobody can verify is none.</exception>
    public static SignersList Load(RecordRoot root)
    {
        FileSystemCalls.RefuseLinks(root, root.AllowedSigners);
        try
        {
            return SignersList.Load(root.AllowedSigners, RecordSigner.Namespace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(
                FailureKind.Task, $"The allowed signers {root.AllowedSigners} cannot be read", e.Message, "Correct that file, or restore it from version control", cause: e);
        }
    }

    /// <summary>Whether the signer's signature counts at a moment; false where only its line is missing.</summary>
    /// <exception cref="FailureException">It does not count, and adding a line would undo what somebody has decided.</exception>
    public static bool Counts(RecordRoot root, RecordSigner signer, DateTimeOffset at)
    {
        var signers = Load(root);
        if (signers.NamesOf(signer.PublicKey, at).Contains(signer.Name))
        {
            return true;
        }

        if (!signers.IsLimited(signer.PublicKey))
        {
            RequireRoom(root, signer);
            return false;
        }

        throw new FailureException(
            FailureKind.Task, $"Records that {signer.Name} signs with the key {signer.Fingerprint} would not verify", $"{root.AllowedSigners} limits that key",
            $"Choose another key with --signing-key; or, if it is the one that the runtime root keeps in {SigningKeyFile.FileName}, move that away for a new one");
    }

    private static void RequireRoom(RecordRoot root, RecordSigner signer)
    {
        var file = new FileInfo(root.AllowedSigners);
        if (file.Exists && file.Length + signer.AllowedSignersLine.Length + 2 > SignersList.MaxBytes)
        {
            throw new FailureException(
                FailureKind.Task, $"The line of {signer.Name} cannot be added to {root.AllowedSigners}",
                $"the file would have more than {SignersList.MaxBytes} bytes, and then no signature would count", "Shorten that file");
        }
    }
}
