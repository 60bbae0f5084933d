using Cake.Cli;
using Cake.Cli.Infrastructure;
using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Cake.Core.Packaging;
using Cake.Core.Scripting;
using Cake.Core.Tooling;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console.Cli;

namespace Cake.Frosting.Internal;

/// <summary>Does what the command line asks for, once it is understood.</summary>
internal static class HostRun
{
    public static int Execute(IServiceCollection services, HostOptions options, IRemainingArguments remaining)
    {
        services.AddSingleton<ICakeArguments>(remaining.ToCakeArguments(options.NoReport, options.Targets));
        services.AddSingleton(remaining);
        var provider = services.BuildServiceProvider();
        try
        {
            if (options.Version)
            {
                provider.GetRequiredService<VersionFeature>().Run(provider.GetRequiredService<IConsole>());
                return 0;
            }

            if (options.Info)
            {
                provider.GetRequiredService<InfoFeature>().Run(provider.GetRequiredService<IConsole>());
                return 0;
            }

            RunTargets(provider, options);
            return 0;
        }
        catch (Exception exception)
        {
            return provider.GetRequiredService<ICakeLog>().LogException(exception);
        }
    }

    private static void RunTargets(IServiceProvider provider, HostOptions options)
    {
        var log = provider.GetRequiredService<ICakeLog>();
        log.Verbosity = options.Verbosity ?? Verbosity.Normal;

        SetWorkingDirectory(provider, options);

        // Only now can the configuration be read: cake.config lies in the working directory.
        log.Verbosity = provider.GetRequiredService<ICakeConfiguration>().GetVerbosity(options.Verbosity);

        var host = GetScriptHost(provider, options);
        var registration = ActivatorUtilities.CreateInstance<TaskRegistration>(provider);
        InstallTools(provider, log);
        if (options.Exclusive)
        {
            host.Settings.UseExclusiveTarget();
        }

        registration.Register();
        host.RunTargets(options.Targets);
    }

    private static void SetWorkingDirectory(IServiceProvider provider, HostOptions options)
    {
        var environment = provider.GetRequiredService<ICakeEnvironment>();
        var directory = options.WorkingDirectory ?? provider.GetService<WorkingDirectory>()?.Path;
        directory = directory?.MakeAbsolute(environment) ?? environment.WorkingDirectory;
        if (!provider.GetRequiredService<IFileSystem>().Exist(directory))
        {
            throw new FrostingException($"The working directory '{directory.FullPath}' does not exist.");
        }

        environment.WorkingDirectory = directory;
    }

    private static IScriptHost GetScriptHost(IServiceProvider provider, HostOptions options) => options switch
    {
        { DryRun: true } => provider.GetRequiredService<DryRunScriptHost<IFrostingContext>>(),
        { Tree: true } => provider.GetRequiredService<TreeScriptHost>(),
        { Description: true } => provider.GetRequiredService<DescriptionScriptHost>(),
        _ => provider.GetRequiredService<BuildScriptHost<IFrostingContext>>(),
    };

    private static void InstallTools(IServiceProvider provider, ICakeLog log)
    {
        var tools = provider.GetServices<PackageReference>().ToArray();
        if (tools.Length == 0)
        {
            return;
        }

        log.Verbose("Installing tools...");
        var installer = provider.GetRequiredService<IToolInstaller>();
        foreach (var tool in tools)
        {
            // Nothing is installed until somebody looks at the result.
            _ = installer.Install(tool).Count();
        }
    }
}
