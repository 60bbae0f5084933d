using System.Security.Cryptography;
using System.Text;
using Build.Stages;
using Foundation;
using Templates;

namespace Build.Tests;

/// <summary>The unattended files in records: nothing secret, and all else as it was served.</summary>
public sealed class UnattendedEvidenceTests
{
    [TestCase("rootpw hunter22", "rootpw ***")]
    [TestCase("rootpw --iscrypted $6$abc$defghijklmnop", "rootpw --iscrypted ***")]
    [TestCase("rootpw --plaintext \"hunter22\"", "rootpw --plaintext ***")]
    [TestCase("user --name=ops --password=hunter22 --plaintext", "user --name=ops --password=*** --plaintext")]
    [TestCase("part / --encrypted --passphrase=hunter22", "part / --encrypted --passphrase=***")]
    [TestCase("rhsm --organization=1 --activation-key=abcdef", "rhsm --organization=1 --activation-key=***")]
    [TestCase("    password: \"$6$rounds=4096$abc$defghijklmnop\"", "    password: ***")]
    [TestCase("proxy_password = 'a b'", "proxy_password = ***")]
    [TestCase("{\"token\": \"abc\", \"name\": \"x\"}", "{\"token\": ***, \"name\": \"x\"}")]
    [TestCase("api_key: abc", "api_key: ***")]
    [TestCase("<AdministratorPassword><Value>aGk=</Value><PlainText>false</PlainText></AdministratorPassword>", "<AdministratorPassword><Value>***</Value><PlainText>false</PlainText></AdministratorPassword>")]
    [TestCase("<ProductKey><Key>AAAAA-BBBBB</Key></ProductKey>", "<ProductKey><Key>***</Key></ProductKey>")]
    [TestCase("echo 'x:$y$j9T$abcdefghijk$lmnop' | chpasswd -e", "echo 'x:***' | chpasswd -e")]
    public void What_looks_like_a_secret_is_masked(string text, string masked) => Assert.That(SecretValues.Mask(text), Is.EqualTo((masked, 1)));

    [TestCase("echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/90-build")]
    [TestCase("        sudo: ALL=(ALL) NOPASSWD:ALL")]
    [TestCase("rootpw --lock")]
    [TestCase("sshkey --username=ops \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ops\"")]
    [TestCase("ssh_pwauth: false")]
    [TestCase("lock_passwd: true")]
    [TestCase("password: ''")]
    [TestCase("authorized-keys: [\"ssh-ed25519 AAAA\"]")]
    [TestCase("<PlainText>true</PlainText>")]
    [TestCase("# The password is random")]
    [TestCase("passwordless sudo: yes")]
    public void What_is_none_stays(string text) => Assert.That(SecretValues.Mask(text), Is.EqualTo((text, 0)));

    [Test]
    public void The_run_s_own_secrets_are_masked_and_the_hash_is_of_what_was_served()
    {
        var secrets = new SecretSet();
        secrets.Add("hunter2222");
        RenderedAsset[] assets = [new("user-data", "a: hunter2222\nb: hunter2222\n", "text", "os/x", true), new("meta-data", "instance-id: x\n", "text", "os/y", false)];
        var files = UnattendedEvidence.Of(assets, "http", secrets);
        Assert.That(files.Select(f => (f.Path, Encoding.UTF8.GetString(f.Content), f.ServedSha256, f.Difference)), Is.EqualTo(new[]
        {
            ("http/user-data", "a: ***\nb: ***\n", Hash(assets[0].Text), "masked as *** in 2 places"),
            ("http/meta-data", "instance-id: x\n", Hash(assets[1].Text), null),
        }));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
