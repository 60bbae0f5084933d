using System.Text;
using System.Text.Json;

namespace Records.Verification;

/// <summary>
/// Checks the signed provenance: the DSSE envelope and the Sigstore bundle around the same envelope. Each has one
/// accepted spelling, so that no bit can change unnoticed, and both are signed with the key that signed the record.
/// </summary>
internal static class EnvelopeCheck
{
    public const int MaxBytes = 32 * 1024 * 1024;
    private const string PayloadType = "application/vnd.in-toto+json";

    /// <summary>The statement that is signed; null with the reason when it is not signed rightly.</summary>
    /// <param name="envelope">The envelope's file.</param>
    /// <param name="key">The key that signed the record.</param>
    /// <param name="error">What is wrong.</param>
    public static byte[]? Statement(byte[] envelope, byte[] key, out string? error)
    {
        try
        {
            using var document = JsonDocument.Parse(envelope, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var root = document.RootElement;
            var statement = root.GetProperty("payload").GetBytesFromBase64();
            var signatures = root.GetProperty("signatures");
            var signature = signatures[0].GetProperty("sig").GetBytesFromBase64();
            error = !envelope.AsSpan().SequenceEqual(Envelope(statement, signature, key)) ? "it is not spelled as this program writes it, or names another key"
                : !SignatureCheck.IsRaw(key, signature, Signed(statement)) ? "its signature is not one of its statement with the record's key"
                : null;
            return error is null ? statement : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            error = "it is not a DSSE envelope";
            return null;
        }
    }

    /// <summary>Whether a bundle is the one around an envelope.</summary>
    public static bool IsBundleOf(byte[] bundle, byte[] envelope, byte[] key) =>
        bundle.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(
            $$$"""{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"{{{SignatureCheck.Fingerprint(key)}}}"}},"dsseEnvelope":{{{Encoding.UTF8.GetString(envelope).TrimEnd('\n')}}}}""" + "\n"));

    private static byte[] Envelope(byte[] statement, byte[] signature, byte[] key) => Encoding.UTF8.GetBytes(
        $$"""{"payloadType":"{{PayloadType}}","payload":"{{Convert.ToBase64String(statement)}}","signatures":[{"keyid":"{{SignatureCheck.Fingerprint(key)}}","sig":"{{Convert.ToBase64String(signature)}}"}]}""" + "\n");

    private static byte[] Signed(byte[] statement) =>
        [.. Encoding.UTF8.GetBytes(FormattableString.Invariant($"DSSEv1 {PayloadType.Length} {PayloadType} {statement.Length} ")), .. statement];
}
