using System.Text.RegularExpressions;
using Foundation;
using Packer.Tools;

namespace Packer.Diagnosis;

/// <summary>
/// The program in which Packer ran its builder, in Packer's own words: what was found before a build need not be what it
/// then starts. With <c>PACKER_LOG=1</c> it writes the program and its arguments before it starts one
/// (<c>packer/plugin_client.go</c> of Packer 1.16, <c>packer/plugin/client.go</c> of 1.6); the arguments of a builder are
/// <c>start builder</c> and its name, or in Packer 1.6 the name <c>packer-builder-…</c>.
/// </summary>
/// <param name="Line">The whole line of the log.</param>
/// <param name="Program">The program's path.</param>
public sealed partial record StartedBuilder(string Line, string Program)
{
    private const int LongestLine = 10_000;

    /// <summary>Whether Packer started its own program for it, as Packer 1.6 does. What was found may be a version manager's script that leads there.</summary>
    public bool IsPackerItself => Line.Contains("\"plugin\", \"packer-builder-", StringComparison.Ordinal);

    /// <summary>Reads a log, and requires that the builder was started from the program that was found.</summary>
    /// <param name="tool">What was found.</param>
    /// <param name="log">The log.</param>
    /// <returns>What was started first; null when the log tells of no builder.</returns>
    /// <exception cref="FailureException">Another program was started (<see cref="FailureKind.Packer"/>).</exception>
    public static StartedBuilder? Require(PackerTool tool, string log)
    {
        var started = Of(File.ReadLines(log));
        var found = tool.PluginPath ?? tool.Path;
        if (started.FirstOrDefault(s => !(tool.PluginPath is null && s.IsPackerItself) && !IsSame(s.Program, found)) is { } other)
        {
            throw new FailureException(
                FailureKind.Packer, $"Packer started another {(tool.PluginPath is null ? "builder" : "proxmox plugin")} than was found before", $"it started {other.Program}, and {found} was found",
                "Leave one of them, or choose the Packer with --packer=<file> and the folder of its plugins with PACKER_PLUGIN_PATH", log);
        }

        return started.Count > 0 ? started[0] : null;
    }

    /// <summary>The builders that were started, each line once for each time.</summary>
    internal static IReadOnlyList<StartedBuilder> Of(IEnumerable<string> lines) =>
    [
        .. from line in lines
           where line.Length <= LongestLine
           let start = Start().Match(line)
           where start.Success && Builder().IsMatch(start.Groups["arguments"].Value)
           select new StartedBuilder(line.TrimEnd('\r'), start.Groups["program"].Value),
    ];

    // Two paths may lead to one file.
    private static bool IsSame(string program, string found) =>
        string.Equals(program, found, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)
        || (File.Exists(program) && FileHash.Sha256(program) == FileHash.Sha256(found));

    [GeneratedRegex(@"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?Starting plugin: (?<program>.+?) \[\]string\{(?<arguments>.*)\}\r?$")]
    private static partial Regex Start();

    [GeneratedRegex("\"start\", \"builder\"|packer-builder-")]
    private static partial Regex Builder();
}
