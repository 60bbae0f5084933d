using System.Diagnostics;
using Foundation;
using Records.Signing;
using Records.Verification;

namespace Records.Tests;

/// <summary>Against the real <c>ssh-keygen</c> and <c>ssh-agent</c>.</summary>
[Platform(Exclude = "Win")]
public sealed class SigningTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("signing-test-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestCase("ed25519", "")]
    [TestCase("rsa", "-b 3072")]
    [TestCase("rsa", "-b 2048 -m PEM")]
    [TestCase("ecdsa", "-b 256")]
    [TestCase("ecdsa", "-b 384")]
    [TestCase("ecdsa", "-b 521")]
    [TestCase("ecdsa", "-b 256 -m PEM")]
    public void Keys_of_ssh_keygen_sign_what_ssh_keygen_and_we_accept(string type, string options)
    {
        Run($"ssh-keygen -q -t {type} {options} -N '' -C someone@example.net -f key");
        using var signer = SigningKeyFile.Open(Path.Combine(folder, "key"), folder, "someone@example.net");
        for (var i = 0; i < 2; i++)
        {
            Check(signer, $"message {i}\n");
        }
    }

    [Test]
    public void Our_own_key_is_one_that_ssh_keygen_reads_and_stays_the_same()
    {
        using var signer = SigningKeyFile.Open(null, folder, "someone@example.net");
        using var again = SigningKeyFile.Open("", folder);
        Assert.That(again.Fingerprint, Is.EqualTo(signer.Fingerprint));
        Assert.That(again.Name, Is.EqualTo("someone@example.net"));
        Assert.That(Run($"ssh-keygen -l -f {SigningKeyFile.FileName}"), Does.Contain(signer.Fingerprint));
        Assert.That(Run($"stat -c %a {SigningKeyFile.FileName}").Trim(), Is.EqualTo("600"));
        Check(signer, "message");
    }

    [TestCase("ed25519")]
    [TestCase("rsa")]
    public void A_key_in_an_agent_signs_by_its_public_half(string type)
    {
        Run($"ssh-keygen -q -t {type} -N '' -C someone@example.net -f key");
        using var agent = Process.Start(new ProcessStartInfo("ssh-agent", ["-D", "-a", Path.Combine(folder, "agent")]) { RedirectStandardOutput = true })!;
        try
        {
            Run("for i in $(seq 100); do [ -S agent ] && break; sleep 0.05; done; SSH_AUTH_SOCK=$PWD/agent ssh-add -q key && rm key");
            using var signer = SigningKeyFile.Open(Path.Combine(folder, "key.pub"), folder, agentSocket: Path.Combine(folder, "agent"));
            Assert.That(signer.Name, Is.EqualTo("someone@example.net"));
            Check(signer, "message");
            var text = File.ReadAllText(Path.Combine(folder, "key.pub"));
            using var byText = SigningKeyFile.Open(text, folder, agentSocket: Path.Combine(folder, "agent"));
            Assert.That(byText.Fingerprint, Is.EqualTo(signer.Fingerprint));
        }
        finally
        {
            agent.Kill();
            agent.WaitForExit();
        }
    }

    [TestCase("missing", "")]
    [TestCase("key", "ssh-keygen -q -t ed25519 -N secret -f key && rm key.pub")]
    [TestCase("key", "echo nothing > key")]
    [TestCase("key.pub", "ssh-keygen -q -t ed25519 -N '' -f key")]
    [TestCase("key", "ssh-keygen -q -t rsa -b 1024 -N '' -f key")]
    public void A_key_that_cannot_be_used_is_a_usage_error_that_names_it(string name, string prepare)
    {
        Run(prepare);
        var failure = Assert.Throws<FailureException>(() => SigningKeyFile.Open(Path.Combine(folder, name), folder, agentSocket: Path.Combine(folder, "none")));
        Assert.That(failure!.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(name));
    }

    [Test]
    public void What_is_wrong_with_a_key_is_said_with_what_to_do()
    {
        Run("ssh-keygen -q -t ed25519 -N secret -f locked && cp locked alone && ssh-keygen -q -t ed25519 -N '' -f key && echo nothing > no-key && head -c 70000 /dev/zero > large && ssh-keygen -q -t rsa -b 1024 -N '' -f short && head -3 key > cut");
        Assert.Multiple(() =>
        {
            Assert.That(Refusal("alone"), Is.EqualTo("The signing key alone cannot be used: it has a passphrase. Add it to your ssh-agent and name its .pub file"));
            Assert.That(Refusal("locked"), Does.StartWith("The signing key locked cannot be used: ").And.EndsWith("Start an ssh-agent, add the key with ssh-add and run again"));
            Assert.That(Refusal("no-key"), Is.EqualTo("The signing key no-key cannot be used: it is not a private key in OpenSSH's format. Name an Ed25519, ECDSA or RSA private key in OpenSSH's format"));
            Assert.That(Refusal("cut"), Does.Contain("the key is cut off"));
            Assert.That(Refusal("large"), Is.EqualTo("The signing key large cannot be used: the file is too large for a key"));
            Assert.That(Refusal("missing"), Does.StartWith("The signing key missing cannot be used: ").And.EndsWith("Correct --signing-key or RECORD_SIGNING_KEY"));
            Assert.That(Refusal("short"), Is.EqualTo("The signing key short cannot be used: it is an RSA key of 1024 bits, which is too few. Name an Ed25519, ECDSA (NIST curve) or RSA key of at least 2048 bits"));
        });
        File.WriteAllText(Path.Combine(folder, SigningKeyFile.FileName), "nothing");
        Assert.That(Assert.Throws<FailureException>(() => SigningKeyFile.Open(null, folder))!.Message, Does.EndWith("Delete the file to have a new one made, or name one with --signing-key."));
    }

    [Test]
    public void The_signer_is_named_by_the_option_the_comment_or_user_and_host()
    {
        Run("ssh-keygen -q -t ed25519 -N '' -C 'someone@example.net' -f commented && ssh-keygen -q -t ed25519 -N '' -C '' -f bare");
        var own = RecordSigner.PrincipalName($"{Environment.UserName}@{Environment.MachineName}");
        foreach (var (key, asked, name) in new[] { ("commented", "boss@example.net", "boss@example.net"), ("commented", null, "someone@example.net"), ("bare", null, own), (null, "boss@example.net", "boss@example.net") })
        {
            using var signer = SigningKeyFile.Open(key is null ? null : Path.Combine(folder, key), folder, asked);
            Assert.That(signer.Name, Is.EqualTo(name));
        }

        using var byText = SigningKeyFile.Open(File.ReadAllText(Path.Combine(folder, "commented")), folder);
        Assert.That(byText.Name, Is.EqualTo("someone@example.net"));
        Assert.That(Directory.GetFiles(folder, "*.tmp"), Is.Empty);
    }

    [TestCase(" a b,c\"d*? ", "a-b-c-d")]
    [TestCase("o'neil+x@example.net", "o-neil+x@example.net")]
    [TestCase("---", "builder")]
    [TestCase("", "builder")]
    public void A_name_is_one_that_allowed_signers_and_a_shell_take(string name, string expected) => Assert.That(RecordSigner.PrincipalName(name), Is.EqualTo(expected));

    private string Refusal(string key)
    {
        var failure = Assert.Throws<FailureException>(() => SigningKeyFile.Open(Path.Combine(folder, key), folder, agentSocket: Path.Combine(folder, "none")))!;
        return failure.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).TrimEnd('.');
    }

    [Test]
    public void Signatures_of_ssh_keygen_itself_are_accepted_and_those_for_another_purpose_are_not()
    {
        Run("ssh-keygen -q -t ed25519 -N '' -f key; echo hello > m; ssh-keygen -q -Y sign -f key -n packer-build-record m");
        var message = File.ReadAllBytes(Path.Combine(folder, "m"));
        Assert.That(SignatureCheck.Signer(File.ReadAllBytes(Path.Combine(folder, "m.sig")), message, "packer-build-record"), Is.Not.Null);
        Assert.That(SignatureCheck.Signer(File.ReadAllBytes(Path.Combine(folder, "m.sig")), [.. message, 10], "packer-build-record"), Is.Null);
        Run("rm m.sig; ssh-keygen -q -Y sign -f key -n git m");
        Assert.That(SignatureCheck.Signer(File.ReadAllBytes(Path.Combine(folder, "m.sig")), message, "packer-build-record"), Is.Null);
    }

    [TestCase("{0} namespaces=\"packer-build-record\" {1}", true)]
    [TestCase("{0} {1} a comment", true)]
    [TestCase("other,{0} valid-before=\"20300101Z\",namespaces=\"git,packer-build-record\" {1}", true)]
    [TestCase("{0} namespaces=\"git\" {1}", false)]
    [TestCase("{0} cert-authority {1}", false)]
    [TestCase("{0} valid-before=\"20200101Z\" {1}", false)]
    [TestCase("{0} valid-after=\"20300101Z\" {1}", false)]
    [TestCase("# {0} {1}", false)]
    [TestCase("{0}", false)]
    public void Allowed_signers_are_read_as_ssh_keygen_reads_them(string line, bool allowed)
    {
        using var signer = SigningKeyFile.Open(null, folder, "someone@example.net");
        var key = string.Join(' ', signer.AllowedSignersLine.Split(' ')[2..]);
        File.WriteAllText(Path.Combine(folder, "signers"), string.Format(null, line, signer.Name, key) + "\n");
        var names = SignersList.Load(Path.Combine(folder, "signers"), RecordSigner.Namespace).NamesOf(signer.PublicKey, TestRecords.Start.Moment);
        Assert.That(names.Contains(signer.Name), Is.EqualTo(allowed));
    }

    private void Check(RecordSigner signer, string message)
    {
        File.WriteAllText(Path.Combine(folder, "message"), message);
        File.WriteAllText(Path.Combine(folder, "message.sig"), signer.Sign(File.ReadAllBytes(Path.Combine(folder, "message"))));
        File.WriteAllText(Path.Combine(folder, "signers"), signer.AllowedSignersLine + "\n");
        Run($"ssh-keygen -Y verify -f signers -I {signer.Name} -n packer-build-record -s message.sig < message");
        var key = SignatureCheck.Signer(File.ReadAllBytes(Path.Combine(folder, "message.sig")), File.ReadAllBytes(Path.Combine(folder, "message")), "packer-build-record");
        Assert.That(key, Is.EqualTo(signer.PublicKey));
    }

    private string Run(string command)
    {
        var (code, output) = Shell.Run(command, folder);
        Assert.That(code, Is.Zero, $"{command}: {output}");
        return output;
    }
}
