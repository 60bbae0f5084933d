using Cake.Core;

namespace Cake.Frosting;

/// <summary>One unit of work. Derive from <see cref="FrostingTask{T}"/> or <see cref="AsyncFrostingTask{T}"/>, which the host expects.</summary>
public interface IFrostingTask
{
    /// <summary>The reason shown when <see cref="ShouldRun"/> says no; empty when there is none.</summary>
    string SkippedMessage => string.Empty;

    /// <summary>Does the work.</summary>
    /// <param name="context">The build context.</param>
    /// <returns>Ends when the work is done.</returns>
    Task RunAsync(ICakeContext context);

    /// <summary>Whether the task is to run; when not, it is reported as skipped and its dependents run all the same.</summary>
    /// <param name="context">The build context.</param>
    /// <returns>True to run.</returns>
    bool ShouldRun(ICakeContext context);

    /// <summary>Handles what the task threw. The build goes on unless this throws.</summary>
    /// <param name="exception">What the task threw.</param>
    /// <param name="context">The build context.</param>
    void OnError(Exception exception, ICakeContext context);

    /// <summary>Runs after the task, whether or not it failed.</summary>
    /// <param name="context">The build context.</param>
    void Finally(ICakeContext context);
}
