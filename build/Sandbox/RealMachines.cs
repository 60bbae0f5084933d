using Foundation;
using Qemu;
using Qemu.Running;

namespace Sandbox;

/// <summary>That VMs are real: what runs them, and what they reach.</summary>
/// <param name="Tools">The programs.</param>
/// <param name="Accelerator">What makes guests run.</param>
public sealed record RealMachines(QemuTools Tools, Accelerator Accelerator)
{
    /// <summary>Why guests are emulated, or null when they are not.</summary>
    public string? WhyEmulated { get; init; }

    /// <summary>Whether guests reach nothing outside.</summary>
    public bool Isolated { get; init; }

    /// <summary>Finds the programs, and what makes guests run here.</summary>
    /// <exception cref="FailureException">A program is missing.</exception>
    public static async Task<RealMachines> FindAsync(CancellationToken cancellation)
    {
        var tools = QemuTools.Require();
        var (accelerator, why) = await AcceleratorProbe.RunAsync(tools, cancellation);
        return new RealMachines(tools, accelerator) { WhyEmulated = why };
    }
}
