using System.Text;

namespace Foundation.Masking;

/// <summary>
/// The forms of a secret that are searched: the text itself and its base64 (both alphabets, from UTF-8 and from
/// UTF-16LE as PowerShell's <c>-EncodedCommand</c> has it), each in any escaping; and its bytes in UTF-16LE.
/// </summary>
internal static class SecretForms
{
    /// <summary>The patterns of one secret.</summary>
    public static IEnumerable<ISecretPattern> Of(string secret)
    {
        var wide = Encoding.Unicode.GetBytes(secret);
        IEnumerable<string> texts = [secret, .. InBase64(Encoding.UTF8.GetBytes(secret)), .. InBase64(wide)];
        return texts.Distinct().Select(t => (ISecretPattern)new SecretText(t)).Append(new SecretBytes(wide));
    }

    /// <summary>
    /// The characters that a run of bytes determines wholly inside longer base64, for each of the three places at
    /// which it may begin in a group. The characters at either edge carry bits of the neighbours as well: they are
    /// not the secret's own and stay, which leaves at most four bits at each edge.
    /// </summary>
    private static IEnumerable<string> InBase64(byte[] bytes)
    {
        for (var before = 0; before < 3; before++)
        {
            var encoded = Convert.ToBase64String([.. new byte[before], .. bytes]);
            var first = ((8 * before) + 5) / 6;
            var behind = 8 * (before + bytes.Length) / 6;
            var own = encoded[first..behind];
            yield return own;
            yield return own.Replace('+', '-').Replace('/', '_');
        }
    }
}
