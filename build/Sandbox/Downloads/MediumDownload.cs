using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Sandbox.Api;

namespace Sandbox.Downloads;

/// <summary>What a download may be.</summary>
internal sealed record DownloadLimits
{
    /// <summary>The most bytes; the largest installation media have some eight gigabytes.</summary>
    public long MostBytes { get; init; } = 32L << 30;

    /// <summary>How long nothing may arrive before it is tried again.</summary>
    public TimeSpan Stalled { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long is waited before the next try; with each one that brings nothing, once more.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Downloads a file over HTTPS into one that may hold its beginning already: a connection that drops is taken up again where it
/// ended. Certificates are always verified, redirects followed to HTTPS only.
/// </summary>
internal sealed class MediumDownload(HttpClient http, DownloadLimits limits, TimeProvider time)
{
    private const int MostRedirects = 10;
    private const int MostVainTries = 5;
    private const int BufferSize = 1 << 20;

    /// <summary>Downloads.</summary>
    /// <param name="url">The address.</param>
    /// <param name="file">The file; what it holds is gone on from.</param>
    /// <param name="log">Told what happens, a line each; a line for each hundredth, as the server's.</param>
    /// <param name="cancellation">Stops it; what has arrived stays.</param>
    /// <exception cref="ApiException">It cannot be had.</exception>
    public async Task RunAsync(Uri url, string file, Action<string> log, CancellationToken cancellation)
    {
        RequireHttps(url, "the address");
        for (var vain = 0;;)
        {
            var before = Length(file);
            try
            {
                await OnceAsync(url, file, log, cancellation);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException && !cancellation.IsCancellationRequested)
            {
                vain = Length(file) > before ? 0 : vain + 1;
                if (vain >= MostVainTries || e.InnerException is AuthenticationException || e is IOException { HResult: 28 or unchecked((int)0x80070070) })
                {
                    throw ApiException.Failed($"download failed: {Innermost(e)}");
                }

                log(string.Create(CultureInfo.InvariantCulture, $"{Innermost(e)}; trying again from byte {Length(file)}"));
                await Task.Delay(limits.Pause * (vain + 1), time, cancellation);
            }
        }
    }

    private async Task OnceAsync(Uri url, string file, Action<string> log, CancellationToken cancellation)
    {
        await using var target = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        using var answer = await AnswerAsync(url, target.Length, cancellation);
        long? total;
        if (answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange is { From: { } from } range && from == target.Length)
        {
            total = range.Length;
        }
        else if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // It is whole, or another file by now: the checksum tells.
            if (answer.Content.Headers.ContentRange?.Length != target.Length)
            {
                target.SetLength(0);
                throw new IOException("the server has another file by now");
            }

            return;
        }
        else if (answer.StatusCode == HttpStatusCode.OK)
        {
            // Whole, though its end alone was asked for.
            target.SetLength(0);
            total = answer.Content.Headers.ContentLength;
        }
        else
        {
            var words = string.Create(CultureInfo.InvariantCulture, $"the server answered {(int)answer.StatusCode} {answer.ReasonPhrase}");
            throw (int)answer.StatusCode is >= 500 or 408 or 429 ? new HttpRequestException(words) : ApiException.Failed($"download failed: {words}");
        }

        Require(total, file, target.Length);
        target.Seek(0, SeekOrigin.End);
        await using var content = await answer.Content.ReadAsStreamAsync(cancellation);
        await CopyAsync(content, target, total, log, cancellation);
    }

    private async Task<HttpResponseMessage> AnswerAsync(Uri url, long from, CancellationToken cancellation)
    {
        for (var redirects = 0; redirects <= MostRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null;
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            soon.CancelAfter(limits.Stalled);
            HttpResponseMessage answer;
            try
            {
                answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, soon.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new TimeoutException("the server does not answer");
            }

            if (answer.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                || answer.Headers.Location is not { } location)
            {
                return answer;
            }

            answer.Dispose();
            url = new Uri(url, location);
            RequireHttps(url, "the server's redirect");
        }

        throw ApiException.Failed($"download failed: more than {MostRedirects} redirects");
    }

    private async Task CopyAsync(Stream content, FileStream target, long? total, Action<string> log, CancellationToken cancellation)
    {
        var buffer = new byte[BufferSize];
        var told = total is > 0 ? target.Length * 100 / total.Value : 0;
        while (true)
        {
            int read;
            using (var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                soon.CancelAfter(limits.Stalled);
                try
                {
                    read = await content.ReadAsync(buffer, soon.Token);
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    throw new TimeoutException("nothing arrives any more");
                }
            }

            if (read == 0)
            {
                break;
            }

            Require(target.Length + read, null, 0);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
            if (total is > 0 && target.Length * 100 / total.Value is var percent && percent > told)
            {
                told = percent;
                log(string.Create(CultureInfo.InvariantCulture, $"{target.Length >> 10,8}K .......... .......... {percent,3}%"));
            }
        }

        if (target.Length < total)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"the connection ended after {target.Length} of {total} bytes"));
        }
    }

    private void Require(long? bytes, string? file, long have)
    {
        if (bytes > limits.MostBytes)
        {
            throw ApiException.Failed(string.Create(CultureInfo.InvariantCulture, $"download failed: the file has {(file is null ? "more than " : "")}{(file is null ? limits.MostBytes : bytes)} bytes, and the sandbox node takes {limits.MostBytes}"));
        }

        if (file is not null && bytes is { } needed && new DriveInfo(Path.GetFullPath(file)).AvailableFreeSpace is var free && free < needed - have)
        {
            throw ApiException.Failed(string.Create(CultureInfo.InvariantCulture, $"download failed: No space left on device ({needed - have} bytes to come, {free} free)"));
        }
    }

    private static void RequireHttps(Uri url, string what)
    {
        if (url.Scheme != Uri.UriSchemeHttps)
        {
            throw ApiException.Failed($"download failed: {what} {url} is not https");
        }
    }

    private static long Length(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    // "The SSL connection could not be established, see inner exception."
    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message.TrimEnd('.');
}
