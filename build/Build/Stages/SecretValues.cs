using System.Text.RegularExpressions;
using Foundation;

namespace Build.Stages;

/// <summary>
/// Masks what looks like a secret in an unattended file though nobody said that it is one: the values of settings whose
/// names say so (<c>password</c>, <c>token</c>, <c>secret</c>, <c>passphrase</c>, an API or private key), password
/// hashes of crypt(3), and what <c>rootpw</c> and <c>--password=</c> of a kickstart give. A public key is none.
/// </summary>
internal static partial class SecretValues
{
    /// <summary>The text with these masked, and in how many places.</summary>
    public static (string Text, int Count) Mask(string text)
    {
        var count = 0;
        string Replaced(Match match)
        {
            var value = match.Groups["value"];
            if (value.Value.Trim('"', '\'') is "" or SecretSet.Mask or "*" or "!" or "true" or "false" or "null" or "{" or "[" or "|" or ">")
            {
                return match.Value;
            }

            count++;
            var start = value.Index - match.Index;
            return match.Value[..start] + SecretSet.Mask + match.Value[(start + value.Length)..];
        }

        foreach (var pattern in (Regex[])[Element(), Setting(), Option(), RootPassword(), Crypt()])
        {
            text = pattern.Replace(text, Replaced);
        }

        return (text, count);
    }

    // <Password><Value>…</Value>, <AdministratorPassword>…
    [GeneratedRegex(@"<(?:[A-Za-z]*(?:Password|Passphrase|Secret|Token|ApiKey|ProductKey))>\s*(?:<(?:Value|Key)>)?(?<value>[^<]+)<", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Element();

    // password: …, "token": "…", api_key = …
    [GeneratedRegex(@"(?<![A-Za-z-])[""']?[A-Za-z_.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key)(?<!nopasswd)[""']?[ \t]*[:=][ \t]*(?<value>""[^""\n]*""|'[^'\n]*'|[^\s#,}]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Setting();

    // --password=…, --passphrase=…, also without the sign
    [GeneratedRegex(@"--(?:password|passphrase|activation-?key|token)[ =](?<value>""[^""\n]*""|'[^'\n]*'|\S+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Option();

    [GeneratedRegex(@"^[ \t]*rootpw(?:[ \t]+--\S+)*[ \t]+(?<value>[^\s-]\S*)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex RootPassword();

    [GeneratedRegex(@"(?<value>\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9$=,]{10,})", RegexOptions.CultureInvariant)]
    private static partial Regex Crypt();
}
