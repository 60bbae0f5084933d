using System.Globalization;

namespace Build.Ci;

/// <summary>
/// Whether what this program prints is read by the job that started it, and by nothing else. A secret is told to a CI
/// system by printing it, which must not happen where a step keeps the output in a file or sends it through another
/// program, such as <c>tee</c>.
/// </summary>
internal static class JobOutput
{
    /// <summary>Whether a stream is a pipe that an ancestor of this process reads, or that all of them share.</summary>
    /// <param name="descriptor">1 for the standard output, 2 for the standard error.</param>
    /// <returns>False where the system does not tell: anywhere but on Linux.</returns>
    public static bool IsReadByJob(int descriptor)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            var stream = Target("self", descriptor);
            if (stream is null || !stream.StartsWith("pipe:", StringComparison.Ordinal))
            {
                return false;
            }

            for (var process = Parent("self"); process > 0; process = Parent(Number(process)))
            {
                // The first ancestor that prints elsewhere must be the one that reads. A container shows none.
                if (Target(Number(process), descriptor) is { } other && other != stream)
                {
                    return Streams(Number(process)).Contains(stream, StringComparer.Ordinal);
                }
            }

            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            // Somebody else's process does not say.
            return false;
        }
    }

    private static string Number(int process) => process.ToString(CultureInfo.InvariantCulture);

    private static string? Target(string process, int descriptor) => new FileInfo($"/proc/{process}/fd/{descriptor}").LinkTarget;

    private static IEnumerable<string> Streams(string process) =>
        Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Select(f => new FileInfo(f).LinkTarget).OfType<string>();

    private static int Parent(string process)
    {
        // pid (name) state ppid …; the name may have anything in it.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
