using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Bench;

/// <summary>
/// A whole build beside bare <c>packer build</c> in the workspace that this build staged, against the same sandbox
/// node: the target Sandbox with the same state, freshly started for each run, as the build starts its own.
/// </summary>
internal static class BuildBench
{
    private const string Template = "rocky-9";

    public static IEnumerable<Result> Run(Sizes sizes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "build")).FullName;
        string[] places = [$"--runtime-root={Path.Combine(folder, "runtime")}", $"--records={Path.Combine(folder, "records")}", "--environment=sandbox"];
        var script = Path.Combine(sizes.Root, "build.sh");
        var (ours, theirs) = Timing.Interleave(
            sizes.LongRepetitions,
            () => Timing.OfProcess(script, ["--target=BuildTemplate", $"--template={Template}", "--keep-workspace", .. places], folder),
            () => Bare(script, places, Path.Combine(folder, "runtime", "work", Template)));
        var (whole, bare) = (Timing.Median(ours), Timing.Median(theirs));
        yield return new Result
        {
            Measurement = "build",
            What = $"./build.sh --target=BuildTemplate --template={Template}, whole",
            Beside = "packer build in the same workspace",
            Value = whole,
            BesideValue = bare,
            ReachRatio = 2,
            Runs = ours,
            BesideRuns = theirs,
        };
        yield return new Result { Measurement = "build", What = "the whole above Packer alone", Value = whole - bare, ReachValue = 0.6 };
    }

    /// <summary>
    /// Several templates at once beside one after another: against the sandbox, where three of the four have next to
    /// nothing to wait for, and against one whose node takes its time, as a cluster does.
    /// </summary>
    public static IEnumerable<Result> Parallel(Sizes sizes)
    {
        yield return Parallel(sizes, "four templates with --parallel=2", 0, Math.Min(3, sizes.LongRepetitions));
        yield return Parallel(sizes, "the same, with a node that answers after 50 ms", 50, Math.Min(2, sizes.LongRepetitions));
    }

    private static Result Parallel(Sizes sizes, string what, int latency, int repetitions)
    {
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, $"parallel-{latency}")).FullName;
        var script = Path.Combine(sizes.Root, "build.sh");
        double All(int parallel) => Timing.OfProcess(
            script,
            [
                "--target=BuildTemplate", "--template=rocky-9,ubuntu-22.04,ubuntu-24.04,windows-2022", $"--parallel={parallel}", $"--sandbox-latency={latency}", "--environment=sandbox",
                $"--runtime-root={Path.Combine(folder, "runtime")}", $"--records={Path.Combine(folder, "records")}",
            ],
            folder);
        var (two, one) = Timing.Interleave(repetitions, () => All(2), () => All(1));
        return new Result
        {
            Measurement = "parallel",
            What = what,
            Beside = "one after another",
            Value = Timing.Median(two),
            BesideValue = Timing.Median(one),
            ReachRatio = 0.65,
            Runs = two,
            BesideRuns = one,
        };
    }

    /// <summary>
    /// All templates at once, each in its own chain, beside the slowest of them alone, on a node whose tasks take their time.
    /// Access is there already, as on a cluster, which is set up once.
    /// </summary>
    public static IEnumerable<Result> Chains(Sizes sizes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(sizes.Work, "chains")).FullName;
        var script = Path.Combine(sizes.Root, "build.sh");
        string[] places = ["--environment=sandbox", $"--runtime-root={Path.Combine(folder, "runtime")}", $"--records={Path.Combine(folder, "records")}"];
        double Build(string templates, int parallel) => Timing.OfProcess(
            script, ["--target=BuildTemplate", $"--template={templates}", $"--parallel={parallel}", "--sandbox-task-time=5000", .. places], folder);
        Timing.OfProcess(script, ["--target=Init", .. places], folder);
        var (all, slowest) = Timing.Interleave(Math.Min(2, sizes.LongRepetitions), () => Build("all", 20), () => Build("windows-2022", 1));
        yield return new Result
        {
            Measurement = "chains",
            What = "all templates at once, with tasks of 5 s",
            Beside = "windows-2022 alone",
            Value = Timing.Median(all),
            BesideValue = Timing.Median(slowest),
            ReachRatio = 1.1,
            Runs = all,
            BesideRuns = slowest,
        };
    }

    private static double Bare(string script, string[] places, string workspaces)
    {
        var workspace = Directory.EnumerateDirectories(workspaces).Max(StringComparer.Ordinal)!;
        var start = new ProcessStartInfo(script, ["--target=Sandbox", "--output=json", .. places]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var sandbox = Process.Start(start)!;
        sandbox.ErrorDataReceived += (_, _) => { };
        sandbox.BeginErrorReadLine();
        try
        {
            var node = Announced(sandbox.StandardOutput);
            var proxy = node["ssh_proxy"].Split(':');
            var variables = new Dictionary<string, string>
            {
                ["PROXMOX_URL"] = node["url"] + "/api2/json",
                ["PROXMOX_USERNAME"] = node["username"],
                ["PROXMOX_PASSWORD"] = node["password"],
                ["SSL_CERT_FILE"] = node["certificate_file"],
                ["PKR_VAR_ssh_private_key_file"] = Path.Combine(workspace, "secrets", "ssh_key"),
                ["NO_PROXY"] = "127.0.0.1,localhost",
                ["CHECKPOINT_DISABLE"] = "1",
            };
            var free = Free(workspace).ToString(CultureInfo.InvariantCulture);
            return Timing.OfProcess(
                "packer",
                ["build", "-color=false", "-var", $"proxmox_url={node["url"]}/api2/json", "-var", $"ssh_proxy_port={proxy[1]}", "-var", $"vm_id={free}", "."],
                workspace, variables);
        }
        finally
        {
            using var interrupt = Process.Start("kill", ["-INT", sandbox.Id.ToString(CultureInfo.InvariantCulture)]);
            sandbox.WaitForExit();
            Directory.Delete(workspace, recursive: true);
        }
    }

    /// <summary>The line of JSON that the target Sandbox prints, between what Cake says.</summary>
    private static Dictionary<string, string> Announced(StreamReader output)
    {
        while (output.ReadLine() is { } line)
        {
            if (line.StartsWith('{'))
            {
                _ = output.BaseStream.CopyToAsync(Stream.Null);
                return JsonSerializer.Deserialize<Dictionary<string, string>>(line)!;
            }
        }

        throw new InvalidOperationException("The target Sandbox ended without saying where its node is");
    }

    /// <summary>A VMID that the build did not use: far above the template's own range.</summary>
    private static int Free(string workspace)
    {
        using var variables = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(workspace, "workspace.auto.pkrvars.json")));
        return variables.RootElement.GetProperty("vm_id").GetInt32() + 100_000;
    }
}
