using Foundation;

namespace Records.Sealing;

/// <summary>
/// Keeps what git must know beside the records, wherever the records folder lies: that no checkout may change a byte,
/// whatever its settings for line endings are, and what belongs to one machine only.
/// </summary>
internal static class GitFiles
{
    private static readonly IReadOnlyDictionary<string, string> Content = new Dictionary<string, string>
    {
        [".gitattributes"] = "# A record is byte-exact evidence: git changes nothing in it, on any checkout.\n* -text\n",
        [".gitignore"] = "# Locks and journals of one machine, and what a run that died was writing.\n.state/\n.tmp-*\n.*.tmp\n",
    };

    /// <summary>Where the files are.</summary>
    public static IEnumerable<string> Paths(RecordRoot root) => Content.Keys.Select(name => Path.Combine(root.Path, name));

    /// <summary>Writes the files that are missing; one that is there is left as it is.</summary>
    public static void Ensure(RecordRoot root)
    {
        foreach (var (name, text) in Content)
        {
            var path = Path.Combine(root.Path, name);
            if (File.Exists(path))
            {
                continue;
            }

            using var taken = RecordLock.Take(root, "git");
            if (!File.Exists(path))
            {
                FileSystemCalls.RemoveUnfinished(path);
                AtomicFile.Write(path, text);
            }
        }
    }
}
