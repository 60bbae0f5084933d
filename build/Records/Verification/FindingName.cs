namespace Records.Verification;

/// <summary>The names of the ways in which a record can fail to verify. Each has one meaning; they are part of the output's contract.</summary>
public static class FindingName
{
    /// <summary>The log's bytes are not those that <c>SHA256SUMS</c> or <c>run.json</c> states.</summary>
    public const string LogHashMismatch = "log-hash-mismatch";

    /// <summary>The log's size is not the one that <c>run.json</c> states.</summary>
    public const string LogSizeMismatch = "log-size-mismatch";

    /// <summary>Another file's bytes are not those that <c>SHA256SUMS</c> states.</summary>
    public const string FileHashMismatch = "file-hash-mismatch";

    /// <summary>A file that a record must have is not there.</summary>
    public const string MissingFile = "missing-file";

    /// <summary>There is a file or folder that <c>SHA256SUMS</c> does not list.</summary>
    public const string UnexpectedFile = "unexpected-file";

    /// <summary>A folder lies where only records or templates may lie and is neither.</summary>
    public const string UnexpectedFolder = "unexpected-folder";

    /// <summary>A link stands where a file or folder must be; it is not followed.</summary>
    public const string LinkNotAllowed = "link-not-allowed";

    /// <summary>A file or folder cannot be read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary><c>SHA256SUMS</c> is not in the form that <c>sha256sum</c> writes, sorted and with plain names.</summary>
    public const string SumsMalformed = "sums-malformed";

    /// <summary>The signature is not one of these checksums for this purpose.</summary>
    public const string BadSignature = "bad-signature";

    /// <summary>The signature is right but its key is not in <c>allowed_signers</c>.</summary>
    public const string UnknownSigner = "unknown-signer";

    /// <summary><c>run.json</c> names another signer than the one who signed.</summary>
    public const string SignerMismatch = "signer-mismatch";

    /// <summary><c>run.json</c> is no JSON or not as the schema demands.</summary>
    public const string SchemaViolation = "schema-violation";

    /// <summary><c>run.json</c> is of a version of the format that this program does not know.</summary>
    public const string UnknownVersion = "unknown-version";

    /// <summary>The folder's name is not the record's timestamp.</summary>
    public const string TimestampMismatch = "timestamp-mismatch";

    /// <summary>The record lies under another template, type or environment than its own.</summary>
    public const string WrongPlace = "wrong-place";

    /// <summary>The README says something else than <c>run.json</c>.</summary>
    public const string ReadmeDisagrees = "readme-disagrees";

    /// <summary>The provenance says something else than <c>run.json</c>.</summary>
    public const string ProvenanceDisagrees = "provenance-disagrees";

    /// <summary>The provenance is not signed with the record's key, or not in the form that verifiers of attestations take.</summary>
    public const string EnvelopeInvalid = "envelope-invalid";

    /// <summary>A file under <c>keys/</c> is not the public key that its name says, or a record's key is not there.</summary>
    public const string KeyInvalid = "key-invalid";

    /// <summary>A statement of what was destroyed has no right signature, says what cannot be, or is gone.</summary>
    public const string DestroyedInvalid = "destroyed-invalid";

    /// <summary>The preceding record is gone, changed or not older.</summary>
    public const string ChainBroken = "chain-broken";

    /// <summary>Two records follow the same one: a record was inserted, or two branches were merged and not yet joined.</summary>
    public const string ChainForked = "chain-forked";

    /// <summary>A statement that joins two branches is not signed or names a record that is gone or changed.</summary>
    public const string JoinInvalid = "join-invalid";

    /// <summary>There is no <c>latest</c> though there are records.</summary>
    public const string LatestMissing = "latest-missing";

    /// <summary><c>latest</c> names a record that is not there.</summary>
    public const string LatestDangling = "latest-dangling";

    /// <summary><c>latest</c> is not on the newest record.</summary>
    public const string LatestPointsElsewhere = "latest-points-elsewhere";

    /// <summary>There are records and no index.</summary>
    public const string IndexMissing = "index-missing";

    /// <summary>The index lists a record that is not there, leaves one out or states another log hash.</summary>
    public const string IndexDisagrees = "index-disagrees";
}
