using System.Net;
using System.Text.Json.Nodes;

namespace Sandbox.Machines;

/// <summary>A VM that runs.</summary>
internal abstract class RunningMachine(MachineStart start) : IAsyncDisposable
{
    public int Id => Machine.Id;

    public Machine Machine { get; } = start.Machine;

    /// <summary>The number of the start.</summary>
    public long Number { get; } = start.Number;

    /// <summary>Its address on the guest network, or null when it has no connected network card.</summary>
    public IPAddress? Address { get; } = start.Address;

    /// <summary>Whether it was switched off.</summary>
    public bool Stopped { get; set; }

    /// <summary>Whether it was suspended: nothing in it answers until it is resumed.</summary>
    public bool Paused { get; protected set; }

    /// <summary>QEMU's word for what its processors do: <c>running</c>, <c>paused</c>, or <c>io-error</c>.</summary>
    public virtual string RunState => Paused ? "paused" : "running";

    /// <summary>Ends when the VM runs.</summary>
    public virtual Task Ready => Task.CompletedTask;

    /// <summary>Whether an operating system has been installed and runs; null when nobody knows.</summary>
    public abstract bool? HasSystem { get; }

    /// <summary>Whether its memory can be kept on a volume.</summary>
    public abstract bool CanKeepMemory { get; }

    /// <summary>The agent in it.</summary>
    public abstract IMachineAgent Agent { get; }

    /// <summary>Opens its screen (RFB); null: it has none.</summary>
    /// <param name="password">What the viewer has to prove that it knows.</param>
    /// <param name="cancellation">Stops it.</param>
    public virtual Task<Stream?> OpenScreenAsync(string password, CancellationToken cancellation) => Task.FromResult<Stream?>(null);

    /// <summary>What boot loader or installer show, as text; null where it is not known as text.</summary>
    public virtual string? ScreenText => null;

    /// <summary>Somebody presses keys.</summary>
    public abstract Task TypeKeyAsync(string key, CancellationToken cancellation);

    /// <summary>Stops the processors, or lets them run on.</summary>
    public abstract Task PauseAsync(bool paused, CancellationToken cancellation);

    /// <summary>Asks the system in it to shut down, and waits until it has.</summary>
    /// <param name="byAgent">Whether by the agent; otherwise by the power button.</param>
    /// <param name="timeout">How long the caller wants to wait; null for the server's minute.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Why it has not, or null.</returns>
    public abstract Task<string?> ShutDownAsync(bool byAgent, TimeSpan? timeout, CancellationToken cancellation);

    /// <summary>The configuration was changed. Called under the node's lock.</summary>
    public virtual void ConfigChanged()
    {
    }

    /// <summary>A disk has become larger. Called under the node's lock.</summary>
    public virtual void DiskResized(string drive, long bytes)
    {
    }

    /// <summary>Switches it off at once.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The agent in a guest, which knows the commands of <c>qemu-ga</c>.</summary>
internal interface IMachineAgent
{
    /// <summary>Whether it answers, after as long a wait as the server's.</summary>
    Task<bool> AnswersAsync(CancellationToken cancellation);

    /// <summary>Gives it a command.</summary>
    /// <param name="command">The command, such as <c>guest-get-osinfo</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="Api.ApiException">It does not answer, or refuses (<c>Agent error: …</c>).</exception>
    Task<JsonNode?> DoAsync(string command, JsonObject arguments, CancellationToken cancellation);
}
