using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Foundation;
using Foundation.Masking;

namespace Bench;

/// <summary>The inner parts, with BenchmarkDotNet.</summary>
internal static class InnerBench
{
    public static IEnumerable<Result> Run(Sizes sizes)
    {
        var job = (sizes.Scale >= 100 ? Job.ShortRun : Job.Dry).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty()
            .AddJob(job).AddLogger(NullLogger.Instance).AddColumnProvider(DefaultColumnProviders.Instance)
            .WithArtifactsPath(Path.Combine(sizes.Work, "inner")).WithOptions(ConfigOptions.DisableOptimizationsValidator);
        foreach (var report in BenchmarkRunner.Run<InnerParts>(config).Reports)
        {
            if (report.ResultStatistics is not { } statistics)
            {
                throw new InvalidOperationException($"{report.BenchmarkCase.Descriptor.WorkloadMethod.Name} was not measured");
            }

            yield return new Result
            {
                Measurement = "inner",
                What = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''),
                Value = statistics.Median / 1e6,
                Unit = "ms",
                Runs = [.. statistics.OriginalValues.Select(v => v / 1e6)],
            };
        }
    }
}

/// <summary>What BenchmarkDotNet measures; public because it asks for that.</summary>
public class InnerParts : IDisposable
{
    private readonly SecretSet secrets = new();
    private byte[] log = [];
    private string folder = "";
    private SampleRecords? records;
    private int index;
    private long written;

    /// <summary>Makes a log and a folder for records.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        foreach (var secret in Logs.Secrets)
        {
            secrets.Add(secret);
        }

        folder = Directory.CreateTempSubdirectory("bench-inner-").FullName;
        var path = Path.Combine(folder, "sample.log");
        Logs.Write(path, 16 << 20);
        log = File.ReadAllBytes(path);
        records = new SampleRecords(folder);
    }

    /// <summary>Masking alone.</summary>
    [Benchmark(Description = "masking 16 MiB of log, 8 secrets")]
    public long Masking()
    {
        var buffer = new MaskingBuffer(secrets);
        buffer.Append(log, Count);
        buffer.Complete(Count);
        return written;
    }

    /// <summary>Sealing alone, with its flushes to the disk.</summary>
    [Benchmark(Description = "sealing a record with a small log")]
    public string Sealing() => records!.AddOne(index++).Path;

    /// <summary>Deletes what was written.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        Tree.Delete(folder);
        GC.SuppressFinalize(this);
    }

    private void Count(ReadOnlySpan<byte> bytes) => written += bytes.Length;
}
