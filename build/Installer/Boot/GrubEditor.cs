namespace Installer.Boot;

/// <summary>The editor of a menu entry. It starts at the first line, which repeats the entry's title.</summary>
internal sealed class GrubEditor
{
    private const int MostLines = 200;
    private const int LongestLine = 4096;

    private readonly List<string> lines;
    private int row;
    private int column;

    internal GrubEditor(GrubEntry entry) => lines = [$"setparams '{entry.Title}'", "", .. entry.Lines];

    internal IReadOnlyList<string> Lines => lines;

    internal void Press(KeyPress key)
    {
        switch (key)
        {
            case { Name: "up" } or { Name: "p", Control: true }:
                Move(row - 1);
                break;
            case { Name: "down" } or { Name: "n", Control: true }:
                Move(row + 1);
                break;
            case { Name: "pgup" }:
                Move(0);
                break;
            case { Name: "pgdn" }:
                Move(lines.Count - 1);
                break;
            case { Name: "left" } or { Name: "b", Control: true }:
                column = Math.Max(0, column - 1);
                break;
            case { Name: "right" } or { Name: "f", Control: true }:
                column = Math.Min(lines[row].Length, column + 1);
                break;
            case { Name: "home" } or { Name: "a", Control: true }:
                column = 0;
                break;
            case { Name: "end" } or { Name: "e", Control: true }:
                column = lines[row].Length;
                break;
            case { Name: "k", Control: true }:
                lines[row] = lines[row][..column];
                break;
            case { Name: "u", Control: true }:
                lines[row] = lines[row][column..];
                column = 0;
                break;
            case { Name: "backspace" } or { Name: "h", Control: true }:
                Backspace();
                break;
            case { Name: "delete" } or { Name: "d", Control: true }:
                Delete();
                break;
            case { Name: "ret" } when lines.Count < MostLines:
                lines.Insert(row + 1, lines[row][column..]);
                lines[row] = lines[row][..column];
                (row, column) = (row + 1, 0);
                break;
            case { Character: { } character } when lines[row].Length < LongestLine:
                lines[row] = lines[row].Insert(column++, character.ToString());
                break;
        }
    }

    private void Move(int to)
    {
        row = Math.Clamp(to, 0, lines.Count - 1);
        column = Math.Min(column, lines[row].Length);
    }

    private void Backspace()
    {
        if (column > 0)
        {
            lines[row] = lines[row].Remove(--column, 1);
        }
        else if (row > 0)
        {
            (row, column) = (row - 1, lines[row - 1].Length);
            Join();
        }
    }

    private void Delete()
    {
        if (column < lines[row].Length)
        {
            lines[row] = lines[row].Remove(column, 1);
        }
        else if (row + 1 < lines.Count)
        {
            Join();
        }
    }

    private void Join()
    {
        lines[row] += lines[row + 1];
        lines.RemoveAt(row + 1);
    }
}
