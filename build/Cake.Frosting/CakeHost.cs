using System.Reflection;
using Cake.Cli;
using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Modules;
using Cake.Core.Tooling;
using Cake.Frosting.Internal;
using Microsoft.Extensions.DependencyInjection;

namespace Cake.Frosting;

/// <summary>Runs the tasks of a build with Cake's engine, as the command line asks.</summary>
public sealed class CakeHost
{
    private readonly ServiceCollection _services = CreateServices();
    private readonly List<Assembly> _assemblies = [Assembly.GetEntryAssembly()];

    /// <summary>Makes a host that looks for tasks in the entry assembly.</summary>
    public CakeHost()
    {
    }

    /// <summary>Makes a host that looks for tasks in the entry assembly.</summary>
    /// <returns>The host.</returns>
    public static CakeHost Create() => new();

    /// <summary>Has the host look for tasks in one more assembly. Only public classes are found.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <returns>The same host.</returns>
    public CakeHost AddAssembly(Assembly assembly)
    {
        _assemblies.Add(assembly);
        return this;
    }

    /// <summary>Registers services which contexts, lifetimes and tasks get through their constructors.</summary>
    /// <param name="services">Registers the services.</param>
    /// <returns>The same host.</returns>
    public CakeHost ConfigureServices(Action<IServiceCollection> services)
    {
        services(_services);
        return this;
    }

    /// <summary>Runs the build.</summary>
    /// <param name="args">The command line; <c>--help</c> lists what it can say. Everything else in it is there for the build, in <see cref="ICakeContext.Arguments"/>.</param>
    /// <returns>0 when all went well; 1, or what a <see cref="CakeException"/> asks for, when not; -1 when the command line cannot be understood.</returns>
    public int Run(IEnumerable<string> args)
    {
        foreach (var task in _assemblies.Where(assembly => assembly is not null).SelectMany(FindTasks))
        {
            _services.AddSingleton(typeof(IFrostingTask), task);
        }

        var arguments = args.ToArray();
        return ArgumentReader.TryRead(arguments, out var options, out var remaining)
            ? HostRun.Execute(_services, options, remaining)
            : SpectreCommand.Run(_services, arguments);
    }

    private static IEnumerable<Type> FindTasks(Assembly assembly)
        => assembly.GetExportedTypes()
            .Where(type => type.IsClass && !type.IsAbstract && typeof(IFrostingTask).IsAssignableFrom(type));

    private static ServiceCollection CreateServices()
    {
        var services = new ServiceCollection();
        services.AddCakeDiagnostics();
        services.UseModule<CoreModule>();
        services.AddSingleton<IToolInstaller, LazyToolInstaller>();
        services.AddSingleton<ICakeConfiguration, FrostingConfiguration>();

        services.AddSingleton<IVersionResolver, VersionResolver>();
        services.AddSingleton<VersionFeature>();
        services.AddSingleton<InfoFeature>();

        services.AddSingleton<BuildScriptHost<IFrostingContext>>();
        services.AddSingleton<DryRunScriptHost<IFrostingContext>>();
        services.AddSingleton<TreeScriptHost>();
        services.AddSingleton<DescriptionScriptHost>();

        services.AddSingleton<FrostingContext>();
        services.AddSingleton<IFrostingContext>(provider => provider.GetRequiredService<FrostingContext>());
        return services;
    }
}
