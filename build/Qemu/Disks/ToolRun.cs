using System.Diagnostics;
using Foundation;

namespace Qemu.Disks;

/// <summary>Runs a program to its end.</summary>
internal static class ToolRun
{
    /// <exception cref="QemuException">It fails; the message has what it said.</exception>
    public static async Task DoAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation) => await ReadAsync(program, arguments, cancellation);

    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="QemuException">It fails; the message has what it said.</exception>
    public static async Task<string> ReadAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        arguments.ToList().ForEach(start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var (error, output) = (process.StandardError.ReadToEndAsync(CancellationToken.None), process.StandardOutput.ReadToEndAsync(CancellationToken.None));
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            ProcessTree.Kill(process);
            throw;
        }

        if (process.ExitCode != 0)
        {
            var said = (await error + await output).Trim().ReplaceLineEndings("; ");
            throw new QemuException($"{Path.GetFileName(program)} failed: {(said.Length > 600 ? said[^600..] : said)}");
        }

        return await output;
    }
}
