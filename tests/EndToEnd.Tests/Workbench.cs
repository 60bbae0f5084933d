using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>
/// A place of its own for one test: a runtime root, a records folder, and, where a test changes templates, a copy of
/// <c>infra/packer</c>. The program is run as a user runs it, through build.sh.
/// </summary>
internal sealed class Workbench : IDisposable
{
    private readonly Dictionary<string, string?> environment = new() { ["CI"] = "true" };

    public Workbench()
    {
        Folder = Directory.CreateTempSubdirectory("records-e2e-").FullName;
        Records = Path.Combine(Folder, "records");
        if (File.Exists(Path.Combine(Repository.Root, "infra", "env", "proxmox.env")))
        {
            // Somebody has set this checkout up for a cluster, on which no test may build.
            CopyTemplates();
        }
    }

    /// <summary>What the key sends at a terminal.</summary>
    public const string CtrlC = "\u0003";

    /// <summary>The folder of this test.</summary>
    public string Folder { get; }

    public string Runtime => Path.Combine(Folder, "runtime");

    /// <summary>The records folder; another test's, for runs that share one.</summary>
    public string Records { get; init; }

    /// <summary>The records of sandbox builds.</summary>
    public string SandboxRecords => Path.Combine(Records, "sandbox");

    /// <summary>The repository that the program sees: the real one until <see cref="CopyTemplates"/>.</summary>
    public string Root { get; private set; } = Repository.Root;

    /// <summary>Arguments that each run gets.</summary>
    public IReadOnlyList<string> Always { get; set; } = [];

    public Workbench Set(string name, string? value)
    {
        environment[name] = value;
        return this;
    }

    /// <summary>Gives the test its own copy of the templates to change.</summary>
    public string CopyTemplates()
    {
        if (Root != Repository.Root)
        {
            return Path.Combine(Root, "infra", "packer");
        }

        Root = Path.Combine(Folder, "root");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "infra", "packer"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Root, Path.GetRelativePath(Repository.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        File.Copy(Path.Combine(Repository.Root, "cake.config"), Path.Combine(Root, "cake.config"));
        return Path.Combine(Root, "infra", "packer");
    }

    /// <summary>Makes the copy a repository with one commit: builds on a cluster name theirs.</summary>
    public void Commit()
    {
        using var git = Process.Start("sh", ["-c", "cd \"$1\" && git init -q && git add -A && git -c user.name=test -c user.email=test@example.net commit -qm copy", "sh", Root]);
        git.WaitForExit();
        Assert.That(git.ExitCode, Is.Zero);
    }

    /// <summary>Runs the program to its end.</summary>
    public RunResult Run(params string[] arguments)
    {
        using var running = Start(arguments);
        return running.WaitForEnd();
    }

    /// <summary>Runs the program to its end, which may take longer than usual.</summary>
    public RunResult Run(TimeSpan limit, params string[] arguments)
    {
        using var running = Start(arguments);
        return running.WaitForEnd(limit);
    }

    /// <summary>Runs the program at a terminal, where somebody answers its questions; passwords only when nothing that is typed shows.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="answers">
    /// A question and its answer, in the order of the questions; <see cref="CtrlC"/> for an answer that has no Enter behind
    /// it; without an answer the terminal goes away, as when a connection drops.
    /// </param>
    public RunResult RunAtTerminal(string[] arguments, params string?[][] answers)
    {
        const string Somebody = """
            import fcntl, json, os, pty, struct, sys, termios, time
            answers, command = json.loads(sys.argv[1]), sys.argv[2:]
            pid, terminal = pty.fork()
            if pid == 0:
                rows, columns = (int(n) for n in os.environ.pop("ROWS_AND_COLUMNS", "24 80").split())
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execvp(command[0], command)
            seen = b""
            while True:
                try:
                    data = os.read(terminal, 65536)
                except OSError:
                    break
                if not data:
                    break
                sys.stdout.buffer.write(data)
                sys.stdout.flush()
                seen += data
                while answers and answers[0][0].encode() in seen:
                    question, answer = answers.pop(0)
                    if answer is None:
                        os.close(terminal)
                        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                    seen = seen.split(question.encode(), 1)[1]
                    while question.startswith("Password") and termios.tcgetattr(terminal)[3] & termios.ECHO:
                        time.sleep(0.01)
                    os.write(terminal, answer.encode() + (b"" if answer == "\x03" else b"\r"))
            if not termios.tcgetattr(terminal)[3] & termios.ECHO:
                sys.stderr.write("The terminal no longer shows what is typed.")
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """;
        var start = Prepare(UsersShell[0]);
        string[] all = [.. UsersShell[1..], "python3", "-c", Somebody, Newtonsoft.Json.JsonConvert.SerializeObject(answers),
            "bash", Path.Combine(Repository.Root, "build.sh"), $"--runtime-root={Runtime}", $"--records={Records}", .. Always, .. arguments];
        all.ToList().ForEach(start.ArgumentList.Add);
        using var running = new RunningProgram(start);
        return running.WaitForEnd();
    }

    /// <summary>Runs the program below another one, which takes its command line as one word and then a last one.</summary>
    public RunResult RunBelow(string[] launcher, string last, string[] arguments)
    {
        var start = Prepare(launcher[0]);
        string[] command = ["bash", Path.Combine(Repository.Root, "build.sh"), $"--runtime-root={Runtime}", $"--records={Records}", .. Always, .. arguments];
        string[] all = [.. launcher[1..], string.Join(' ', command.Select(w => $"'{w}'")), last];
        all.ToList().ForEach(start.ArgumentList.Add);
        using var running = new RunningProgram(start);
        return running.WaitForEnd();
    }

    /// <summary>Starts the program.</summary>
    public RunningProgram Start(params string[] arguments) => Start([], arguments);

    /// <summary>Starts the program so that it outlives the terminal.</summary>
    public RunningProgram StartByNohup(params string[] arguments) => Start(["nohup"], arguments);

    // Whoever runs the tests in the background lets them inherit that Ctrl-C or a hang-up is ignored; a user's shell does not.
    private static string[] UsersShell => OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,HUP"] : ["env"];

    private RunningProgram Start(string[] launcher, string[] arguments)
    {
        var start = Prepare(UsersShell[0]);
        string[] all = [.. UsersShell[1..], .. launcher, "bash", Path.Combine(Repository.Root, "build.sh"), $"--runtime-root={Runtime}", $"--records={Records}", .. Always, .. arguments];
        foreach (var argument in all)
        {
            start.ArgumentList.Add(argument);
        }

        return new RunningProgram(start);
    }

    private ProcessStartInfo Prepare(string program)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Folder,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        // What the machine that runs the tests is configured for must not leak into them.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("PROXMOX_", StringComparison.Ordinal) || n is "PACKER_PATH" or "RECORD_SIGNING_KEY" or "GITHUB_ACTIONS" or "GITLAB_CI" or "TF_BUILD" or "TEAMCITY_VERSION" or "JENKINS_URL").ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment.Remove(name);
            if (value is not null)
            {
                start.Environment[name] = value;
            }
        }

