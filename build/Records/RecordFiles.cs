namespace Records;

/// <summary>The names of the files in a record. They are part of the format.</summary>
internal static class RecordFiles
{
    public const string Run = "run.json";
    public const string Readme = "README.md";
    public const string Envelope = "provenance.dsse.json";
    public const string Bundle = "provenance.sigstore.json";
    public const string Sums = "SHA256SUMS";
    public const string Signature = "SHA256SUMS.sig";
    public const string PackerLog = "packer.log";
    public const string InitLog = "init-packer.log";
    public const string BuildLog = "build.log";
    public const string Latest = "latest";

    /// <summary>How the names of unattended files begin.</summary>
    public const string InputPrefix = "input.";
}
