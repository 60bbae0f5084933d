using System.Globalization;
using Cake.Core;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Cake.Frosting.Tests;

/// <summary>A build of the given tasks, run inside the test, with what it printed and what its parts noted down.</summary>
internal sealed class HostBuild : IDisposable
{
    private readonly StringWriter _output = new(CultureInfo.InvariantCulture);
    private readonly StringWriter _errors = new(CultureInfo.InvariantCulture);
    private readonly List<Action<CakeHost>> _configurations = [];

    public HostBuild(params Type[] tasks)
        => With(host => host.ConfigureServices(services =>
        {
            foreach (var task in tasks)
            {
                services.AddSingleton(typeof(IFrostingTask), task);
            }
        }));

    public Journal Journal { get; } = new();

    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("frosting-");

    public string Output => _output.ToString();

    public string Errors => _errors.ToString();

    public HostBuild With(Action<CakeHost> configure)
    {
        _configurations.Add(configure);
        return this;
    }

    public int Run(params string[] args)
    {
        var host = new CakeHost()
            .UseContext<JournalContext>()
            .UseWorkingDirectory(Folder.FullName)
            .ConfigureServices(services => services
                .AddSingleton(Journal)
                .AddSingleton<IConsole>(new WriterConsole(_output, _errors))
                .AddSingleton(AnsiConsole.Create(new AnsiConsoleSettings
                {
                    Ansi = AnsiSupport.No,
                    ColorSystem = ColorSystemSupport.NoColors,
                    Out = new AnsiConsoleOutput(_output),
                })));
        _configurations.ForEach(configure => configure(host));

        // Cake's working directory is that of the process.
        var before = Environment.CurrentDirectory;
        try
        {
            return host.Run(args);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    public void Dispose() => Folder.Delete(recursive: true);

    private sealed class WriterConsole(TextWriter output, TextWriter errors) : IConsole
    {
        public ConsoleColor ForegroundColor { get; set; }

        public ConsoleColor BackgroundColor { get; set; }

        public bool SupportAnsiEscapeCodes => false;

        public void Write(string format, params object[] arg) => output.Write(Format(format, arg));

        public void Write(string value) => output.Write(value);

        public void WriteLine(string format, params object[] arg) => output.WriteLine(Format(format, arg));

        public void WriteLine(string value) => output.WriteLine(value);

        public void WriteError(string format, params object[] arg) => errors.Write(Format(format, arg));

        public void WriteError(string value) => errors.Write(value);

        public void WriteErrorLine(string format, params object[] arg) => errors.WriteLine(Format(format, arg));

        public void WriteErrorLine(string value) => errors.WriteLine(value);

        public void ResetColor()
        {
        }

        private static string Format(string format, object[] arg)
            => arg.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, arg);
    }
}

/// <summary>What tasks and lifetimes did, in order.</summary>
internal sealed class Journal
{
    private readonly List<string> _entries = [];

    public IReadOnlyList<string> Entries => _entries;

    public void Add(string entry) => _entries.Add(entry);
}

internal sealed class JournalContext(ICakeContext context, Journal journal) : FrostingContext(context)
{
    public void Note(string entry) => journal.Add(entry);
}

/// <summary>A task that notes its own name.</summary>
internal abstract class NotingTask : FrostingTask<JournalContext>
{
    public override void Run(JournalContext context) => context.Note(GetType().Name);
}
