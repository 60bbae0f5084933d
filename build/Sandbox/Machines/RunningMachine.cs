using System.Net;
using Guest;
using Installer;
using Sandbox.Tasks;

namespace Sandbox.Machines;

/// <summary>What runs inside a started VM: an installation, or a guest, or nothing that answers.</summary>
internal sealed class RunningMachine(int id)
{
    public int Id { get; } = id;

    /// <summary>Its address on the guest network, or null when it has no connected network card.</summary>
    public IPAddress? Address { get; set; }

    public Installation? Installation { get; set; }

    public TaskEntry? InstallTask { get; set; }

    /// <summary>Ends when the installation has ended and the installed system, if any, has booted.</summary>
    public Task Settled { get; set; } = Task.CompletedTask;

    /// <summary>The booted system.</summary>
    public GuestSystem? System { get; set; }

    /// <summary>The system that the agent is in: the booted one, or the live system of an installer.</summary>
    public GuestSystem Seen => System ?? new GuestSystem { OsId = "linux", PrettyName = "Linux (installer)", VersionId = "", HostName = "localhost" };

    public RunningGuest? Guest { get; set; }

    public bool Stopped { get; set; }

    /// <summary>Whether it was suspended: nothing in it answers until it is resumed.</summary>
    public bool Paused { get; set; }

    /// <summary>The commands that the agent was given: the exit code of each.</summary>
    public List<int> Commands { get; } = [];
}
