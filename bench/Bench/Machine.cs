using System.Globalization;
using System.Runtime.InteropServices;

namespace Bench;

/// <summary>The machine that the figures come from.</summary>
internal sealed record Machine(string Processor, int Cores, long MemoryMb, string OperatingSystem, string Runtime, string Packer)
{
    public static Machine Current() => new(
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024),
        Field("/etc/os-release", "PRETTY_NAME")?.Trim('"') ?? RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        PackerVersion());

    /// <summary>How many processes want the processors at the moment; above the number of cores the figures are blurred.</summary>
    public static double Load() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Processor}, {Cores} cores, {MemoryMb / 1024.0:0} GB memory, {OperatingSystem}, {Runtime}, {Packer}");

    private static string PackerVersion()
    {
        try
        {
            return Timing.Run("packer", ["version"], Path.GetTempPath(), new Dictionary<string, string> { ["CHECKPOINT_DISABLE"] = "1" }).Split('\n')[0].Trim();
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return "no Packer";
        }
    }

    private static string? Field(string file, string name) => !File.Exists(file) ? null : File.ReadLines(file)
        .Where(l => l.StartsWith(name, StringComparison.Ordinal)).Select(l => l[(l.IndexOfAny([':', '=']) + 1)..].Trim()).FirstOrDefault();
}
