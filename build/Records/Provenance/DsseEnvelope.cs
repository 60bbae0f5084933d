using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Records.Model;

namespace Records.Provenance;

/// <summary>
/// A signed statement in a DSSE envelope (https://github.com/secure-systems-lab/dsse, protocol and envelope), in the one
/// form that all verifiers take: standard base64 with padding, one signature, the OpenSSH fingerprint as <c>keyid</c>;
/// and the same as a Sigstore bundle with a public key (protobuf-specs, bundle v0.3).
/// </summary>
internal static class DsseEnvelope
{
    /// <summary>The type of an in-toto statement.</summary>
    public const string PayloadType = "application/vnd.in-toto+json";

    private const string BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    /// <summary>What is signed: DSSE's pre-authentication encoding of a statement.</summary>
    public static byte[] PreAuthenticationEncoding(byte[] statement) =>
        [.. Encoding.UTF8.GetBytes(FormattableString.Invariant($"DSSEv1 {PayloadType.Length} {PayloadType} {statement.Length} ")), .. statement];

    /// <summary>The file with the envelope.</summary>
    /// <param name="statement">The statement's exact bytes.</param>
    /// <param name="keyId">The key's OpenSSH fingerprint: <c>SHA256:…</c>.</param>
    /// <param name="signature">The signature of <see cref="PreAuthenticationEncoding"/>: 64 bytes of Ed25519, or ASN.1 of ECDSA.</param>
    public static byte[] Envelope(byte[] statement, string keyId, byte[] signature) => File(Of(statement, keyId, signature));

    /// <summary>The file with the bundle around that envelope.</summary>
    public static byte[] Bundle(byte[] statement, string keyId, byte[] signature) => File(new JObject
    {
        ["mediaType"] = BundleType,
        ["verificationMaterial"] = new JObject { ["publicKey"] = new JObject { ["hint"] = keyId } },
        ["dsseEnvelope"] = Of(statement, keyId, signature),
    });

    private static JObject Of(byte[] statement, string keyId, byte[] signature) => new()
    {
        ["payloadType"] = PayloadType,
        ["payload"] = Convert.ToBase64String(statement),
        ["signatures"] = new JArray(new JObject { ["keyid"] = keyId, ["sig"] = Convert.ToBase64String(signature) }),
    };

    private static byte[] File(JObject content) => RunRecordJson.Bytes(content.ToString(Formatting.None) + "\n");
}
