using System.Globalization;
using Cake.Core.Diagnostics;

namespace Build.Output;

/// <summary>
/// Cake's log at the console: plain lines in the terminal's own colours, warnings and errors marked. Cake's own
/// writes bold white and puts values on a blue ground, which nobody can read on a light terminal.
/// </summary>
/// <param name="output">Where everything else is written, in order.</param>
/// <param name="error">Where errors are written.</param>
/// <param name="colours">Whether warnings and errors may be coloured.</param>
internal sealed class ConsoleLog(Func<TextWriter> output, Func<TextWriter> error, bool colours) : ICakeLog
{
    private const int Red = 31;
    private const int Yellow = 33;

    private readonly Lock writing = new();

    /// <inheritdoc/>
    public Verbosity Verbosity { get; set; } = Verbosity.Normal;

    /// <inheritdoc/>
    public void Write(Verbosity verbosity, LogLevel level, string format, params object[] args)
    {
        if (verbosity > Verbosity)
        {
            return;
        }

        var text = args is { Length: > 0 } ? string.Format(CultureInfo.InvariantCulture, format, args) : format;
        lock (writing)
        {
            var colour = level switch { LogLevel.Fatal or LogLevel.Error => Red, LogLevel.Warning => Yellow, _ => 0 };
            (level <= LogLevel.Error ? error() : output()).WriteLine(colours && colour != 0 ? ConsoleStyle.Coloured(text, colour) : text);
        }
    }
}
