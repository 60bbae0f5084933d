namespace Records;

/// <summary>The names of the files in a record. They are part of the format.</summary>
internal static class RecordFiles
{
    public const string Run = "run.json";
    public const string Readme = "README.md";
    public const string Provenance = "provenance.intoto.json";
    public const string Sums = "SHA256SUMS";
    public const string Signature = "SHA256SUMS.sig";
    public const string BuildLog = "packer.log";
    public const string InitLog = "init-packer.log";
    public const string Latest = "latest";
}
