using System.Diagnostics;
using System.Globalization;

namespace EndToEnd.Tests;

/// <summary>The processes of a run, read from /proc.</summary>
internal static class Processes
{
    /// <summary>The processes below one, with their names and command lines.</summary>
    public static IReadOnlyList<(int Id, string Name, string CommandLine)> Below(int root)
    {
        var all = new List<(int Id, int Parent, string Name, string CommandLine)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var open = stat.IndexOf('(', StringComparison.Ordinal);
                var close = stat.LastIndexOf(')');
                var parent = int.Parse(stat[(close + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
                all.Add((id, parent, stat[(open + 1)..close], File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ')));
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        var found = new List<(int, string, string)>();
        var level = new HashSet<int> { root };
        while (level.Count > 0)
        {
            var children = all.Where(p => level.Contains(p.Parent)).ToList();
            found.AddRange(children.Select(p => (p.Id, p.Name, p.CommandLine)));
            level = [.. children.Select(p => p.Id)];
        }

        return found;
    }

    /// <summary>Sends a signal; a process that has ended meanwhile is no error.</summary>
    public static void Signal(int id, string signal) => Process.Start("kill", ["-" + signal, id.ToString(CultureInfo.InvariantCulture)])!.WaitForExit();
}
