using Build.CommandLine;
using Build.Environments;
using Build.Settings;
using Foundation;
using Sandbox;
using Templates;

namespace Build.Tests;

/// <summary>Init on a node that is not well.</summary>
internal sealed class ClusterInitTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("cluster-init-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    private string EnvFilePath => Path.Combine(folder, "infra", "env", "proxmox.env");

    private Task<SandboxNode> StartAsync(params string[] faults) => SandboxNode.StartAsync(
        new SandboxOptions { StateDirectory = Path.Combine(folder, "node"), Faults = [.. faults.Select(SandboxFault.Parse)] });

    private ClusterInit Init(SandboxNode node, IRunLog? log = null, string? certificate = null, params string[] arguments)
    {
        var variables = new Dictionary<string, string>
        {
            ["PROXMOX_URL"] = node.Url.ToString(), ["PROXMOX_CERTIFICATE"] = certificate ?? node.CertificateFile,
            ["PROXMOX_USERNAME"] = SandboxNode.RootUser, ["PROXMOX_PASSWORD"] = node.RootPassword,
        };
        var settings = new BuildSettings(ArgumentList.Parse(arguments), variables.GetValueOrDefault, folder, folder);
        return new ClusterInit(settings, new TemplateCatalogue(settings.PackerFolder), new SecretSet(), log ?? new Log(_ => { }));
    }

    /// <summary>Runs it to its end, which may be a failure.</summary>
    private static async Task RunAsync(ClusterInit init, CancellationToken cancellation = default)
    {
        await using var environment = await init.RunAsync(needsPassword: true, cancellation);
    }

    [Test]
    public async Task A_server_that_fails_while_the_password_of_builds_is_tried_is_told_as_a_failure()
    {
        // The third login is that of the build's user: before it come those of the administrator for either Init.
        await using var node = await StartAsync("api:POST /access/ticket#3=500 the user database is locked");
        await RunAsync(Init(node));
        var failure = (await Assert.ThrowsAsync<FailureException>(() => Init(node).PreviewAsync(needsPassword: true, CancellationToken.None)))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(failure.Message, Does.Contain("packer@pve").And.Contain("the user database is locked"));
    }

    [Test]
    public async Task A_grant_that_is_refused_does_not_lose_the_secret_of_the_token([Values] bool rotates)
    {
        // An Init that has nothing to mend grants five times.
        await using var node = await StartAsync($"api:PUT /access/acl#{(rotates ? 6 : 1)}=500 the configuration is locked");
        if (rotates)
        {
            await RunAsync(Init(node));
        }

        var before = rotates ? EnvFile.Read(EnvFilePath)["PROXMOX_TOKEN"] : null;
        var failure = (await Assert.ThrowsAsync<FailureException>(() => RunAsync(Init(node, arguments: rotates ? ["--rotate-token"] : []))))!;
        Assert.That(failure.Message, Does.Contain("the configuration is locked"));
        var kept = EnvFile.Read(EnvFilePath)["PROXMOX_TOKEN"];
        Assert.That(kept, Is.Not.EqualTo(before));
        await RunAsync(Init(node));
        Assert.That(EnvFile.Read(EnvFilePath)["PROXMOX_TOKEN"], Is.EqualTo(kept), "the token that was made is the one that is used");
    }

    [TestCase("create the user packer@pve")]
    [TestCase("create the token packer@pve!build")]
    public async Task After_an_interruption_Init_can_be_run_again(string lastChange)
    {
        await using var node = await StartAsync();
        using var stop = new CancellationTokenSource();
        var log = new Log(line =>
        {
            if (line == $"Done: {lastChange}")
            {
                stop.Cancel();
            }
        });
        await Assert.CatchAsync<OperationCanceledException>(() => RunAsync(Init(node, log), stop.Token));
        await RunAsync(Init(node));
        Assert.That(EnvFile.Read(EnvFilePath), Does.ContainKey("PROXMOX_TOKEN").And.ContainKey("PROXMOX_PASSWORD"));
    }

    [Test]
    public async Task An_env_file_that_could_not_be_written_is_known_before_anything_is_made()
    {
        await using var node = await StartAsync();
        var certificate = Path.Combine(folder, "it's.pem");
        File.Copy(node.CertificateFile, certificate);
        var malformed = (await Assert.ThrowsAsync<FailureException>(() => RunAsync(Init(node, certificate: certificate))))!;
        Assert.That(malformed.Message, Does.Contain("PROXMOX_CERTIFICATE"));

        Directory.CreateDirectory(Path.Combine(folder, "infra"));
        File.WriteAllText(Path.Combine(folder, "infra", "env"), "");
        var unwritable = (await Assert.ThrowsAsync<FailureException>(() => RunAsync(Init(node))))!;
        Assert.That(unwritable.Message, Does.Contain(EnvFilePath));
        Assert.That(await Init(node).PreviewAsync(needsPassword: false, CancellationToken.None), Does.Contain("create the user packer@pve"));
    }

    private sealed class Log(Action<string> told) : IRunLog
    {
        public void Write(string stage, EventLevel level, string message) => told(message);
    }
}
