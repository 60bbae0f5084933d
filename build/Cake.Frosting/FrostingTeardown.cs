using Cake.Core;

namespace Cake.Frosting;

/// <summary>Base of what happens after the last task, without a context of the build's own.</summary>
public abstract class FrostingTeardown : FrostingTeardown<ICakeContext>
{
}

/// <summary>Base of what happens after the last task.</summary>
/// <typeparam name="TContext">The build context.</typeparam>
public abstract class FrostingTeardown<TContext> : IFrostingTeardown
    where TContext : ICakeContext
{
    /// <summary>Runs after the last task, also when the setup or a task failed.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">How the build went.</param>
    public abstract void Teardown(TContext context, ITeardownContext info);

    /// <inheritdoc/>
    void IFrostingTeardown.Teardown(ICakeContext context, ITeardownContext info)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(info);
        Teardown((TContext)context, info);
    }
}
