using Cake.Core;

namespace Cake.Frosting;

/// <summary>Base of what happens before the first task, without a context of the build's own.</summary>
public abstract class FrostingSetup : FrostingSetup<ICakeContext>
{
}

/// <summary>Base of what happens before the first task.</summary>
/// <typeparam name="TContext">The build context.</typeparam>
public abstract class FrostingSetup<TContext> : IFrostingSetup
    where TContext : ICakeContext
{
    /// <summary>Runs before the first task. When it throws no task runs, but the teardown does.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">The target and the tasks to come.</param>
    public abstract void Setup(TContext context, ISetupContext info);

    /// <inheritdoc/>
    void IFrostingSetup.Setup(ICakeContext context, ISetupContext info)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(info);
        Setup((TContext)context, info);
    }
}
