using System.Diagnostics;
using System.Globalization;
using Foundation;
using Packer.Running;

namespace Bench;

/// <summary>
/// A log through a pipe into a file, masked and hashed, beside <c>tee</c> and <c>sha256sum</c> of the same bytes. Both
/// end when the last byte is on the disk.
/// </summary>
internal static class StreamBench
{
    public const string Command = "pump";

    public static IEnumerable<Result> Run(Sizes sizes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "stream")).FullName;
        var tenth = Measure(sizes, folder, sizes.LogBytes / 10);
        yield return Line($"streaming {Logs.Size(sizes.LogBytes / 10)} of log, 8 secrets masked", tenth.Ours, tenth.Theirs);

        var full = Measure(sizes, folder, sizes.LogBytes);
        yield return Line($"streaming {Logs.Size(sizes.LogBytes)} of log, 8 secrets masked", full.Ours, full.Theirs) with { ReachRatio = 1.0 };
        yield return new Result
        {
            Measurement = "stream",
            What = $"memory for {Logs.Size(sizes.LogBytes)} above the start",
            Value = full.Memory,
            Unit = "MB",
            ReachValue = 80,
        };
    }

    /// <summary>What the measured process does: carries a file's bytes through a pipe and the pump; prints its memory.</summary>
    public static int Pump(string source, string target)
    {
        var secrets = new SecretSet();
        foreach (var secret in Logs.Secrets)
        {
            secrets.Add(secret);
        }

        using var self = Process.GetCurrentProcess();
        var before = self.WorkingSet64;
        using var writer = new LogWriter(target);
        var pump = new LogPump(writer, secrets);
        using var packer = Process.Start(new ProcessStartInfo("cat", [source]) { RedirectStandardOutput = true })!;
        pump.RunAsync(Stream.Null, packer.StandardOutput.BaseStream).GetAwaiter().GetResult();
        var hash = pump.Close();
        self.Refresh();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{hash} {self.PeakWorkingSet64 - before}"));
        return 0;
    }

    private static (double[] Ours, double[] Theirs, double Memory) Measure(Sizes sizes, string folder, long bytes)
    {
        var source = Path.Combine(folder, "source.log");
        var target = Path.Combine(folder, "target.log");
        Logs.Write(source, bytes);
        Logs.Settle();
        var memory = new List<double>();
        var (ours, theirs) = Timing.Interleave(
            sizes.LongRepetitions,
            () =>
            {
                File.Delete(target);
                var output = "";
                var seconds = Timing.Of(() => output = Timing.Run("dotnet", [typeof(StreamBench).Assembly.Location, Command, source, target], folder));
                memory.Add(double.Parse(output.Split(' ')[1], CultureInfo.InvariantCulture) / 1e6);
                return seconds;
            },
            () =>
            {
                File.Delete(target);
                return Timing.OfProcess("sh", ["-c", "cat source.log | tee target.log | sha256sum; sync target.log"], folder);
            });
        File.Delete(source);
        File.Delete(target);
        return (ours, theirs, Timing.Median(memory));
    }

    private static Result Line(string what, double[] ours, double[] theirs) => new()
    {
        Measurement = "stream",
        What = what,
        Beside = "tee and sha256sum",
        Value = Timing.Median(ours),
        BesideValue = Timing.Median(theirs),
        Runs = ours,
        BesideRuns = theirs,
    };
}
