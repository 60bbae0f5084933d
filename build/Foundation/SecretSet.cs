namespace Foundation;

/// <summary>
/// The secrets of this run, in memory only: whatever is added here is masked wherever the program writes.
/// Safe for use by several threads.
/// </summary>
public sealed class SecretSet
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Mask = "***";

    private readonly Lock gate = new();
    private string[] values = [];

    /// <summary>The secrets, longest first, so that a secret that contains another is masked whole.</summary>
    public IReadOnlyList<string> Values => Volatile.Read(ref values);

    /// <summary>Adds a secret. Empty values are ignored; adding one twice does nothing.</summary>
    public void Add(string? secret)
    {
        if (string.IsNullOrEmpty(secret))
        {
            return;
        }

        lock (gate)
        {
            if (!values.Contains(secret))
            {
                Volatile.Write(ref values, [.. values.Append(secret).OrderByDescending(v => v.Length)]);
            }
        }
    }

    /// <summary>The text with every secret replaced by <see cref="Mask"/>.</summary>
    public string MaskIn(string text)
    {
        foreach (var secret in Values)
        {
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        }

        return text;
    }
}
