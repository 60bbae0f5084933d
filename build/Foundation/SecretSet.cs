using System.Text;
using Foundation.Masking;

namespace Foundation;

/// <summary>
/// The secrets of this run, in memory only: whatever is added here is masked wherever the program writes. Masked are
/// the secret itself, its base64 (either alphabet, at any place in longer base64), its bytes in UTF-16LE and the
/// base64 of these, each also where characters are escaped for a URL, JSON, Go, XML or a shell; and, without being
/// added, Proxmox tickets, CSRF tokens and PEM private keys. Safe for use by several threads.
/// </summary>
public sealed class SecretSet
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Mask = "***";

    /// <summary>
    /// The fewest characters of a secret. A shorter one would be found everywhere by chance, and what is left of the
    /// text would tell where; it protects nothing either.
    /// </summary>
    public const int ShortestSecret = 4;

    private readonly Lock gate = new();
    private string[] values = [];
    private SecretMatcher? matcher;

    /// <summary>Told each secret that is added and was not there.</summary>
    public Action<string>? OnAdded { get; set; }

    /// <summary>The secrets, longest first.</summary>
    public IReadOnlyList<string> Values => Volatile.Read(ref values);

    /// <summary>The search for the secrets as they are now; made when it is first asked for.</summary>
    internal SecretMatcher Matcher
    {
        get
        {
            if (Volatile.Read(ref matcher) is { } ready)
            {
                return ready;
            }

            lock (gate)
            {
                return matcher ??= new SecretMatcher(values);
            }
        }
    }

    /// <summary>Adds a secret. Empty values are ignored; adding one twice does nothing.</summary>
    /// <exception cref="FailureException">The secret is shorter than <see cref="ShortestSecret"/>.</exception>
    public void Add(string? secret)
    {
        if (string.IsNullOrEmpty(secret))
        {
            return;
        }

        if (secret.Length < ShortestSecret)
        {
            throw new FailureException(
                FailureKind.Usage, "A password or token cannot be kept out of the logs", $"it has fewer than {ShortestSecret} characters", "Use a longer one");
        }

        lock (gate)
        {
            if (values.Contains(secret))
            {
                return;
            }

            Volatile.Write(ref values, [.. values.Append(secret).OrderByDescending(v => v.Length)]);
            Volatile.Write(ref matcher, null);
        }

        OnAdded?.Invoke(secret);
    }

    /// <summary>The text with every secret replaced by <see cref="Mask"/>; the same object when there is none in it.</summary>
    public string MaskIn(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var ranges = new List<SecretRange>();
        Matcher.Find(bytes, final: true, ranges);
        if (ranges.Count == 0)
        {
            return text;
        }

        var masked = new MemoryStream(bytes.Length);
        var buffer = new MaskingBuffer(this);
        buffer.Append(bytes, masked.Write);
        buffer.Complete(masked.Write);
        return Encoding.UTF8.GetString(masked.GetBuffer(), 0, (int)masked.Length);
    }
}
