using System.Diagnostics;
using System.Text.RegularExpressions;
using Records.Sealing;

namespace Records.Tests;

/// <summary>The sealing process is killed, or gets an error, at every system call that changes the file system.</summary>
[Platform("Linux"), Category("Long")]
public sealed partial class CrashTests
{
    private const string Calls =
        "mkdir,mkdirat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,unlink,unlinkat,rmdir,chmod,fchmod,fchmodat,"
        + "fsync,fdatasync,ftruncate,write,pwrite64,writev,pwritev";

    [SetUp]
    public void NeedStrace() => Assume.That(File.Exists("/usr/bin/strace"), "strace is not installed");

    [Test]
    public void Killed_anywhere_there_is_the_whole_record_or_none_and_the_next_run_succeeds()
    {
        var points = Points();
        var killed = 0;
        Parallel.ForEach(points, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, point =>
        {
            using var records = new TestRecords();
            var first = records.Publish();
            var code = Trace(records, $"inject={point.Call}:signal=SIGKILL:when={point.Nth}").Code;
            Interlocked.Add(ref killed, code == 0 ? 0 : 1);

            var stamps = RecordFolders(records);
            Assert.That(stamps, Has.Length.InRange(1, 2), $"{point}");
            var latest = new DirectoryInfo(Path.Combine(Path.GetDirectoryName(first.Path)!, "latest"));
            Assert.That(stamps, Does.Contain(latest.LinkTarget), $"latest is valid, {point}");

            Assert.That(records.Findings(), Is.Empty, $"{point}");
            Publication.RecoverInterrupted(records.Root);
            Assert.That(records.Findings(), Is.Empty, $"recovered, {point}");
            records.Publish();
            Assert.That(records.Findings(), Is.Empty, $"the next run, {point}");
            var rest = Directory.EnumerateFileSystemEntries(records.Root.Path, ".*", SearchOption.AllDirectories).Select(p => Path.GetFileName(p));
            Assert.That(rest, Is.EquivalentTo(new[] { ".gitattributes", ".gitignore", ".state" }), $"nothing is left, {point}");
        });
        TestContext.Out.WriteLine($"killed at {killed} of {points.Count} calls");
        Assert.That(killed, Is.GreaterThan(points.Count * 9 / 10));
    }

    [Test]
    public void An_error_anywhere_is_one_paragraph_and_leaves_the_whole_record_or_none()
    {
        var points = Points();
        var failed = 0;
        Parallel.ForEach(points, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, point =>
        {
            using var records = new TestRecords();
            records.Publish();
            var (code, output) = Trace(records, $"inject={point.Call}:error=ENOSPC:when={point.Nth}");
            Assert.That(code, Is.AnyOf(0, 1), $"{point}: {output}");
            Assert.That(output, Does.Not.Contain("   at "), $"{point}");
            Interlocked.Add(ref failed, code);
            Assert.That(RecordFolders(records), Has.Length.InRange(1, 2), $"{point}");
            Assert.That(records.Findings(), Is.Empty, $"{point}");
            if (RecordFolders(records).Length == 1)
            {
                Assert.That(Directory.GetFiles(records.Root.State, "*.pending"), Is.Empty, $"no note is left of a record that there is not, {point}");
            }

            Publication.RecoverInterrupted(records.Root);
            records.Publish();
            Assert.That(records.Findings(), Is.Empty, $"{point}");
        });
        TestContext.Out.WriteLine($"failed at {failed} of {points.Count} calls");
        Assert.That(failed, Is.GreaterThan(points.Count / 2));
    }

    [TestCase("signal=SIGKILL")]
    [TestCase("error=ENOSPC")]
    public void What_is_destroyed_is_written_down_whole_or_not_at_all_and_the_next_run_completes_it(string fault)
    {
        List<Point> points;
        using (var traced = new TestRecords())
        {
            var doomed = traced.Publish();
            points = [.. TraceLines(traced, Destroying(doomed)).Where(l => l.Line.Contains(traced.Root.Path, StringComparison.Ordinal))];
        }

        var hit = 0;
        Parallel.ForEach(points, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, point =>
        {
            using var records = new TestRecords();
            var doomed = records.Publish();
            var (code, output) = Trace(records, $"inject={point.Call}:{fault}:when={point.Nth}", "/dev/null", Destroying(doomed));
            Interlocked.Add(ref hit, code == 0 ? 0 : 1);
            Assert.That(output, Does.Not.Contain("   at "), $"{point}");
            Assert.That(records.Findings(), Is.Empty, $"{point}");

            // The next run publishes what is left, completes what was begun, and destroys another.
            Publication.RecoverInterrupted(records.Root);
            var later = TestRecords.Start.Moment.AddDays(2);
            foreach (var statement in Destruction.Unfinished(records.Root, records.Signer, "rocky-9"))
            {
                statement.Complete(new Dictionary<int, string>(), later);
            }

            Assert.That(records.Findings(), Is.Empty, $"completed, {point}");
            Assert.That(Sealer.Main([records.Folder, .. Destroying(doomed)]), Is.Zero, $"{point}");
            Assert.That(Destruction.Unfinished(records.Root, records.Signer, "rocky-9"), Is.Empty, $"{point}");
            Assert.That(records.Findings(), Is.Empty, $"the next run, {point}");
            Assert.That(File.ReadAllText(records.Root.Index), Does.Contain("destroyed on 2026-"), $"{point}");
        });
        TestContext.Out.WriteLine($"{fault} at {hit} of {points.Count} calls");
        Assert.That(hit, Is.GreaterThan(points.Count / 2));
    }

