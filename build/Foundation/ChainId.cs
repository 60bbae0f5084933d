namespace Foundation;

/// <summary>
/// The identifier that ties one run together in its runtime logs, its events and its record:
/// <c>CHAIN-20261122T191627Z-rocky-9</c>.
/// </summary>
/// <param name="Stamp">When the run started.</param>
/// <param name="Subject">The template's id, or <c>init</c>.</param>
public sealed record ChainId(UtcStamp Stamp, string Subject)
{
    /// <summary>The identifier as it is written everywhere.</summary>
    public override string ToString() => $"CHAIN-{Stamp.Compact}-{Subject}";
}