        if (Root != Repository.Root)
        {
            start.Environment["BUILD_RECORDS_ROOT"] = Root;
        }

        return start;
    }

    /// <summary>The folders of a template's records, oldest first.</summary>
    public IReadOnlyList<string> RecordsOf(string template)
    {
        var folder = Path.Combine(SandboxRecords, "builds", template);
        return Directory.Exists(folder)
            ? [.. new DirectoryInfo(folder).EnumerateDirectories().Where(d => d.LinkTarget is null).Select(d => d.FullName).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Changes a file by a regular expression, whose <c>^</c> and <c>$</c> mean lines; it must match.</summary>
    public static void Change(string file, string pattern, string replacement)
    {
        var text = File.ReadAllText(file);
        var changed = Regex.Replace(text, pattern, replacement, RegexOptions.Multiline);
        Assert.That(changed, Is.Not.EqualTo(text), $"the test changes {file}");
        File.WriteAllText(file, changed);
    }

    /// <summary>A record's run.json.</summary>
    public static JObject RunJson(string record) => JObject.Parse(File.ReadAllText(Path.Combine(record, "run.json")));

    public void Dispose()
    {
        // Sealed records are read-only, folders included.
        if (!OperatingSystem.IsWindows())
        {
            foreach (var folder in new DirectoryInfo(Folder).EnumerateDirectories("*", SearchOption.AllDirectories).Where(d => d.LinkTarget is null))
            {
                File.SetUnixFileMode(folder.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>How the program ended.</summary>
internal sealed record RunResult(int ExitCode, string Output, string Error)
{
    /// <summary>Everything that it printed, for messages of failed assertions.</summary>
    public string All => $"exit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>The program while it runs.</summary>
internal sealed class RunningProgram : IDisposable
{
    // Nothing here takes that long: it is for what hangs, on a machine that has other work as well.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder error = new();
    private readonly Lock gate = new();
    private readonly List<(string[] Words, TaskCompletionSource Seen)> waiting = [];

    public RunningProgram(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Append(output, e.Data);
        process.ErrorDataReceived += (_, e) => Append(error, e.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    /// <summary>Waits until the program prints a line that has all these words.</summary>
    public async Task WaitForAsync(params string[] words)
    {
        TaskCompletionSource seen;
        lock (gate)
        {
            if (output.ToString().Split('\n').Any(l => Has(l, words)))
            {
                return;
            }

            seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((words, seen));
        }

        using var limit = new CancellationTokenSource(Limit);
        var ended = process.WaitForExitAsync(limit.Token);
        var first = await Task.WhenAny(seen.Task, ended);
        Assert.That(first, Is.SameAs(seen.Task), () => $"The program {(ended.IsCanceled ? "still runs and has not" : "ended before it")} printed '{string.Join(' ', words)}'.\n{output}\n{error}");
    }

    /// <summary>What the program has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (gate)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>Asks the program to end, as an init system does.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", $"{process.Id}"])!.WaitForExit();

    /// <summary>Sends Ctrl-C.</summary>
    public void Interrupt() => Process.Start("kill", ["-INT", $"{process.Id}"])!.WaitForExit();

    /// <summary>Tells the program that its terminal has gone.</summary>
    public void HangUp() => Process.Start("kill", ["-HUP", $"{process.Id}"])!.WaitForExit();

    public RunResult WaitForEnd() => WaitForEnd(Limit);

    public RunResult WaitForEnd(TimeSpan limit)
    {
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The program did not end.\n{output}\n{error}");
        }

        process.WaitForExit();
        return new RunResult(process.ExitCode, output.ToString(), error.ToString());
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private void Append(StringBuilder to, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (gate)
        {
            to.AppendLine(line);
            foreach (var (_, seen) in waiting.Where(w => Has(line, w.Words)).ToList())
            {
                seen.TrySetResult();
            }
        }
    }

    private static bool Has(string line, string[] words) => words.All(w => line.Contains(w, StringComparison.Ordinal));
}
