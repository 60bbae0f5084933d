using System.Collections.Concurrent;
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

    private Task<SandboxNode> StartAsync(params string[] faults) => SandboxNode.StartAsync(
        new SandboxOptions { StateDirectory = Path.Combine(folder, "node"), Faults = [.. faults.Select(SandboxFault.Parse)] });

    private ClusterInit Init(SandboxNode node, Log? log = null)
    {
        var variables = new Dictionary<string, string>
        {
            ["PROXMOX_URL"] = node.Url.ToString(), ["PROXMOX_CERTIFICATE"] = node.CertificateFile,
            ["PROXMOX_USERNAME"] = SandboxNode.RootUser, ["PROXMOX_PASSWORD"] = node.RootPassword,
        };
        var settings = new BuildSettings(ArgumentList.Parse([]), variables.GetValueOrDefault, folder, folder);
        return new ClusterInit(settings, new TemplateCatalogue(settings.PackerFolder), new SecretSet(), log ?? new Log());
    }

    private static async Task<T> ThrownAsync<T>(Func<Task> action)
        where T : Exception
    {
        try
        {
            await action();
        }
        catch (T error)
        {
            return error;
        }

        throw new AssertionException($"Expected a {typeof(T).Name}, but there was none.");
    }

    [Test]
    public async Task A_server_that_fails_while_the_password_of_builds_is_tried_is_told_as_a_failure()
    {
        // The third login is that of the build's user: before it come those of the administrator for either Init.
        await using var node = await StartAsync("api:POST /access/ticket#3=500 the user database is locked");
        await using (await Init(node).RunAsync(needsPassword: true, CancellationToken.None))
        {
        }

        var failure = await ThrownAsync<FailureException>(() => Init(node).PreviewAsync(needsPassword: true, CancellationToken.None));
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Task));
        Assert.That(failure.Message, Does.Contain("packer@pve").And.Contain("the user database is locked"));
    }

    private sealed class Log : IRunLog
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public void Write(string stage, EventLevel level, string message) => Lines.Enqueue(message);
    }
}
