using System.Text;

namespace Installer.Boot;

/// <summary>A line that is typed at a prompt.</summary>
internal sealed class LineEditor
{
    // A real line ends at some limit too; this keeps a key that is held forever from filling the memory.
    private const int Longest = 4096;

    private readonly StringBuilder text = new();
    private int cursor;

    internal string Text => text.ToString();

    internal void Set(string value)
    {
        text.Clear().Append(value);
        cursor = text.Length;
    }

    internal void Press(KeyPress key)
    {
        switch (key)
        {
            case { Name: "backspace" } when cursor > 0:
                text.Remove(--cursor, 1);
                break;
            case { Name: "delete" } or { Name: "d", Control: true } when cursor < text.Length:
                text.Remove(cursor, 1);
                break;
            case { Name: "left" } or { Name: "b", Control: true }:
                cursor = Math.Max(0, cursor - 1);
                break;
            case { Name: "right" } or { Name: "f", Control: true }:
                cursor = Math.Min(text.Length, cursor + 1);
                break;
            case { Name: "home" } or { Name: "a", Control: true }:
                cursor = 0;
                break;
            case { Name: "end" } or { Name: "e", Control: true }:
                cursor = text.Length;
                break;
            case { Name: "k", Control: true }:
                text.Remove(cursor, text.Length - cursor);
                break;
            case { Name: "u", Control: true }:
                text.Remove(0, cursor);
                cursor = 0;
                break;
            case { Character: { } character } when text.Length < Longest:
                text.Insert(cursor++, character);
                break;
        }
    }
}
