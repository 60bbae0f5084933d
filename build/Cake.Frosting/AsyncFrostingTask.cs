using Cake.Core;

namespace Cake.Frosting;

/// <summary>Base of an asynchronous task that needs no context of its own.</summary>
public abstract class AsyncFrostingTask : AsyncFrostingTask<ICakeContext>
{
}

/// <summary>Base of an asynchronous task. Only the methods that a task overrides are registered with Cake.</summary>
/// <typeparam name="T">The build context.</typeparam>
public abstract class AsyncFrostingTask<T> : IFrostingTask
    where T : ICakeContext
{
    /// <summary>Does the work.</summary>
    /// <param name="context">The build context.</param>
    /// <returns>Ends when the work is done.</returns>
    public virtual Task RunAsync(T context) => Task.CompletedTask;

    /// <summary>Whether the task is to run; when not, it is reported as skipped and its dependents run all the same.</summary>
    /// <param name="context">The build context.</param>
    /// <returns>True to run.</returns>
    public virtual bool ShouldRun(T context) => true;

    /// <summary>Handles what the task threw. When overridden, the build goes on unless it throws.</summary>
    /// <param name="exception">What the task threw.</param>
    /// <param name="context">The build context.</param>
    public virtual void OnError(Exception exception, T context)
    {
    }

    /// <summary>Runs after the task, whether or not it failed.</summary>
    /// <param name="context">The build context.</param>
    public virtual void Finally(T context)
    {
    }

    /// <inheritdoc/>
    Task IFrostingTask.RunAsync(ICakeContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return RunAsync((T)context);
    }

    /// <inheritdoc/>
    bool IFrostingTask.ShouldRun(ICakeContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ShouldRun((T)context);
    }

    /// <inheritdoc/>
    void IFrostingTask.OnError(Exception exception, ICakeContext context)
    {
        ArgumentNullException.ThrowIfNull(exception);
        ArgumentNullException.ThrowIfNull(context);
        OnError(exception, (T)context);
    }

    /// <inheritdoc/>
    void IFrostingTask.Finally(ICakeContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Finally((T)context);
    }
}
