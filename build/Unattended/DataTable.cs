namespace Unattended;

/// <summary>
/// The tables of names that installers know, which lie beside the code that reads with them as tab-separated files. The
/// comment at the head of each names its source and its columns.
/// </summary>
internal static class DataTable
{
    /// <summary>The rows of a table, without comments and empty lines.</summary>
    /// <param name="name">The file's name, such as <c>commands.tsv</c>.</param>
    internal static IReadOnlyList<string[]> Read(string name)
    {
        using var stream = typeof(DataTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The table {name} is not part of the program");
        using var reader = new StreamReader(stream);
        var rows = new List<string[]>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                rows.Add(line.Split('\t'));
            }
        }

        return rows;
    }
}
