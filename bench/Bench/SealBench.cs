using Records;

namespace Bench;

/// <summary>Sealing a record with a large log beside one with a small log.</summary>
internal static class SealBench
{
    private const long Small = 10 * 1024;

    public static IEnumerable<Result> Run(Sizes sizes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "seal")).FullName;
        var records = new SampleRecords(folder);
        foreach (var bytes in new[] { sizes.LogBytes / 10, sizes.LogBytes })
        {
            // The same large file again and again: sealing gives it another name, and its first one is left to the next.
            var large = Log(folder, "large.log", bytes);
            var index = 0;
            var (ours, theirs) = Timing.Interleave(
                sizes.Repetitions,
                () => Seal(records, large, index++),
                () => Seal(records, Log(folder, "small.log", Small), index++));
            yield return new Result
            {
                Measurement = "seal",
                What = $"sealing after a log of {Logs.Size(bytes)}",
                Beside = "after one of 10 KiB",
                Value = Timing.Median(ours),
                BesideValue = Timing.Median(theirs),
                ReachRatio = bytes == sizes.LogBytes ? 1.2 : null,
                Runs = ours,
                BesideRuns = theirs,
            };
            Tree.Delete(records.Root.Path);
            File.Delete(large.Path);
        }
    }

    private static double Seal(SampleRecords records, LogFile log, int index)
    {
        var seconds = Timing.Of(() => records.Store.Seal(SampleRecords.Build("rocky-9"), SampleRecords.At(index), log));
        return seconds;
    }

    private static LogFile Log(string folder, string name, long bytes)
    {
        var path = Path.Combine(folder, name);
        File.Delete(path);
        Logs.Write(path, bytes);
        return new(path, Logs.Hash(path), bytes);
    }
}
