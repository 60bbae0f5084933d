using Foundation;
using Newtonsoft.Json;

namespace Templates;

/// <summary>
/// The installation media that their makers publish, from <c>infra/packer/media.json</c>: what the sandbox node finds on
/// the internet. It is a second pin beside a template's own, so that a mistyped URL or checksum shows before a cluster
/// has downloaded gigabytes.
/// </summary>
public static class PublishedMedia
{
    /// <summary>The file, from the folder <c>infra/packer</c>.</summary>
    public const string FileName = "media.json";

    /// <summary>Reads the list.</summary>
    /// <param name="root">The folder <c>infra/packer</c>.</param>
    /// <exception cref="FailureException">Validation: the file is missing or cannot be read as a list of media.</exception>
    public static IReadOnlyList<IsoImage> Read(string root)
    {
        var path = Path.Combine(root, FileName);
        try
        {
            var content = JsonConvert.DeserializeObject<Content>(File.ReadAllText(path), new JsonSerializerSettings { MaxDepth = 8 });
            var media = content?.Media ?? throw new JsonException("it has no list 'media'");
            return media.All(m => m is { File.Length: > 0, Urls.Count: > 0, Sha256.Length: 64 } && m.Urls.All(u => Uri.TryCreate(u, UriKind.Absolute, out _)))
                ? [.. media.Select(m => new IsoImage { File = m!.File!, Urls = m.Urls!, Sha256 = m.Sha256! })]
                : throw new JsonException("each medium needs 'file', 'urls' (absolute ones) and 'sha256' (64 hexadecimal digits)");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FailureException(
                FailureKind.Validation, $"The list of published media {path} cannot be read", error.Message, "Restore it from version control", cause: error);
        }
    }

    private sealed record Content(IReadOnlyList<Medium?>? Media);

    private sealed record Medium(string? File, IReadOnlyList<string>? Urls, string? Sha256);
}
