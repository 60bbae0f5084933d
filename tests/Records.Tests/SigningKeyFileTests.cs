using System.Security.Cryptography;
using Foundation;
using Records.Signing;

namespace Records.Tests;

/// <summary>How the signing key is named and kept; <see cref="SigningTests"/> has what it signs.</summary>
public sealed class SigningKeyFileTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("key-test-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestCase(null)]
    [TestCase("")]
    [TestCase("  ")]
    public void Our_own_key_is_made_in_a_folder_that_need_not_exist(string? requested)
    {
        var root = Path.Combine(folder, "runtime", "root");
        using var signer = SigningKeyFile.Open(requested, root);
        Assert.That(Directory.GetFiles(root).Select(f => Path.GetFileName(f)), Is.EqualTo(new[] { SigningKeyFile.FileName }));
        Assert.That(signer.Name, Is.EqualTo(RecordSigner.PrincipalName($"{Environment.UserName}@{Environment.MachineName}")));
        using var renamed = SigningKeyFile.Open(requested, root, "boss@example.net");
        Assert.That(renamed.Name, Is.EqualTo("boss@example.net"));
        Assert.That(renamed.PublicKey, Is.EqualTo(signer.PublicKey));
    }

    [Test]
    public void Our_own_key_without_a_comment_signs_as_user_and_host()
    {
        File.WriteAllText(Path.Combine(folder, SigningKeyFile.FileName), OpenSshPrivateKey.NewEd25519("").Text);
        using var signer = SigningKeyFile.Open(null, folder);
        Assert.That(signer.Name, Is.EqualTo(RecordSigner.PrincipalName($"{Environment.UserName}@{Environment.MachineName}")));
    }

    [Test]
    public void Runs_that_start_at_once_have_one_key()
    {
        // Many rounds, each from a common start: the moment in which two runs can pass each other is short.
        for (var round = 0; round < 50; round++)
        {
            var root = Path.Combine(folder, $"{round}");
            var keys = new string[4];
            using var start = new Barrier(keys.Length);
            var runs = Enumerable.Range(0, keys.Length).Select(i => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                using var signer = SigningKeyFile.Open(null, root);
                keys[i] = signer.Fingerprint;
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            Task.WaitAll([.. runs]);
            using var kept = SigningKeyFile.Open(null, root);
            Assert.That(keys, Is.All.EqualTo(kept.Fingerprint));
            Assert.That(Directory.GetFiles(root), Has.Length.EqualTo(1), "nothing is left beside it");
        }
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Our_own_key_that_cannot_be_used_is_named_with_what_to_do()
    {
        var path = Path.Combine(folder, SigningKeyFile.FileName);
        const string remedy = " Delete the file to have a new one made, or name one with --signing-key.";
        Shell.Run($"ssh-keygen -q -t ed25519 -N secret -f {SigningKeyFile.FileName}", folder);
        Assert.That(Refusal(null), Is.EqualTo($"The signing key {path} cannot be used: it has a passphrase." + remedy));
        File.WriteAllText(path, "nothing");
        Assert.That(Refusal(null), Is.EqualTo($"The signing key {path} cannot be used: it is not a private key in OpenSSH's format." + remedy));
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.That(Refusal(null), Does.StartWith($"The signing key {path} cannot be used: ").And.EndsWith(remedy));
        Directory.Delete(path);
    }

    [Test]
    public void The_text_of_a_key_may_stand_in_for_its_file_and_is_never_shown()
    {
        var (text, seed) = OpenSshPrivateKey.NewEd25519("someone@example.net");
        using (var signer = SigningKeyFile.Open("\n" + text, folder))
        using (var same = new Ed25519SigningKey(seed))
        {
            Assert.That(signer.PublicKey, Is.EqualTo(same.PublicKey));
        }

        var cut = text[..60];
        Assert.That(Refusal(cut), Is.EqualTo("The signing key in RECORD_SIGNING_KEY cannot be used: the key is cut off. Name an Ed25519, ECDSA or RSA private key in OpenSSH's format."));
        Assert.That(Refusal("ssh-ed25519"), Does.StartWith("The signing key ssh-ed25519 cannot be used: "), "a file may be named like that");
        Assert.That(Refusal("x ssh-ed25519 AAAA"), Does.StartWith("The signing key x ssh-ed25519 AAAA cannot be used: "));
        Assert.That(Refusal("ecdsa-sha2-nistp256"), Does.StartWith("The signing key ecdsa-sha2-nistp256 cannot be used: "));
    }

    [Test]
    public void A_file_as_large_as_the_limit_is_read_and_a_folder_is_none()
    {
        var path = Path.Combine(folder, "key");
        File.WriteAllText(path, OpenSshPrivateKey.NewEd25519("someone@example.net").Text.PadRight(64 * 1024));
        using (var signer = SigningKeyFile.Open(path, folder))
        {
            Assert.That(signer.Name, Is.EqualTo("someone@example.net"));
        }

        File.AppendAllText(path, " ");
        Assert.That(Refusal(path), Is.EqualTo($"The signing key {path} cannot be used: the file is too large for a key."));
        Assert.That(Refusal(folder), Does.StartWith($"The signing key {folder} cannot be used: ").And.EndsWith("Correct --signing-key or RECORD_SIGNING_KEY."));
        Assert.That(Refusal("a\0b"), Does.EndWith("Correct --signing-key or RECORD_SIGNING_KEY."));
    }

    [TestCase("nistP256", true)]
    [TestCase("nistP384", true)]
    [TestCase("nistP521", true)]
    [TestCase("brainpoolP256r1", false)]
    public void Curves_of_pem_files(string curve, bool supported)
    {
        using var ecdsa = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        var pem = ecdsa.ExportECPrivateKeyPem();
        if (!supported)
        {
            Assert.That(Refusal(pem), Does.Contain("it is not a private key in OpenSSH's format"), "its size alone is that of another curve");
            return;
        }

        using var signer = SigningKeyFile.Open(pem, folder, "someone@example.net");
        var point = ecdsa.ExportParameters(false).Q;
        var name = curve.ToLowerInvariant();
        Assert.That(signer.PublicKey, Is.EqualTo(new SshWriter().String($"ecdsa-sha2-{name}").String(name).String([4, .. point.X!, .. point.Y!]).ToArray()));
    }

    private string Refusal(string? requested)
    {
        var failure = Assert.Throws<FailureException>(() => SigningKeyFile.Open(requested, folder))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        return failure.Message;
    }
}
