using System.IO.Compression;
using Foundation;
using Newtonsoft.Json;

namespace Packer.Tools;

/// <summary>
/// Installs HashiCorp's Packer and its proxmox plugin into <c>.tools/</c>, in the pinned versions: from the archives that
/// somebody has put into <c>.tools/archives/</c>, or downloaded and checked against their pinned sums. That a download
/// failed is remembered for a day, so that a site without internet does not wait for it in each run.
/// </summary>
/// <param name="tools">The folder <c>.tools/</c>.</param>
/// <param name="http">Downloads; its time-out is that of the answer's head.</param>
/// <param name="log">Told what is being done.</param>
/// <param name="time">The clock.</param>
/// <param name="pins">What to install.</param>
internal sealed class PackerRelease(string tools, HttpClient http, IRunLog log, TimeProvider time, PinnedReleases pins)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);
    private static readonly TimeSpan Stalled = TimeSpan.FromSeconds(30);

    /// <summary>The folder of the plugins that are installed here, for <c>PACKER_PLUGIN_PATH</c>.</summary>
    public static string PluginFolder(string tools) => Path.Combine(tools, "plugins");

    private string Archives => Path.Combine(tools, "archives");

    private string FailureFile => Path.Combine(tools, "packer-download-failed.json");

    /// <summary>Installs Packer with its plugin, unless it is known not to work here.</summary>
    /// <returns>The program, or why it could not be installed.</returns>
    /// <exception cref="FailureException">An archive is not what it should be.</exception>
    public async Task<(string? Program, string? Problem)> InstallAsync(CancellationToken cancellation)
    {
        var platform = PackerPins.Platform;
        foreach (var pin in new[] { pins.Packer, pins.Plugin })
        {
            if (!pin.Sums.ContainsKey(platform))
            {
                return (null, $"there is no release of {pin.Name} {pin.Version} for {platform}");
            }
        }

        if (Failed() is { } earlier && !HasArchives(platform))
        {
            return (null, $"{earlier.Why} ({earlier.Utc:yyyy-MM-dd HH:mm} UTC; it is tried again after a day, or when {FailureFile} is removed)");
        }

        try
        {
            var program = await PackerAsync(platform, cancellation);
            await PluginAsync(program, platform, cancellation);
            File.Delete(FailureFile);
            return (program, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException
            // No answer in time.
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var why = e is OperationCanceledException ? "the download got no answer in time" : e.Message;
            Remember(why);
            return (null, why);
        }
    }

    private async Task<string> PackerAsync(string platform, CancellationToken cancellation)
    {
        var name = OperatingSystem.IsWindows() ? "packer.exe" : "packer";
        var program = Path.Combine(tools, $"packer-{pins.Packer.Version}", name);
        if (!File.Exists(program))
        {
            // From 1.10 on Packer is under the Business Source License; who downloads it should know.
            await WithArchiveAsync(
                pins.Packer, platform, "Packer {0} (HashiCorp, Business Source License 1.1)", file => Unpack(file, e => e == name, program), cancellation);
        }

        return program;
    }

    private async Task PluginAsync(string packer, string platform, CancellationToken cancellation)
    {
        var pin = pins.Plugin;
        var environment = new Dictionary<string, string> { ["PACKER_PLUGIN_PATH"] = Directory.CreateDirectory(PluginFolder(tools)).FullName, ["CHECKPOINT_DISABLE"] = "1" };
        async Task RunAsync(params string[] arguments)
        {
            var done = await ToolHost.RunAsync(packer, ["plugins", "install", .. arguments], TimeSpan.FromMinutes(5), environment: environment, cancellation: cancellation);
            if (done.ExitCode != 0)
            {
                throw new HttpRequestException($"Packer's proxmox plugin {pin.Version} was not installed: {done.Output.Trim().ReplaceLineEndings(" ")}");
            }
        }

        if (pin.Sums[platform] is null && !File.Exists(Path.Combine(Archives, pin.Archive(platform))))
        {
            log.Write("Tools", EventLevel.Info, $"Installing Packer's proxmox plugin {pin.Version} (packer plugins install)");
            await RunAsync("github.com/hashicorp/proxmox", pin.Version);
            return;
        }

        var folder = Directory.CreateTempSubdirectory("packer-plugin-");
        try
        {
            var binary = Path.Combine(folder.FullName, $"{pin.Name}_v{pin.Version}_x5.0_{platform}");
            await WithArchiveAsync(
                pin, platform, "Packer's proxmox plugin {0} (HashiCorp, Mozilla Public License 2.0)",
                file => Unpack(file, e => e.StartsWith(pin.Name, StringComparison.Ordinal), binary), cancellation);
            await RunAsync("--path", binary, "github.com/hashicorp/proxmox");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task WithArchiveAsync(PinnedRelease pin, string platform, string what, Action<string> use, CancellationToken cancellation)
    {
        var title = string.Format(System.Globalization.CultureInfo.InvariantCulture, what, pin.Version);
        var given = Path.Combine(Archives, pin.Archive(platform));
        if (File.Exists(given))
        {
            log.Write("Tools", EventLevel.Info, $"Installing {title} from {given}");
            if (pin.Sums[platform] is null)
            {
                log.Write("Tools", EventLevel.Warning, $"No sum of {Path.GetFileName(given)} is pinned; the one in {Archives} has the SHA-256 {FileHash.Sha256(given)}");
            }
            else
            {
                Check(pin, platform, given, given);
            }

            use(given);
            return;
        }

        var address = pin.Address(platform);
        var archive = Path.Combine(Directory.CreateDirectory(tools).FullName, $".{pin.Name}-{Guid.NewGuid():N}.zip");
        log.Write("Tools", EventLevel.Info, $"Downloading {title} from {address}");
        try
        {
            await DownloadAsync(address, archive, cancellation);
            Check(pin, platform, archive, $"the download from {address}");
            use(archive);
        }
        finally
        {
            File.Delete(archive);
        }
    }

    private async Task DownloadAsync(Uri address, string file, CancellationToken cancellation)
    {
        using var answer = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        await using var target = File.Create(file);
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var buffer = new byte[1 << 16];
        while (true)
        {
            stalled.CancelAfter(Stalled);
            var read = await body.ReadAsync(buffer, stalled.Token);
            if (read == 0)
            {
                return;
            }

            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }
    }

    private static void Check(PinnedRelease pin, string platform, string file, string from)
    {
        var sum = FileHash.Sha256(file);
        var expected = pin.Sums[platform] ?? "one that is pinned, of which there is none for this system,";
        if (sum != expected)
        {
            throw new FailureException(
                FailureKind.Task, $"{pin.Name} {pin.Version} was not installed", $"{from} has the SHA-256 {sum} instead of {expected}",
                "Find out who changes the file, or install Packer by hand");
        }
    }

    private static void Unpack(string archive, Predicate<string> wanted, string program)
    {
        using var zip = ZipFile.OpenRead(archive);
        var entry = zip.Entries.FirstOrDefault(e => wanted(e.Name))
            ?? throw new FailureException(FailureKind.Task, $"{Path.GetFileName(program)} was not installed", $"it is not in {archive}");
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        var beside = program + "." + Guid.NewGuid().ToString("N");
        entry.ExtractToFile(beside);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(beside, (UnixFileMode)0b111_101_101);
        }

        File.Move(beside, program, overwrite: true);
    }

    private bool HasArchives(string platform) =>
        new[] { pins.Packer, pins.Plugin }.All(p => File.Exists(Path.Combine(Archives, p.Archive(platform))));

    private Failure? Failed()
    {
        try
        {
            return File.Exists(FailureFile) && JsonConvert.DeserializeObject<Failure>(File.ReadAllText(FailureFile)) is { } failure
                && time.GetUtcNow() - failure.Utc < Remembered && failure.Utc <= time.GetUtcNow() ? failure : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Remember(string why)
    {
        try
        {
            Directory.CreateDirectory(tools);
            AtomicFile.Write(FailureFile, JsonConvert.SerializeObject(new Failure(time.GetUtcNow().UtcDateTime, why)) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is tried again next time.
        }
    }

    private sealed record Failure(DateTime Utc, string Why);
}
