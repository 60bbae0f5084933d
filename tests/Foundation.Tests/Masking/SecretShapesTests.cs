using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace Foundation.Tests.Masking;

public sealed class SecretShapesTests
{
    private static readonly string Signature = Convert.ToBase64String(Enumerable.Range(0, 256).Select(i => (byte)(i * 37)).ToArray());

    [TestCase("PVE:root@pam:66F1A2B3::", "")]
    [TestCase("PVE:packer@pve:66F1A2B3::", "\",\"next\":1")]
    [TestCase("PVEVNC:66F1A2B3::", "")]
    public void A_ticket_is_masked_whole(string head, string tail)
    {
        var user = head.StartsWith("PVEVNC", StringComparison.Ordinal) ? head.Replace("PVEVNC:", "PVEVNC:root@pam:", StringComparison.Ordinal) : head;
        ForAllReads($"Cookie: PVEAuthCookie={user}{Signature}{tail}\n", $"Cookie: PVEAuthCookie=***{tail}\n");
    }

    [Test]
    public void A_ticket_is_masked_when_it_is_url_encoded() =>
        ForAllReads($"a {Uri.EscapeDataString("PVE:root@pam:66F1A2B3::" + Signature)}; b", "a ***; b");

    [TestCase("CSRFPreventionToken: {0}\r\n", "CSRFPreventionToken: ***\r\n")]
    [TestCase("{{\"CSRFPreventionToken\":\"{0}\",\"x\":1}}", "{{\"CSRFPreventionToken\":\"***\",\"x\":1}}")]
    [TestCase("Csrfpreventiontoken:[{0}]", "Csrfpreventiontoken:[***]")]
    public void The_value_of_a_csrf_token_is_masked(string text, string expected) =>
        ForAllReads(
            string.Format(null, text, "4EEC61E2:lwk7od06fa1+DcPUwBTXCcndyAYlwk7od06fa1+DcPU"), string.Format(null, expected));

    [Test]
    public void A_private_key_is_masked_from_begin_to_end()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportECPrivateKeyPem();
        ForAllReads($"before\n{pem}\nafter\n", "before\n***\nafter\n");
        ForAllReads($"{{\"key\":\"{pem.Replace("\n", "\\n", StringComparison.Ordinal)}\"}}", "{\"key\":\"***\"}");
        ForAllReads("    null.x: " + pem.Replace("\n", "\n    null.x: ", StringComparison.Ordinal) + "\n", "    null.x: ***\n");
    }

    [Test]
    public void A_private_key_without_an_end_is_masked_as_far_as_it_looks_like_one() =>
        ForAllReads("-----BEGIN RSA PRIVATE KEY-----\nMIIEabc/+=\nMIIE\n[done]", "***[done]");

    [TestCase("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n")]
    [TestCase("-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----\n")]
    [TestCase("----------------------------------------------------------------\n")]
    [TestCase("PVE:root@pam and PVE: nothing, PVEVM")]
    [TestCase("the CSRFPreventionToken header is missing")]
    public void What_only_resembles_a_secret_stays(string text) => ForAllReads(text, text);

    private static void ForAllReads(string text, string expected) =>
        Gen.Int[1, 70].Array[1, 8].Sample(
            reads => Assert.That(Encoding.UTF8.GetString(MaskingBufferTests.Masked([], Encoding.UTF8.GetBytes(text), reads)), Is.EqualTo(expected)),
            iter: 100);
}
