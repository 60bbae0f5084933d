using System.ComponentModel;
using Cake.Cli;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console.Cli;

namespace Cake.Frosting.Internal;

/// <summary>Reads the command line with Spectre.Console.Cli, as the official host always does: help, mistakes, rare notations.</summary>
internal sealed class SpectreCommand : Command<SpectreCommand.Settings>
{
    private readonly Func<HostOptions, IRemainingArguments, int> _execute;

    public SpectreCommand(Func<HostOptions, IRemainingArguments, int> execute) => _execute = execute;

    /// <returns>What the build returns; 0 after help; -1 when the command line is wrong.</returns>
    public static int Run(IServiceCollection services, string[] args)
        => Run(args, (options, remaining) => HostRun.Execute(services, options, remaining));

    internal static int Run(string[] args, Func<HostOptions, IRemainingArguments, int> execute)
    {
        var registrar = new TypeRegistrar();
        registrar.RegisterInstance(typeof(Func<HostOptions, IRemainingArguments, int>), execute);
        var app = new CommandApp<SpectreCommand>(registrar);
        app.Configure(config =>
        {
            config.ValidateExamples();
            config.AddExample([]);
            config.AddExample("--verbosity", "quiet");
            config.AddExample("--tree");

            // --version=1.2.3 is an argument of the build, --version is one of the host.
            config.Settings.ConvertFlagsToRemainingArguments = true;
        });
        return app.Run(args);
    }

    public override int Execute(CommandContext context, Settings settings, CancellationToken cancellationToken)
        => _execute(settings.ToOptions(), context.Remaining);

    internal sealed class Settings : CommandSettings
    {
        [CommandOption("--target|-t <TARGET>")]
        [DefaultValue("Default")]
        [Description("Target task to invoke.")]
        public string[] Targets { get; set; }

        [CommandOption("--working|-w <PATH>")]
        [TypeConverter(typeof(Cli.DirectoryPathConverter))]
        [Description("Sets the working directory")]
        public DirectoryPath WorkingDirectory { get; set; }

        [CommandOption("--verbosity|-v <VERBOSITY>")]
        [Description("Specifies the amount of information to be displayed.\n(Quiet, Minimal, Normal, Verbose, Diagnostic).\nWhen omitted, taken from configuration (defaults to Normal).")]
        [TypeConverter(typeof(VerbosityConverter))]
        public Verbosity? Verbosity { get; set; }

        [CommandOption("--description|--descriptions|--showdescription|--showdescriptions")]
        [Description("Shows description for each task.")]
        public bool Description { get; set; }

        [CommandOption("--tree|--showtree")]
        [Description("Shows the task dependency tree.")]
        public bool Tree { get; set; }

        [CommandOption("--dryrun|--noop|--whatif")]
        [Description("Performs a dry run.")]
        public bool DryRun { get; set; }

        [CommandOption("--exclusive|-e")]
        [Description("Executes the target task without any dependencies.")]
        public bool Exclusive { get; set; }

        [CommandOption("--version|--ver")]
        [Description("Displays version information.")]
        public bool Version { get; set; }

        [CommandOption("--info")]
        [Description("Displays additional information about Cake.")]
        public bool Info { get; set; }

        [CommandOption("--no-report")]
        [Description("Prevent the display of the summary report at the end of Cake Execution.")]
        public bool NoReport { get; set; }

        public HostOptions ToOptions() => new()
        {
            Targets = Targets,
            WorkingDirectory = WorkingDirectory,
            Verbosity = Verbosity,
            Description = Description,
            Tree = Tree,
            DryRun = DryRun,
            Exclusive = Exclusive,
            Version = Version,
            Info = Info,
            NoReport = NoReport,
        };
    }
}
