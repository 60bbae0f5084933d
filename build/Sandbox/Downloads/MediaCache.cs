using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Sandbox.Api;

namespace Sandbox.Downloads;

/// <summary>
/// Downloaded media, each in a file that is named as its SHA-256, shared by all runs of a runtime root. What is not whole yet
/// has <c>.part</c> behind its name, and is gone on with; who is at it holds <c>.lock</c>.
/// </summary>
internal sealed class MediaCache : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly string folder;
    private readonly TimeProvider time;
    private readonly HttpClient http;
    private readonly MediumDownload download;

    /// <summary>Opens it.</summary>
    /// <param name="folder">The folder; it is made when it is first needed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="handler">What speaks HTTP, which must follow no redirects; null for the usual.</param>
    /// <param name="limits">What a download may be; null for the usual.</param>
    /// <param name="proxies">The proxies that the usual takes; null for the system's.</param>
    public MediaCache(string folder, TimeProvider time, HttpMessageHandler? handler = null, DownloadLimits? limits = null, IWebProxy? proxies = null)
    {
        (this.folder, this.time) = (folder, time);
        http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(30), Proxy = proxies }) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("packer-build-records");
        download = new MediumDownload(http, limits ?? new DownloadLimits(), time);
    }

    /// <summary>Puts a medium at a path, from the cache or by download.</summary>
    /// <param name="url">Where it can be had.</param>
    /// <param name="sha256">Its SHA-256, in small hexadecimal digits.</param>
    /// <param name="file">The path, at which nothing is.</param>
    /// <param name="log">Told what happens, a line each.</param>
    /// <param name="cancellation">Stops it; what has arrived stays for the next try.</param>
    /// <exception cref="ApiException">It cannot be had, or is another one.</exception>
    public async Task FetchAsync(Uri url, string sha256, string file, Action<string> log, CancellationToken cancellation)
    {
        if (sha256.Length != 64 || !sha256.All(char.IsAsciiHexDigitLower))
        {
            throw ApiException.Failed($"'{sha256}' is no SHA-256");
        }

        Directory.CreateDirectory(folder);
        var kept = Path.Combine(folder, sha256);
        using (await LockAsync(kept + ".lock", log, cancellation))
        {
            if (File.Exists(kept) && await HashAsync(kept, cancellation) == sha256)
            {
                log("OK, the cache has the correct file already, no need to download");
            }
            else
            {
                await DownloadAsync(url, sha256, kept, log, cancellation);
            }

            Place(kept, file);
        }
    }

    /// <summary>Downloads a file whose SHA-256 nobody knows.</summary>
    /// <exception cref="ApiException">It cannot be had.</exception>
    public Task FetchAsync(Uri url, string file, Action<string> log, CancellationToken cancellation) => download.RunAsync(url, file, log, cancellation);

    public void Dispose() => http.Dispose();

    private async Task DownloadAsync(Uri url, string sha256, string kept, Action<string> log, CancellationToken cancellation)
    {
        var part = kept + ".part";
        while (true)
        {
            var resumed = File.Exists(part) && new FileInfo(part).Length > 0;
            await download.RunAsync(url, part, log, cancellation);
            log("calculating checksum...");
            var got = await HashAsync(part, cancellation);
            if (got == sha256)
            {
                log("OK, checksum verified");
                File.Move(part, kept, overwrite: true);
                return;
            }

            File.Delete(part);
            if (!resumed)
            {
                throw ApiException.Failed($"checksum mismatch: got '{got}' != expect '{sha256}'");
            }

            // Its beginning may have been that of another file.
            log("checksum mismatch of a file that was gone on with; downloading it once more from its beginning");
        }
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancellation)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
    }

    private async Task<FileStream> LockAsync(string file, Action<string> log, CancellationToken cancellation)
    {
        for (var told = false;; told = true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (!told)
                {
                    log("another run is downloading this file; waiting for it");
                }

                await Task.Delay(BetweenLooks, time, cancellation);
            }
        }
    }

    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION; a disk that is full or read-only is no other run.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    /// <summary>A second name for the same file, which takes no room; a copy where the system gives none.</summary>
    private static void Place(string kept, string file)
    {
        if (OperatingSystem.IsWindows() || Link(Text(kept), Text(file)) != 0)
        {
            File.Copy(kept, file);
        }
    }

    private static byte[] Text(string path) => Encoding.UTF8.GetBytes(path + "\0");

    [DllImport("libc", EntryPoint = "link")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] file, byte[] name);
}
