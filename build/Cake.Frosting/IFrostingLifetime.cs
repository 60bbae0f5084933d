using Cake.Core;

namespace Cake.Frosting;

/// <summary>What happens before the first task.</summary>
public interface IFrostingSetup
{
    /// <summary>Runs before the first task. When it throws no task runs, but the teardown does.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">The target and the tasks to come.</param>
    void Setup(ICakeContext context, ISetupContext info);
}

/// <summary>What happens after the last task.</summary>
public interface IFrostingTeardown
{
    /// <summary>Runs after the last task, also when the setup or a task failed.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">How the build went.</param>
    void Teardown(ICakeContext context, ITeardownContext info);
}

/// <summary>What happens before the first and after the last task.</summary>
public interface IFrostingLifetime : IFrostingSetup, IFrostingTeardown
{
}
