using Foundation;

namespace Packer.Tools;

/// <summary>Installs Debian packages, as root or through a <c>sudo</c> that asks for nothing.</summary>
internal sealed class AptInstaller(ToolHost host, IRunLog log)
{
    private static readonly string[] Options =
        ["-y", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30"];

    private static readonly Dictionary<string, string> Quiet = new() { ["DEBIAN_FRONTEND"] = "noninteractive", ["NEEDRESTART_MODE"] = "a" };

    private readonly string? apt = host.Programs("apt-get").FirstOrDefault();
    private readonly string? sudo = host.Programs("sudo").FirstOrDefault();

    /// <summary>Whether packages can be installed at all, perhaps.</summary>
    public bool Available => apt is not null && (host.IsRoot || sudo is not null);

    /// <summary>What a person types to install packages.</summary>
    public string Command(params string[] packages) => $"`{(host.IsRoot ? "" : "sudo ")}apt-get install --no-install-recommends {string.Join(' ', packages)}`";

    /// <summary>Says what is going to be installed and why, and installs it; that it failed is told as well and is not an error yet.</summary>
    /// <param name="packages">Debian packages.</param>
    /// <param name="why">What needs them, as a part of a sentence.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task InstallAsync(string[] packages, string why, CancellationToken cancellation)
    {
        if (!host.IsRoot && (await ToolHost.RunAsync(sudo!, ["-n", "true"], TimeSpan.FromSeconds(10), cancellation: cancellation)).ExitCode != 0)
        {
            log.Write("Tools", EventLevel.Warning, $"{why}. Nobody is there to give sudo a password, so nothing is installed; {Command(packages)} installs it");
            return;
        }

        log.Write("Tools", EventLevel.Info, $"Installing the Debian package{(packages.Length > 1 ? "s" : "")} {string.Join(", ", packages)}{(host.IsRoot ? "" : " with sudo")}: {why}. --no-install would leave it to you");
        var updated = !HasLists();
        if (updated)
        {
            await AptAsync("Fetching the package lists (apt-get update)", ["update"], cancellation);
        }

        var message = $"Installing {string.Join(" and ", packages)} (apt-get install)";
        var done = await AptAsync(message, ["install", "--no-install-recommends", .. packages], cancellation);
        if (done.ExitCode != 0 && !updated)
        {
            await AptAsync("Fetching newer package lists (apt-get update)", ["update"], cancellation);
            done = await AptAsync(message, ["install", "--no-install-recommends", .. packages], cancellation);
        }

        if (done.ExitCode != 0)
        {
            var reasons = done.Output.Split('\n').Where(l => l.StartsWith("E:", StringComparison.Ordinal)).Select(l => l[2..].Trim());
            log.Write("Tools", EventLevel.Warning, $"apt-get failed: {string.Join("; ", reasons.DefaultIfEmpty($"exit code {done.ExitCode}"))}");
        }
    }

    private async Task<Finished> AptAsync(string message, string[] command, CancellationToken cancellation)
    {
        log.Write("Tools", EventLevel.Info, message);
        string[] arguments = [.. Options, .. command];
        var (program, all) = host.IsRoot
            ? (apt!, arguments)
            : (sudo!, ["-n", "DEBIAN_FRONTEND=noninteractive", apt!, .. arguments]);
        return await ToolHost.RunAsync(
            program, all, TimeSpan.FromMinutes(10), line => log.Write("Tools", EventLevel.Debug, line), Quiet, cancellation: cancellation);
    }

    private bool HasLists() =>
        Directory.Exists(host.AptLists) && Directory.EnumerateFiles(host.AptLists).Any(f => f.Contains("_Packages", StringComparison.Ordinal));
}
