using System.Text;
using Records.Verification;

namespace Records.Tests;

/// <summary>The one spelling of <c>SHA256SUMS</c> that is accepted.</summary>
public sealed class ChecksumListTests
{
    private static readonly string A = new('a', 64);

    [Test]
    public void What_sha256sum_writes_is_read() =>
        Assert.That(ChecksumList.Parse(Bytes($"{A}  README.md\n{A}  a\n{A}  a_b-c.json\n"))!.Keys, Is.EqualTo(new[] { "README.md", "a", "a_b-c.json" }));

    [Test]
    public void Every_other_spelling_is_refused()
    {
        string[] wrong =
        [
            "", "\n", $"{A}  a", $"{A}  a\n\n", $"{A}  a\r\n", $"{A} *a\n", $"{A} a\n", $"{A}   a\n", $"{A}  \n", $"{A}\n", $"{A[1..]}  a\n", $"{A}a  a\n",
            $"{A[1..]}A  a\n", $"{A[1..]}g  a\n", $"{A}  b\n{A}  a\n", $"{A}  a\n{A}  a\n", $"{A}  .a\n", $"{A}  a/b\n", $"{A}  ../a\n", $"{A}  a b\n", $"{A}  a\\b\n",
            $"{A}  SHA256SUMS\n", $"{A}  SHA256SUMS.sig\n", $"\uFEFF{A}  a\n", $"{A}\t a\n", $"{A} \ta\n",
        ];
        Assert.Multiple(() =>
        {
            foreach (var text in wrong)
            {
                Assert.That(ChecksumList.Parse(Bytes(text)), Is.Null, text);
            }

            Assert.That(ChecksumList.Parse([.. Bytes($"{A}  a"), 0xff, (byte)'\n']), Is.Null, "no UTF-8");
        });
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
