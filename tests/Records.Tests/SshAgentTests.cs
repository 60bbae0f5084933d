using System.Net.Sockets;
using Foundation;
using Records.Signing;

namespace Records.Tests;

/// <summary>Against agents that answer what no ssh-agent should; <see cref="SigningTests"/> has the real one.</summary>
[Platform(Exclude = "Win")]
public sealed class SshAgentTests
{
    private static readonly byte[] Key = new SshWriter().String("ssh-ed25519").String(new byte[32]).ToArray();
    private static readonly byte[] OtherKey = new SshWriter().String("ssh-ed25519").String([.. new byte[31], 1]).ToArray();
    private string folder = "";

    private string SocketPath => Path.Combine(folder, "agent");

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("agent-test-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void The_keys_are_listed_with_their_comments()
    {
        using var agent = new Agent(SocketPath, Framed(Identities((OtherKey, "other"), (Key, "someone"))));
        var keys = SshAgent.Identities(SocketPath);
        Assert.That(keys.Select(k => k.Comment), Is.EqualTo(new[] { "other", "someone" }));
        Assert.That(keys.Select(k => k.PublicKey), Is.EqualTo(new[] { OtherKey, Key }));
        Assert.That(agent.Request, Is.EqualTo(new byte[] { 0, 0, 0, 1, 11 }));
    }

    [TestCase("ssh-ed25519", 0u)]
    [TestCase("ssh-rsa", 4u)]
    public void A_signature_is_asked_for_with_the_hash_that_the_key_needs(string type, uint flags)
    {
        var key = new SshWriter().String(type).ToArray();
        using var agent = new Agent(SocketPath, Framed(new SshWriter().Byte(14).String("the signature").ToArray()));
        Assert.That(new AgentSigningKey(SocketPath, key).Sign([1, 2, 3]), Is.EqualTo("the signature"u8.ToArray()));
        Assert.That(agent.Request, Is.EqualTo(Framed(new SshWriter().Byte(13).String(key).String([1, 2, 3]).UInt32(flags).ToArray())));
    }

    [Test]
    public void An_answer_may_be_as_long_as_an_agent_may_make_it()
    {
        using var agent = new Agent(SocketPath, Framed([14, .. new SshWriter().String(new byte[(256 * 1024) - 5]).ToArray()]));
        Assert.That(SshAgent.Sign(SocketPath, Key, []), Has.Length.EqualTo((256 * 1024) - 5));
    }

    [Test]
    public void What_an_agent_answers_wrongly_is_said()
    {
        Assert.Multiple(() =>
        {
            Assert.That(ListRefusal(Framed([5])), Is.EqualTo("the ssh-agent does not list its keys"));
            Assert.That(ListRefusal(Framed(Identities((Key, "someone"))[..^3])), Is.EqualTo("the ssh-agent's answer is cut off"));
            Assert.That(ListRefusal([0, 0, 0, 0]), Is.EqualTo("the ssh-agent's answer has an impossible length"));
            Assert.That(ListRefusal([0, 4, 0, 1]), Is.EqualTo("the ssh-agent's answer has an impossible length"));
            Assert.That(ListRefusal([0, 0, 0, 9, 12]), Is.Not.Empty);
            Assert.That(ListRefusal([0, 0]), Is.Not.Empty);
            Assert.That(SignRefusal(Framed([5])), Is.EqualTo("the ssh-agent refuses to sign with this key"));
            Assert.That(SignRefusal(Framed([14, 0, 0, 0, 9, 1])), Is.EqualTo("the ssh-agent's answer is cut off"));
        });
    }

    [Test]
    public void An_agent_that_cannot_be_reached_is_said()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Refusal(null), Is.EqualTo("there is no ssh-agent (SSH_AUTH_SOCK is not set)"));
            Assert.That(Refusal(""), Is.EqualTo("there is no ssh-agent (SSH_AUTH_SOCK is not set)"));
            Assert.That(Refusal(SocketPath), Does.StartWith("the ssh-agent cannot be reached (").And.EndsWith(")"));
            Assert.That(Refusal(Path.Combine(folder, new string('a', 200))), Does.StartWith("the ssh-agent cannot be used (").And.EndsWith(")"));
        });

        static string Refusal(string? socket) => Assert.Throws<IOException>(() => SshAgent.Identities(socket))!.Message;
    }

    [Test]
    public void The_key_that_was_named_is_taken_with_the_comment_of_its_file_or_else_the_agents()
    {
        foreach (var (comment, held, name) in new[] { (" boss@example.net", "held", "boss@example.net"), ("", "held@example.net", "held@example.net"), ("", "", RecordSigner.PrincipalName($"{Environment.UserName}@{Environment.MachineName}")) })
        {
            File.Delete(SocketPath);
            using var agent = new Agent(SocketPath, Framed(Identities((OtherKey, "other"), (Key, held))));
            using var signer = SigningKeyFile.Open($"  ssh-ed25519 {Convert.ToBase64String(Key)}{comment}\n", folder, agentSocket: SocketPath);
            Assert.That(signer.Name, Is.EqualTo(name));
            Assert.That(signer.PublicKey, Is.EqualTo(Key));
        }
    }

    [Test]
    public void A_key_that_cannot_seal_is_refused_with_the_reason()
    {
        const string others = ". Name an Ed25519, ECDSA (NIST curve) or RSA key of at least 2048 bits.";
        Assert.Multiple(() =>
        {
            Assert.That(OpenRefusal(OtherKey, Key), Is.EqualTo("The signing key in RECORD_SIGNING_KEY cannot be used: the ssh-agent does not hold it. Add it with ssh-add."));
            Assert.That(OpenRefusal(Named("ssh-dss")), Is.EqualTo("The signing key in RECORD_SIGNING_KEY cannot be used: keys of the type ssh-dss are not supported" + others));
            Assert.That(OpenRefusal(Rsa(2040)), Is.EqualTo("The signing key in RECORD_SIGNING_KEY cannot be used: it is an RSA key of 2040 bits, which is too few" + others));
            Assert.That(OpenRefusal([0, 0, 0, 9, 1, 2, 3]), Is.EqualTo("The signing key in RECORD_SIGNING_KEY cannot be used: it is not a public key."));
            Assert.That(Opening("ssh-ed25519 AAAA="), Is.EqualTo("The signing key in RECORD_SIGNING_KEY cannot be used: it is not a public key."));
            Assert.That(Opening("ecdsa-sha2-nistp256 AAAA"), Does.EndWith("Start an ssh-agent, add the key with ssh-add and run again."));
        });
        foreach (var key in new[] { Named("ecdsa-sha2-nistp256"), Named("ecdsa-sha2-nistp384"), Named("ecdsa-sha2-nistp521"), Rsa(2048), Rsa(4096) })
        {
            File.Delete(SocketPath);
            using var agent = new Agent(SocketPath, Framed(Identities((key, "someone"))));
            using var signer = SigningKeyFile.Open($"ssh-x {Convert.ToBase64String(key)}", folder, agentSocket: SocketPath);
            Assert.That(signer.PublicKey, Is.EqualTo(key));
        }
    }

    private static byte[] Named(string type) => new SshWriter().String(type).String(new byte[8]).ToArray();

    private static byte[] Rsa(int bits) => new SshWriter().String("ssh-rsa").MultiPrecision([1, 0, 1]).MultiPrecision([.. Enumerable.Repeat((byte)0xFF, bits / 8)]).ToArray();

    private string OpenRefusal(byte[] key, byte[]? held = null)
    {
        File.Delete(SocketPath);
        using var agent = new Agent(SocketPath, Framed(Identities((held ?? key, "someone"))));
        return Opening($"ssh-x {Convert.ToBase64String(key)} x", SocketPath);
    }

    private string Opening(string requested, string? socket = null)
    {
        var failure = Assert.Throws<FailureException>(() => SigningKeyFile.Open(requested, folder, agentSocket: socket))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        return failure.Message;
    }

    private string ListRefusal(byte[] answer) => Refusal(answer, () => SshAgent.Identities(SocketPath));

    private string SignRefusal(byte[] answer) => Refusal(answer, () => SshAgent.Sign(SocketPath, Key, [1]));

    private string Refusal(byte[] answer, Func<object> ask)
    {
        File.Delete(SocketPath);
        using var agent = new Agent(SocketPath, answer);
        return Assert.Catch<IOException>(() => ask())!.Message;
    }

    private static byte[] Framed(byte[] message) => new SshWriter().String(message).ToArray();

    private static byte[] Identities(params (byte[] Key, string Comment)[] keys)
    {
        var writer = new SshWriter().Byte(12).UInt32((uint)keys.Length);
        foreach (var (key, comment) in keys)
        {
            writer.String(key).String(comment);
        }

        return writer.ToArray();
    }

    /// <summary>Answers one request with given bytes and closes.</summary>
    private sealed class Agent : IDisposable
    {
        private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly Task<byte[]> served;

        public Agent(string path, byte[] answer)
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            served = Task.Run(() =>
            {
                using var connection = listener.Accept();
                using var stream = new NetworkStream(connection);
                var size = new byte[4];
                stream.ReadExactly(size);
                var request = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(size)];
                stream.ReadExactly(request);
                stream.Write(answer);
                return (byte[])[.. size, .. request];
            });
        }

        public byte[] Request => served.GetAwaiter().GetResult();

        public void Dispose()
        {
            listener.Dispose();
            try
            {
                served.Wait();
            }
            catch (AggregateException)
            {
                // Nobody came.
            }
        }
    }
}
