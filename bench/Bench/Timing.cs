using System.Diagnostics;

namespace Bench;

/// <summary>Measures whole processes, and sides of a comparison in turn, so that what else the machine does hits both.</summary>
internal static class Timing
{
    /// <summary>Runs both sides in turn after one run of each that is not counted.</summary>
    public static (double[] First, double[] Second) Interleave(int repetitions, Func<double> first, Func<double> second)
    {
        _ = first();
        _ = second();
        var a = new double[repetitions];
        var b = new double[repetitions];
        for (var i = 0; i < repetitions; i++)
        {
            a[i] = first();
            b[i] = second();
        }

        return (a, b);
    }

    /// <summary>The median.</summary>
    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The seconds that something takes.</summary>
    public static double Of(Action work)
    {
        var started = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>The seconds from the start of a process to its end. Its output is read and dropped.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static double OfProcess(string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string>? variables = null) =>
        Of(() => Run(program, arguments, folder, variables));

    /// <summary>Runs a process to its end and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static string Run(string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string>? variables = null)
    {
        using var process = Start(program, arguments, folder, variables);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {Tail(errors.Result)} {Tail(output)}");
    }

    /// <summary>The most memory that a process has held, in MB: its resident set as Linux counts it.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static double PeakMemory(string program, IEnumerable<string> arguments, string folder)
    {
        using var process = Start(program, arguments, folder);
        var output = Task.WhenAll(process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        var peak = 0L;
        while (!process.WaitForExit(20))
        {
            process.Refresh();
            try
            {
                peak = Math.Max(peak, process.PeakWorkingSet64);
            }
            catch (InvalidOperationException)
            {
                // It has just ended.
            }
        }

        return process.ExitCode == 0 ? peak / 1e6 : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {Tail(string.Concat(output.Result))}");
    }

    /// <summary>Starts a process with the environment of a user who has set nothing.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(IsOurs).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    // What build.sh and `dotnet run` set would make the other programs slower or faster than they are.
    private static bool IsOurs(string name) =>
        name is "BUILD_RECORDS_ROOT" or "DOTNET_TieredPGO" or "DOTNET_TC_CallCountingDelayMs" or "PACKER_LOG"
        || name.StartsWith("PROXMOX_", StringComparison.Ordinal) || name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase);

    private static string Tail(string text) => text.Length > 1500 ? text[^1500..] : text;
}
