using Qemu;

namespace Sandbox;

/// <summary>That VMs are real: what runs them, and what they reach.</summary>
/// <param name="Tools">The programs.</param>
/// <param name="Accelerator">What makes guests run.</param>
public sealed record RealMachines(QemuTools Tools, Accelerator Accelerator)
{
    /// <summary>Whether guests reach nothing outside.</summary>
    public bool Isolated { get; init; }
}
