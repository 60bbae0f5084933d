using System.Diagnostics;
using System.Globalization;

namespace Bench;

/// <summary>
/// Verifying many records beside <c>sha256sum -c</c> over the same files, which alone says nothing about signatures,
/// chains and what the files mean; and the index after one new record among many.
/// </summary>
internal static class RecordsBench
{
    public const string Command = "publish";

    public static IEnumerable<Result> Verify(Sizes sizes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "verify")).FullName;
        var records = new SampleRecords(folder);
        var made = 0;
        foreach (var count in new[] { sizes.Records / 10, sizes.Records })
        {
            Console.Error.WriteLine($"  sealing {count} records …");
            Tree.Delete(records.Root.Path);
            records.Add(count, Sizes.RecordLogBytes);
            made = count;
            Logs.Settle();
            var list = Path.Combine(folder, "all.sha256");
            WriteList(records, list);
            var (ours, theirs) = Timing.Interleave(
                sizes.LongRepetitions,
                () => Timing.OfProcess(Path.Combine(sizes.Root, "build.sh"), ["--target=Verify", "--environment=proxmox", $"--records={records.Root.Path}"], folder),
                () => Timing.OfProcess("sha256sum", ["-c", "--quiet", list], folder));
            yield return new Result
            {
                Measurement = "verify",
                What = string.Create(CultureInfo.InvariantCulture, $"./build.sh --target=Verify, {count:N0} records with logs of {Logs.Size(Sizes.RecordLogBytes)}"),
                Beside = "sha256sum -c over the same files",
                Value = Timing.Median(ours),
                BesideValue = Timing.Median(theirs),
                ReachRatio = count == sizes.Records ? 0.5 : null,
                Runs = ours,
                BesideRuns = theirs,
            };
        }

        Tree.Delete(records.Root.Path);
        Trace.Assert(made == sizes.Records);
    }

    /// <summary>One list for <c>sha256sum -c</c> of all files in all records.</summary>
    private static void WriteList(SampleRecords records, string list) =>
        File.WriteAllLines(list, Directory.EnumerateFiles(records.Root.Path, "SHA256SUMS", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/latest/", StringComparison.Ordinal))
            .SelectMany(f => File.ReadLines(f).Select(l => l[..66] + Path.Combine(Path.GetDirectoryName(f)!, l[66..]))));

    public static IEnumerable<Result> Index(Sizes sizes)
    {
        var program = typeof(RecordsBench).Assembly.Location;
        foreach (var count in new[] { sizes.Records / 10, sizes.Records })
        {
            var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "index")).FullName;
            var records = new SampleRecords(folder);
            Console.Error.WriteLine($"  sealing {count} records …");
            records.Add(count, 4096);
            Logs.Settle();
            var runs = new double[sizes.Repetitions];
            for (var i = 0; i < runs.Length; i++)
            {
                // A process of its own for each: a build publishes once, with nothing warmed up.
                var output = Timing.Run("dotnet", [program, Command, folder, (count + i).ToString(CultureInfo.InvariantCulture)], folder);
                runs[i] = double.Parse(output, CultureInfo.InvariantCulture);
            }

            yield return new Result
            {
                Measurement = "index",
                What = string.Create(CultureInfo.InvariantCulture, $"latest and index after one new record among {count:N0}"),
                Value = Timing.Median(runs),
                ReachValue = count == sizes.Records ? 0.2 : null,
                Runs = runs,
            };
            Tree.Delete(folder);
        }
    }

    /// <summary>A repository after years: the index after one more record, <c>List</c>, and all of it verified, with the memory that takes.</summary>
    public static IEnumerable<Result> Scale(Sizes sizes)
    {
        var count = sizes.ManyRecords;
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "scale")).FullName;
        var records = new SampleRecords(folder);
        Console.Error.WriteLine($"  sealing {count} records …");
        records.Add(count, Sizes.RecordLogBytes, oneLog: true);
        Logs.Settle();
        var program = typeof(RecordsBench).Assembly.Location;
        var build = Path.Combine(sizes.Root, "build.sh");
        string[] options = ["--environment=proxmox", $"--records={records.Root.Path}"];

        var index = Repeat(sizes.LongRepetitions, i => double.Parse(
            Timing.Run("dotnet", [program, Command, folder, (count + i).ToString(CultureInfo.InvariantCulture)], folder), CultureInfo.InvariantCulture));
        yield return One($"latest and index after one new record among {count:N0}", index, reach: 1);
        yield return One($"./build.sh --target=List with {count:N0} records", Repeat(sizes.LongRepetitions, _ => Timing.OfProcess(build, ["--target=List", .. options], folder)), reach: 1);

        var list = Path.Combine(folder, "all.sha256");
        WriteList(records, list);
        var (ours, theirs) = Timing.Interleave(
            sizes.LongRepetitions, () => Timing.OfProcess(build, ["--target=Verify", .. options], folder), () => Timing.OfProcess("sha256sum", ["-c", "--quiet", list], folder));
        yield return new Result
        {
            Measurement = "scale",
            What = string.Create(CultureInfo.InvariantCulture, $"./build.sh --target=Verify, {count:N0} records with logs of {Logs.Size(Sizes.RecordLogBytes)}"),
            Beside = "sha256sum -c over the same files",
            Value = Timing.Median(ours),
            BesideValue = Timing.Median(theirs),
            ReachRatio = 0.5,
            Runs = ours,
            BesideRuns = theirs,
        };

        // What is held for each record would show.
        var few = new SampleRecords(Path.Combine(folder, "few"));
        few.Add(count / 10, Sizes.RecordLogBytes, oneLog: true);
        yield return new Result
        {
            Measurement = "scale",
            What = string.Create(CultureInfo.InvariantCulture, $"memory of Verify, {count:N0} records"),
            Unit = "MB",
            Beside = string.Create(CultureInfo.InvariantCulture, $"with {count / 10:N0}"),
            Value = Timing.PeakMemory(build, ["--target=Verify", .. options], folder),
            BesideValue = Timing.PeakMemory(build, ["--target=Verify", "--environment=proxmox", $"--records={few.Root.Path}"], folder),
            ReachRatio = 1.5,
        };
        Tree.Delete(folder);

        static double[] Repeat(int times, Func<int, double> run) => [.. Enumerable.Range(0, times).Select(run)];

        static Result One(FormattableString what, double[] runs, double reach) => new()
        {
            Measurement = "scale", What = FormattableString.Invariant(what), Value = Timing.Median(runs), ReachValue = reach, Runs = runs,
        };
    }

    /// <summary>What the measured process does: seals one more record and publishes it; prints the seconds of the latter.</summary>
    public static int Publish(string folder, int index)
    {
        var records = new SampleRecords(folder);
        var added = records.AddOne(index);
        var seconds = Timing.Of(() => records.Store.PublishLatest(added));
        Console.WriteLine(seconds.ToString(CultureInfo.InvariantCulture));
        return 0;
    }
}
