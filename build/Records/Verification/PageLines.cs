using System.Collections;
using System.Text;

namespace Records.Verification;

/// <summary>
/// The lines of a page, what is between its line feeds, one at a time and each time anew: the page of many records as a
/// list of lines takes several times its own size.
/// </summary>
/// <param name="content">The page; what in it is not UTF-8 becomes U+FFFD.</param>
internal sealed class PageLines(byte[] content) : IEnumerable<string>
{
    public IEnumerator<string> GetEnumerator()
    {
        var start = 0;
        for (int length; (length = content.AsSpan(start).IndexOf((byte)'\n')) >= 0; start += length + 1)
        {
            yield return Encoding.UTF8.GetString(content, start, length);
        }

        yield return Encoding.UTF8.GetString(content, start, content.Length - start);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
