using Build;
using Build.Ci;
using Build.CommandLine;
using Build.Context;
using Build.Environments;
using Build.Output;
using Build.Settings;
using Build.Stages;
using Cake.Core;
using Cake.Core.Diagnostics;
using Cake.Frosting;
using Foundation;
using Microsoft.Extensions.DependencyInjection;
using Templates;

using var interruption = new Interruption();
var outcome = new Outcome();
var console = CiConsole.Guard(Environment.GetEnvironmentVariable);
var secrets = new SecretSet();
var ci = CiReport.Off;
ArgumentList? arguments = null;
try
{
    var root = RepositoryRoot.Find(Environment.GetEnvironmentVariable, Directory.GetCurrentDirectory());
    arguments = ArgumentList.Parse(args);
    Targets.Check(arguments);
    if (arguments.IsOn("help"))
    {
        if (arguments.GetAll("target") is [.., var about])
        {
            TargetHelp.Print(Console.Out, about);
        }
        else
        {
            Help.Print(Console.Out);
        }

        return 0;
    }

    Targets.CheckOptions(arguments);
    var settings = new BuildSettings(
        arguments, Environment.GetEnvironmentVariable, root, Directory.GetCurrentDirectory(), [.. Environment.GetEnvironmentVariables().Keys.Cast<string>()]);
    settings.Check();
    AttendedRun.Require(settings, Terminal.IsInteractive);
    if (settings.TemplateSelection is { } selection && (selection.Length == 0 || !(Targets.IsAsked(arguments, nameof(Build.Tasks.Verify)) || Targets.IsAsked(arguments, Build.Tasks.NewTarget.Name))))
    {
        // Records outlive their templates, so Verify looks for itself; and New names one that is not there yet.
        new TemplateCatalogue(settings.PackerFolder).Select([selection]);
    }

    foreach (var fault in settings.SandboxFaults)
    {
        // Also where the sandbox starts beside other things, or not at all.
        _ = Sandbox.SandboxFault.Parse(fault);
    }

    if (settings.PackerVariables.Count > 0 && settings.TemplateSelection is { } chosen && Targets.WillRun(arguments, typeof(Build.Tasks.Validate)))
    {
        var catalogue = new TemplateCatalogue(settings.PackerFolder);
        foreach (var id in catalogue.Select([chosen]))
        {
            ChosenTemplate.Of(catalogue, id, settings.PackerVariables);
        }
    }

    var build = Targets.WillRun(arguments, typeof(Build.Tasks.Validate));
    if (settings.JsonOutput || Targets.IsAsked(arguments, nameof(Build.Tasks.Matrix)))
    {
        MachineOutput.Reserve();
    }

    if (console is not null && settings.TellsCi)
    {
        ci = console.Report(settings.Runtime.Ci, root, secrets, Environment.GetEnvironmentVariable, TimeProvider.System);
    }

    await using var sandbox = new SandboxStart(settings, interruption);
    if (settings is { UseSandbox: true, RealMachines: false } && Targets.WillRun(arguments, typeof(Build.Tasks.Init)))
    {
        sandbox.Begin();
    }

    if (InitPreview.IsWanted(settings, arguments))
    {
        // Cake's dry run would say first that nothing was executed, and then somebody would be asked for a password.
        await InitPreview.PrintAsync(settings, Console.Out, interruption.Stop);
        if (arguments.GetAll("target").Count == 1)
        {
            return 0;
        }
    }

    var code = new CakeHost()
        .UseContext<BuildContext>()
        .UseLifetime<BuildLifetime>()
        .UseWorkingDirectory(root)
        .ConfigureServices(services => services
            .AddSingleton(arguments)
            .AddSingleton(settings)
            .AddSingleton(interruption)
            .AddSingleton(outcome)
            .AddSingleton(sandbox)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<ICakeLog>(new ConsoleLog(
                () => Console.Out,
                () =>
                {
                    // What went wrong is seen without opening a section.
                    ci.EndStage();
                    return Console.Error;
                },
                ConsoleStyle.MayColour(Environment.GetEnvironmentVariable, Console.IsErrorRedirected)))
            .AddSingleton(services => new StageReport(services.GetRequiredService<ICakeLog>(), () => Console.Out, ci, TimeProvider.System))
            .AddSingleton<ICakeReportPrinter>(services => services.GetRequiredService<StageReport>())
            .AddSingleton(ci)
            .AddSingleton(secrets))
        .Run(args);
    foreach (var conclusion in outcome.Conclusions)
    {
        Console.WriteLine(conclusion);
    }

    ci.Complete();
    CheckoutOwner.GiveBack(root, [settings.Runtime.Root, settings.RecordsFolder, settings.ToolsFolder, Path.GetDirectoryName(settings.EnvFilePath)!]);
    var exitCode = outcome.ExitCode(code);
    if (settings.JsonOutput && build)
    {
        MachineOutput.Write(BuildResults.Json(exitCode, [.. outcome.Results]));
    }

    if (settings.Bell && !Console.IsErrorRedirected)
    {
        Console.Error.Write('\a');
    }

    return exitCode;
}
catch (Exception exception)
{
    var failure = Outcome.Failure(exception, interruption.Stop.IsCancellationRequested);
    Console.Error.WriteLine($"Error: {failure.Message}");
    if (!ci.IsOn && console is not null && !args.Contains("--ci=none"))
    {
        // It ended before the settings were known; an annotation needs none.
        ci = console.Report(Path.GetTempPath(), Directory.GetCurrentDirectory(), secrets, Environment.GetEnvironmentVariable, TimeProvider.System);
        ci.Annotate(isError: true, "The run failed", failure.Message);
    }
    else
    {
        ci.Annotate(isError: true, "The run failed", failure.Message);
        ci.Complete();
    }

    if (failure != exception && arguments?.Get("verbosity") is { } verbosity && verbosity.StartsWith("d", StringComparison.OrdinalIgnoreCase))
    {
        Console.Error.WriteLine(exception);
    }

    if (args.Contains("--output=json") && args.Any(a => a.EndsWith(nameof(Build.Tasks.BuildTemplate), StringComparison.OrdinalIgnoreCase)))
    {
        MachineOutput.Write(BuildResults.Json((int)failure.Kind, [.. outcome.Results]));
    }

    return (int)failure.Kind;
}
