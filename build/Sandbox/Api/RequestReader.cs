using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Sandbox.Api;

/// <summary>Reads a call's parameters from where clients put them: query, form, JSON object or multipart form.</summary>
internal static class RequestReader
{
    private const int MostFormBytes = 4 << 20;

    /// <summary>
    /// Adds the parameters of the query and the body. The file of a multipart form is written into
    /// <paramref name="folder"/> as it arrives and never kept in memory.
    /// </summary>
    /// <exception cref="ApiException">The body cannot be read.</exception>
    public static async Task<UploadedFile?> ReadAsync(HttpRequest request, IDictionary<string, string> into, string folder)
    {
        foreach (var (name, values) in request.Query)
        {
            into[name] = string.Join('\0', values.ToArray());
        }

        if (request.ContentLength is 0 or null && !request.Headers.ContainsKey("Transfer-Encoding"))
        {
            return null;
        }

        var type = request.ContentType ?? "application/x-www-form-urlencoded";
        if (type.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return await ReadMultipartAsync(request, into, folder);
        }

        if (request.ContentLength > MostFormBytes)
        {
            throw new ApiException(413, "for data too large");
        }

        if (type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            await ReadJsonAsync(request, into);
        }
        else
        {
            using var reader = new FormReader(request.Body) { KeyLengthLimit = 2048, ValueLengthLimit = MostFormBytes };
            foreach (var (name, values) in await reader.ReadFormAsync(request.HttpContext.RequestAborted))
            {
                into[name] = string.Join('\0', values.ToArray());
            }
        }

        return null;
    }

    private static async Task ReadJsonAsync(HttpRequest request, IDictionary<string, string> into)
    {
        try
        {
            using var json = await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
            foreach (var property in json.RootElement.EnumerateObject())
            {
                into[property.Name] = property.Value.ValueKind == JsonValueKind.Array
                    ? string.Join('\0', property.Value.EnumerateArray().Select(Scalar))
                    : Scalar(property.Value);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ApiException(400, "malformed JSON string");
        }
    }

    private static string Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "1",
        JsonValueKind.False => "0",
        _ => value.GetRawText(),
    };

    private static async Task<UploadedFile?> ReadMultipartAsync(HttpRequest request, IDictionary<string, string> into, string folder)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var media) ? HeaderUtilities.RemoveQuotes(media.Boundary).Value : null;
        if (string.IsNullOrEmpty(boundary))
        {
            throw new ApiException(400, "multipart form without a boundary");
        }

        var cancellation = request.HttpContext.RequestAborted;
        var reader = new MultipartReader(boundary, request.Body, 64 * 1024);
        UploadedFile? file = null;
        while (await reader.ReadNextSectionAsync(cancellation) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
            {
                continue;
            }

            var name = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
            var fileName = HeaderUtilities.RemoveQuotes(disposition.FileName).Value;
            if (fileName is null)
            {
                into[name] = await section.ReadAsStringAsync(cancellation);
            }
            else if (file is null)
            {
                Directory.CreateDirectory(folder);
                var path = Path.Combine(folder, "pveupload-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
                await using (var to = File.Create(path))
                {
                    await section.Body.CopyToAsync(to, 1 << 20, cancellation);
                    file = new UploadedFile(path, fileName, to.Length);
                }

                // The server itself sets these two; a client that sends the file as "filename" means its name.
                into.TryAdd("filename", fileName);
            }
        }

        return file;
    }
}