    private static string[] Destroying(SealedRecord doomed) =>
        ["destroy", doomed.Record.ChainId!, doomed.Record.Vmid!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    [Test]
    public void Everything_is_flushed_before_the_rename_and_the_rename_after_it()
    {
        using var records = new TestRecords();
        records.Publish();
        var lines = TraceLines(records).Select(l => l.Line).ToList();
        var rename = lines.FindIndex(l => l.Contains("rename", StringComparison.Ordinal) && l.Contains(".tmp-", StringComparison.Ordinal)
            && !l.Contains("latest", StringComparison.Ordinal));
        Assert.That(rename, Is.GreaterThan(0));
        var flushed = lines.Take(rename).Where(l => l.Contains("fsync", StringComparison.Ordinal)).ToList();
        foreach (var file in new[] { "packer.log", "build.log", "input.ks.cfg", "run.json", "README.md", "provenance.dsse.json", "provenance.sigstore.json", "SHA256SUMS", "SHA256SUMS.sig" })
        {
            Assert.That(flushed.Any(l => l.Contains($"/{file}>", StringComparison.Ordinal)), $"{file} is flushed before the rename");
            var write = lines.FindLastIndex(rename, l => l.Contains("write", StringComparison.Ordinal) && l.Contains($"/{file}>", StringComparison.Ordinal));
            var flush = lines.FindLastIndex(rename, l => l.Contains("fsync", StringComparison.Ordinal) && l.Contains($"/{file}>", StringComparison.Ordinal));
            Assert.That(flush, Is.GreaterThan(write), $"{file} is flushed after it was written");
        }

        Assert.That(flushed, Has.Some.Matches(@"fsync\(\d+<[^>]*/\.tmp-[0-9a-f]+>"), "the folder is flushed before the rename");
        Assert.That(lines.Skip(rename).Where(l => l.Contains("fsync", StringComparison.Ordinal)), Has.Some.Contains("/builds/rocky-9>"));
    }

    [TestCase("EPERM")]
    [TestCase("EOPNOTSUPP")]
    [TestCase("ENOSYS")]
    public void Where_links_cannot_be_made_latest_is_a_small_file_that_says_so(string error)
    {
        using var records = new TestRecords();
        var (code, output) = Trace(records, $"inject=symlink,symlinkat:error={error}");
        Assert.That(code, Is.Zero, output);
        var latest = new FileInfo(Path.Combine(records.Root.Path, "builds", "rocky-9", "latest"));
        Assert.That(latest.LinkTarget, Is.Null);
        Assert.That(File.ReadAllText(latest.FullName), Is.EqualTo(LatestPointer.TextContent(TestRecords.Start)));
        Assert.That(records.Findings(), Is.Empty);
        records.Publish();
        latest.Refresh();
        Assert.That(latest.LinkTarget, Is.EqualTo(TestRecords.Start.Next().ToString()), "and where links can be made it becomes one");
        Assert.That(records.Findings(), Is.Empty);
    }

    private static string[] RecordFolders(TestRecords records) =>
        [.. Directory.EnumerateDirectories(Path.Combine(records.Root.Path, "builds", "rocky-9"), "2*").Select(p => Path.GetFileName(p))];

    private sealed record Point(string Call, int Nth, string Line);

    /// <summary>The calls of the main thread that concern the records, each with its ordinal among the calls of its name.</summary>
    private static List<Point> Points()
    {
        using var records = new TestRecords();
        records.Publish();
        return [.. TraceLines(records).Where(l => l.Line.Contains(records.Root.Path, StringComparison.Ordinal))];
    }

    private static IEnumerable<Point> TraceLines(TestRecords records, params string[] work)
    {
        var output = Path.Combine(records.Folder, "strace.out");
        Assert.That(Trace(records, $"trace={Calls}", output, work).Code, Is.Zero);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        string? main = null;
        foreach (var line in File.ReadAllLines(output))
        {
            if (Line().Match(line) is { Success: true } match)
            {
                main ??= match.Groups["pid"].Value;
                if (match.Groups["pid"].Value == main)
                {
                    var call = match.Groups["call"].Value;
                    counts[call] = counts.GetValueOrDefault(call) + 1;
                    yield return new(call, counts[call], line);
                }
            }
        }
    }

    // Half as slow where the system stops the process at the traced calls alone; strace injects no signal then.
    private static (int Code, string Output) Trace(TestRecords records, string expression, string output = "/dev/null", params string[] work)
    {
        var start = new ProcessStartInfo("strace", [
            "-f", .. expression.Contains("signal=", StringComparison.Ordinal) ? Array.Empty<string>() : ["--seccomp-bpf"], "-y", "-qq", "-s", "0", "-o", output, "-e", $"trace={Calls}", .. expression.StartsWith("trace", StringComparison.Ordinal) ? Array.Empty<string>() : ["-e", expression],
            "dotnet", typeof(CrashTests).Assembly.Location, records.Folder, .. work.Length > 0 ? work : ["rocky-9", "1"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_TieredCompilation"] = "1", ["DOTNET_EnableDiagnostics"] = "0" },
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text + error.Result);
    }

    [GeneratedRegex(@"^(?<pid>\d+) +(?<call>[a-z0-9_]+)\(")]
    private static partial Regex Line();
}
