using Build.Settings;
using Foundation;
using Sandbox;
using Templates;

namespace Build.Environments;

/// <summary>
/// Starts the sandbox node beside what else has to be done before it is needed, and stops it at the end of a run in
/// which nobody came to use it.
/// </summary>
public sealed class SandboxStart : IAsyncDisposable
{
    private readonly Lazy<Task<SandboxNode>> node;
    private bool taken;

    public SandboxStart(BuildSettings settings, Interruption interruption) =>
        node = new(() => Task.Run(() => SandboxEnvironment.StartNodeAsync(
            settings, new TemplateCatalogue(settings.PackerFolder), forAnyClient: false, interruption.Stop)));

    /// <summary>Starts it without waiting.</summary>
    public void Begin() => _ = node.Value;

    /// <summary>The node, once it runs; it starts now if it was not begun.</summary>
    /// <exception cref="FailureException">It does not start.</exception>
    internal Task<SandboxNode> NodeAsync() => node.Value;

    /// <summary>From now on the node is stopped by who uses it.</summary>
    public void Take() => taken = true;

    public async ValueTask DisposeAsync()
    {
        if (!node.IsValueCreated || taken)
        {
            return;
        }

        // Both the end of the run and the end of the program come here: a node that does not stop is told once.
        taken = true;

        // Why it did not start was told to who waited for it; nobody did when the run ended before.
        await Task.WhenAny(node.Value);
        if (node.Value.IsCompletedSuccessfully)
        {
            await (await node.Value).DisposeAsync();
        }
    }
}
