using Cake.Core;

namespace Cake.Frosting;

/// <summary>What happens before each task.</summary>
public interface IFrostingTaskSetup
{
    /// <summary>Runs before each task. When it throws the task does not run, but its teardown does.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">The task.</param>
    void Setup(ICakeContext context, ITaskSetupContext info);
}

/// <summary>What happens after each task.</summary>
public interface IFrostingTaskTeardown
{
    /// <summary>Runs after each task, also when it failed or was skipped.</summary>
    /// <param name="context">The build context.</param>
    /// <param name="info">The task and how it went.</param>
    void Teardown(ICakeContext context, ITaskTeardownContext info);
}

/// <summary>What happens before and after each task.</summary>
public interface IFrostingTaskLifetime : IFrostingTaskSetup, IFrostingTaskTeardown
{
}
