using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foundation;
using Records;
using Templates;

namespace Build.Stages;

/// <summary>The unattended files for a record: what a reviewer can read, and the hash of what was really served.</summary>
internal static class UnattendedEvidence
{
    /// <summary>Masks what is secret in the files.</summary>
    /// <param name="assets">The files as the installer got them.</param>
    /// <param name="folder">The workspace's folder that they lay in.</param>
    /// <param name="secrets">The run's secrets.</param>
    public static IReadOnlyList<UnattendedContent> Of(IReadOnlyList<RenderedAsset> assets, string folder, SecretSet secrets) =>
    [
        .. assets.Select(asset =>
        {
            var served = asset.Bytes;
            var (text, count) = SecretValues.Mask(secrets.MaskIn(asset.Text));
            var content = Encoding.UTF8.GetBytes(text);
            var masked = count + Count(secrets.MaskIn(asset.Text)) - Count(asset.Text);
            return new UnattendedContent(
                $"{folder}/{asset.Target}", content, Convert.ToHexStringLower(SHA256.HashData(served)),
                content.AsSpan().SequenceEqual(served) ? null : string.Create(CultureInfo.InvariantCulture, $"masked as {SecretSet.Mask} in {Math.Max(masked, 1)} place{(masked > 1 ? "s" : "")}"));
        }),
    ];

    private static int Count(string text) => text.Split(SecretSet.Mask).Length - 1;
}
