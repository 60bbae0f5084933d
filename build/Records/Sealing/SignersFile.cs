using Foundation;
using Records.Signing;

namespace Records.Sealing;

/// <summary>
/// Keeps <c>allowed_signers</c>. Whoever can seal into this work tree could write the file by hand; that the addition
/// is right is decided where the change is reviewed.
/// </summary>
internal static class SignersFile
{
    /// <summary>Adds the signer's line when it is missing.</summary>
    public static void Ensure(RecordRoot root, RecordSigner signer)
    {
        if (Has(root, signer))
        {
            return;
        }

        using var taken = RecordLock.Take(root, "allowed_signers");
        if (Has(root, signer))
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

    private static bool Has(RecordRoot root, RecordSigner signer) =>
        File.Exists(root.AllowedSigners)
        && File.ReadLines(root.AllowedSigners).Any(line => IsOf(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), signer));

    // Whatever somebody has limited the key to: adding it again without the limit would undo that.
    private static bool IsOf(string[] words, RecordSigner signer) =>
        words.Length > 2 && words[0].Split(',').Contains(signer.Name) && words.Contains(Convert.ToBase64String(signer.PublicKey));
}
