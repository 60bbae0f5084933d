using System.Diagnostics;
using System.Text;
using Foundation;

namespace Qemu.Running;

/// <summary>
/// A program that runs beside this one until it is told to end. On Linux it is in a session of its own, so that a terminal's
/// Ctrl-C is for this program alone.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const int MostSaid = 4000;
    private static readonly string? NewSession = OperatingSystem.IsLinux() ? QemuTools.Find("setsid") : null;

    private readonly Process process;
    private readonly StringBuilder said = new();

    private ChildProcess(Process process, RunFolder folder)
    {
        this.process = process;
        process.ErrorDataReceived += (_, e) => Hear(e.Data);
        process.OutputDataReceived += (_, e) => Hear(e.Data);
        process.Start();
        folder.Note(process);
        process.StandardInput.Close();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        Ended = EndAsync();
    }

    /// <summary>Ends when the program has, with its exit code.</summary>
    public Task<int> Ended { get; }

    /// <summary>The program's number.</summary>
    public int Id => process.Id;

    /// <summary>What it said last, one line.</summary>
    public string LastWords
    {
        get
        {
            lock (said)
            {
                return string.Join("; ", said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(4));
            }
        }
    }

    public static ChildProcess Start(string program, IEnumerable<string> arguments, RunFolder folder)
    {
        var start = new ProcessStartInfo(NewSession ?? program)
        {
            RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = folder.Path,
        };
        if (NewSession is not null)
        {
            start.ArgumentList.Add(program);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // It needs none of the secrets that this program was given.
        foreach (var name in start.Environment.Keys.Where(n => n is not ("PATH" or "HOME" or "TMPDIR" or "LANG" or "SystemRoot" or "TEMP" or "TMP")).ToList())
        {
            start.Environment.Remove(name);
        }

        return new ChildProcess(new Process { StartInfo = start }, folder);
    }

    public void Kill() => ProcessTree.Kill(process);

    public void Dispose() => process.Dispose();

    private async Task<int> EndAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (said)
        {
            said.Append([.. line.Take(500).Select(c => char.IsControl(c) ? ' ' : c)]).Append('\n');
            if (said.Length > MostSaid)
            {
                said.Remove(0, said.Length - MostSaid);
            }
        }
    }
}
