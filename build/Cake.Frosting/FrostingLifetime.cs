using Cake.Core;

namespace Cake.Frosting;

/// <summary>Base of what happens before the first task and after the last task, without a context of the build's own.</summary>
public abstract class FrostingLifetime : FrostingLifetime<ICakeContext>
{
}

/// <summary>Base of what happens before the first task and after the last task.</summary>
/// <typeparam name="TContext">The build context.</typeparam>
public abstract class FrostingLifetime<TContext> : IFrostingLifetime
    where TContext : ICakeContext
{
    /// <summary>Runs before the first task. When it throws no task runs, but the teardown does.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">The target and the tasks to come.</param>
    public abstract void Setup(TContext context, ISetupContext info);

    /// <summary>Runs after the last task, also when the setup or a task failed.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">How the build went.</param>
    public abstract void Teardown(TContext context, ITeardownContext info);

    /// <inheritdoc/>
    void IFrostingSetup.Setup(ICakeContext context, ISetupContext info)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(info);
        Setup((TContext)context, info);
    }

    /// <inheritdoc/>
    void IFrostingTeardown.Teardown(ICakeContext context, ITeardownContext info)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(info);
        Teardown((TContext)context, info);
    }
}
