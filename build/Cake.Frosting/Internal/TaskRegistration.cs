using System.Reflection;
using Cake.Core;
using Cake.Core.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Cake.Frosting.Internal;

/// <summary>Tells Cake's engine of the build's tasks and lifetimes.</summary>
internal sealed class TaskRegistration
{
    private readonly ICakeEngine _engine;
    private readonly ICakeLog _log;
    private readonly IFrostingContext _context;
    private readonly IFrostingTask[] _tasks;
    private readonly IFrostingSetup _setup;
    private readonly IFrostingTeardown _teardown;
    private readonly IFrostingTaskSetup _taskSetup;
    private readonly IFrostingTaskTeardown _taskTeardown;

    public TaskRegistration(ICakeEngine engine, ICakeLog log, IFrostingContext context, IServiceProvider provider)
    {
        _engine = engine;
        _log = log;
        _context = context;
        _tasks = provider.GetServices<IFrostingTask>().ToArray();
        _setup = provider.GetService<IFrostingSetup>();
        _teardown = provider.GetService<IFrostingTeardown>();
        _taskSetup = provider.GetService<IFrostingTaskSetup>();
        _taskTeardown = provider.GetService<IFrostingTaskTeardown>();
    }

    public void Register()
    {
        foreach (var task in _tasks)
        {
            Register(task);
        }

        if (_setup is not null)
        {
            _log.Debug("Registering setup: {0}", _setup.GetType().Name);
            _engine.RegisterSetupAction(info => _setup.Setup(_context, info));
        }

        if (_teardown is not null)
        {
            _log.Debug("Registering teardown: {0}", _teardown.GetType().Name);
            _engine.RegisterTeardownAction(info => _teardown.Teardown(_context, info));
        }

        if (_taskSetup is not null)
        {
            _log.Debug("Registering task setup: {0}", _taskSetup.GetType().Name);
            _engine.RegisterTaskSetupAction(info => _taskSetup.Setup(_context, info));
        }

        if (_taskTeardown is not null)
        {
            _log.Debug("Registering task teardown: {0}", _taskTeardown.GetType().Name);
            _engine.RegisterTaskTeardownAction(info => _taskTeardown.Teardown(_context, info));
        }
    }

    private void Register(IFrostingTask task)
    {
        var type = task.GetType();
        var name = NameOf(type);
        _log.Debug("Registering task: {0}", name);

        var contextType = ContextTypeOf(type);
        if (!contextType.IsInstanceOfType(_context))
        {
            _log.Warning("Task cannot be used since the context isn't convertible to {0}.", contextType.FullName);
            return;
        }

        var cakeTask = _engine.RegisterTask(name);
        var description = type.GetCustomAttribute<TaskDescriptionAttribute>()?.Description;
        if (!string.IsNullOrWhiteSpace(description))
        {
            cakeTask.Description(description);
        }

        // What a task leaves to its base is not registered: to Cake an error handler means that the error is dealt with.
        if (Overrides(type, RunMethodOf(type)))
        {
            cakeTask.Does(task.RunAsync);
        }

        if (Overrides(type, nameof(IFrostingTask.ShouldRun)))
        {
            cakeTask.WithCriteria(task.ShouldRun, task.SkippedMessage);
        }

        if (type.IsDefined(typeof(ContinueOnErrorAttribute)))
        {
            cakeTask.ContinueOnError();
        }

        if (Overrides(type, nameof(IFrostingTask.OnError), typeof(Exception)))
        {
            cakeTask.OnError(exception => task.OnError(exception, _context));
        }

        if (Overrides(type, nameof(IFrostingTask.Finally)))
        {
            cakeTask.Finally(() => task.Finally(_context));
        }

        foreach (var dependency in type.GetCustomAttributes<IsDependentOnAttribute>())
        {
            cakeTask.IsDependentOn(NameOfTask(dependency.Task, "dependency"));
        }

        foreach (var dependee in type.GetCustomAttributes<IsDependeeOfAttribute>())
        {
            cakeTask.IsDependeeOf(NameOfTask(dependee.Task, "reverse dependency"));
        }
    }

    private static string NameOf(Type type) => type.GetCustomAttribute<TaskNameAttribute>()?.Name ?? type.Name;

    private static string NameOfTask(Type type, string role)
        => typeof(IFrostingTask).IsAssignableFrom(type)
            ? NameOf(type)
            : throw new FrostingException($"The {role} '{NameOf(type)}' is not a valid task.");

    /// <summary>The context that a task asks for; only its direct base is looked at, as the official host does.</summary>
    private static Type ContextTypeOf(Type type)
        => type.BaseType is { IsConstructedGenericType: true } parent && IsTaskBase(parent)
            ? parent.GenericTypeArguments[0]
            : typeof(ICakeContext);

    private static string RunMethodOf(Type type)
    {
        for (var parent = type; parent is not null; parent = parent.BaseType)
        {
            if (IsTaskBase(parent))
            {
                return parent.GetGenericTypeDefinition() == typeof(FrostingTask<>)
                    ? nameof(FrostingTask.Run)
                    : nameof(AsyncFrostingTask.RunAsync);
            }
        }

        throw new InvalidOperationException(
            $"The task '{type.FullName}' derives from neither {nameof(FrostingTask)} nor {nameof(AsyncFrostingTask)}.");
    }

    private static bool IsTaskBase(Type type)
        => type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(FrostingTask<>)
                || type.GetGenericTypeDefinition() == typeof(AsyncFrostingTask<>));

    private bool Overrides(Type type, string method, params Type[] before)
    {
        var found = type.GetMethod(method, [.. before, _context.GetType()]);
        return found is not null && found.GetBaseDefinition().DeclaringType != found.DeclaringType;
    }
}
