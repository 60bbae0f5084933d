using System.Diagnostics;
using Foundation;

namespace Build.Stages;

/// <summary>A program that has the console for a while and ends with this one.</summary>
internal static class ForegroundProgram
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">The folder to run in.</param>
    /// <param name="what">What it does, for the message when it is interrupted.</param>
    /// <param name="cancellation">Ends it and what it has started.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="FailureException">It was interrupted.</exception>
    public static async Task<int> RunAsync(string program, IReadOnlyList<string> arguments, string folder, string what, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder })!;
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            ProcessTree.Kill(process);
        }

        // A terminal's Ctrl-C reaches the program too, which may then have ended before this one heard of it.
        return cancellation.IsCancellationRequested ? throw new FailureException(FailureKind.Interrupted, $"{what} was interrupted") : process.ExitCode;
    }
}
