using System.Globalization;
using System.Text;

namespace Qemu.Arguments;

/// <summary>
/// The text of one of QEMU's options: a word, then <c>name=value</c> separated by commas. A comma within a value is doubled, so
/// that no value can add an option of its own.
/// </summary>
internal sealed class OptionText
{
    private readonly StringBuilder text = new();

    /// <summary>Begins with a word, such as a device's type.</summary>
    public OptionText(string head = "") => text.Append(Escaped(head));

    /// <summary>Adds <c>name=value</c>; nothing when there is no value.</summary>
    public OptionText Add(string name, string? value)
    {
        if (value is not null)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append('=').Append(Escaped(value));
        }

        return this;
    }

    /// <summary>Adds <c>name=number</c>; nothing when there is none.</summary>
    public OptionText Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a word alone, such as a flag of a processor.</summary>
    public OptionText Add(string word)
    {
        text.Append(',').Append(Escaped(word));
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => text.ToString();

    // A NUL would end the argument early; nothing that the node lets pass has one.
    private static string Escaped(string value) =>
        value.Contains('\0', StringComparison.Ordinal) ? throw new QemuException("a value contains a NUL") : value.Replace(",", ",,", StringComparison.Ordinal);
}
