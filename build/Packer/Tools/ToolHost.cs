using System.Diagnostics;
using Foundation;

namespace Packer.Tools;

/// <summary>What a finished program left.</summary>
/// <param name="ExitCode">Its exit code; 124 when it was ended for taking too long.</param>
/// <param name="Output">Its output and error output.</param>
internal sealed record Finished(int ExitCode, string Output);

/// <summary>The machine on which tools are looked for: where programs are, and how they are run.</summary>
public sealed record ToolHost
{
    /// <summary>The folders to search, as in <c>PATH</c>.</summary>
    public required string SearchPath { get; init; }

    /// <summary>The user's home folder.</summary>
    public required string Home { get; init; }

    /// <summary>Whether this process may install packages without <c>sudo</c>.</summary>
    public required bool IsRoot { get; init; }

    /// <summary>The folder with apt's package lists.</summary>
    public string AptLists { get; init; } = "/var/lib/apt/lists";

    /// <summary>The value of <c>PACKER_PLUGIN_PATH</c>, or null.</summary>
    public string? PluginPath { get; init; }

    /// <summary>The value of <c>PACKER_CONFIG_DIR</c>, or null.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>The value of <c>XDG_CONFIG_HOME</c>, or null.</summary>
    public string? XdgConfigHome { get; init; }

    /// <summary>This machine.</summary>
    public static ToolHost Current() => new()
    {
        SearchPath = Environment.GetEnvironmentVariable("PATH") ?? "",
        Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        IsRoot = !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess,
        PluginPath = Environment.GetEnvironmentVariable("PACKER_PLUGIN_PATH"),
        ConfigFolder = Environment.GetEnvironmentVariable("PACKER_CONFIG_DIR"),
        XdgConfigHome = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME"),
    };

    /// <summary>All programs of a name on the search path, the first found first.</summary>
    internal IEnumerable<string> Programs(string name) =>
        from folder in SearchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        where Path.IsPathFullyQualified(folder)
        let path = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)
        where IsProgram(path)
        select path;

    /// <summary>Whether a path is a file that can be run.</summary>
    internal static bool IsProgram(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);

    /// <summary>Runs a program to its end, with nothing on its input, so that it cannot wait for anybody.</summary>
    internal static async Task<Finished> RunAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan limit, Action<string>? onLine = null,
        IReadOnlyDictionary<string, string>? environment = null, string? folder = null, CancellationToken cancellation = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var output = new System.Text.StringBuilder();
        void Take(string? line)
        {
            if (line is not null)
            {
                lock (output)
                {
                    output.AppendLine(line);
                }

                onLine?.Invoke(line);
            }
        }

        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            ProcessTree.Kill(process);
            cancellation.ThrowIfCancellationRequested();
            lock (output)
            {
                return new Finished(124, output.ToString());
            }
        }

        return new Finished(process.ExitCode, output.ToString());
    }
}
