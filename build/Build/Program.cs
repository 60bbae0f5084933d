using Build;
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
ArgumentList? arguments = null;
try
{
    var root = RepositoryRoot.Find(Environment.GetEnvironmentVariable, Directory.GetCurrentDirectory());
    arguments = ArgumentList.Parse(args);
    Targets.Check(arguments);
    if (arguments.IsOn("help"))
    {
        Help.Print(Console.Out);
        return 0;
    }

    Targets.CheckOptions(arguments);
    var settings = new BuildSettings(
        arguments, Environment.GetEnvironmentVariable, root, Directory.GetCurrentDirectory(), [.. Environment.GetEnvironmentVariables().Keys.Cast<string>()]);
    settings.Check();
    if (settings.TemplateSelection is { } selection && (selection.Length == 0 || !(Targets.IsAsked(arguments, nameof(Build.Tasks.Verify)) || Targets.IsAsked(arguments, Build.Tasks.NewTarget.Name))))
    {
        // Records outlive their templates, so Verify looks for itself; and New names one that is not there yet.
        new TemplateCatalogue(settings.PackerFolder).Select([selection]);
    }

    if (settings.JsonOutput || Targets.IsAsked(arguments, nameof(Build.Tasks.Matrix)))
    {
        MachineOutput.Reserve();
    }

    await using var sandbox = new SandboxStart(settings, interruption);
    if (settings.UseSandbox && Targets.WillRun(arguments, typeof(Build.Tasks.Init)))
    {
        sandbox.Begin();
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
                () => Console.Out, () => Console.Error,
                ConsoleStyle.MayColour(Environment.GetEnvironmentVariable, Console.IsErrorRedirected)))
            .AddSingleton<ICakeReportPrinter>(services => new StageReport(
                services.GetRequiredService<ICakeLog>(), () => Console.Out, TimeProvider.System))
            .AddSingleton<SecretSet>())
        .Run(args);
    if (InitPreview.IsWanted(settings, arguments))
    {
        await InitPreview.PrintAsync(settings, Console.Out, interruption.Stop);
    }

    foreach (var conclusion in outcome.Conclusions)
    {
        Console.WriteLine(conclusion);
    }

    return outcome.ExitCode(code);
}
catch (Exception exception)
{
    var failure = Outcome.Failure(exception, interruption.Stop.IsCancellationRequested);
    Console.Error.WriteLine($"Error: {failure.Message}");
    if (failure != exception && arguments?.Get("verbosity") is { } verbosity && verbosity.StartsWith("d", StringComparison.OrdinalIgnoreCase))
    {
        Console.Error.WriteLine(exception);
    }

    return (int)failure.Kind;
}
