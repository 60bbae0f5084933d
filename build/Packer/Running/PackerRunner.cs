using Foundation;
using Packer.Staging;
using Packer.Tools;

namespace Packer.Running;

/// <summary>What a successful build left.</summary>
/// <param name="ArtifactId">The artifact's id from Packer's manifest: the VMID.</param>
/// <param name="BuilderType">The builder, such as <c>proxmox-iso</c>.</param>
/// <param name="RunUuid">Packer's own id of the run.</param>
/// <param name="Log">Its complete log.</param>
/// <param name="Elapsed">How long Packer ran.</param>
public sealed record PackerResult(string ArtifactId, string BuilderType, string RunUuid, PackerLog Log, TimeSpan Elapsed)
{
    /// <summary>The artifact's id as a VMID; 0 when it is no number.</summary>
    public int Vmid => int.TryParse(ArtifactId, out var id) ? id : 0;
}

/// <summary>A finished log.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">The SHA-256 of its bytes, taken while they were written.</param>
/// <param name="Bytes">Its size.</param>
public sealed record PackerLog(string Path, string Sha256, long Bytes);

/// <summary>How long Packer may take to end after it was interrupted.</summary>
/// <param name="Cleanup">For ending what it is at.</param>
/// <param name="Grace">After SIGTERM, before it is killed.</param>
public sealed record InterruptLimits(TimeSpan Cleanup, TimeSpan Grace)
{
    /// <summary>Two minutes, and ten seconds more.</summary>
    public static InterruptLimits Default { get; } = new(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(10));
}

/// <summary>Runs Packer in a workspace.</summary>
public sealed class PackerRunner
{
    /// <summary>The stage that events of a running Packer name.</summary>
    public const string Stage = "packer";

    private readonly PackerTool tool;
    private readonly SecretSet secrets;
    private readonly IRunLog events;
    private readonly TimeProvider time;
    private readonly InterruptLimits limits;

    /// <summary>Creates a runner.</summary>
    /// <param name="tool">The Packer to run.</param>
    /// <param name="secrets">What is masked.</param>
    /// <param name="events">Told Packer's steps.</param>
    /// <param name="time">The clock.</param>
    /// <param name="limits">How long an interrupted Packer may take.</param>
    public PackerRunner(PackerTool tool, SecretSet secrets, IRunLog events, TimeProvider? time = null, InterruptLimits? limits = null)
    {
        this.tool = tool;
        this.secrets = secrets;
        this.events = events;
        this.time = time ?? TimeProvider.System;
        this.limits = limits ?? InterruptLimits.Default;
    }

    /// <summary>Lets Packer stop after each of its steps (<c>-debug</c>), and answers what it asks then; null for neither.</summary>
    public PackerAnswer? Answer { get; init; }

    /// <summary>Runs <c>packer validate</c>.</summary>
    /// <returns>What Packer objects to; empty when it is content.</returns>
    public async Task<IReadOnlyList<PackerFinding>> ValidateAsync(Workspace workspace, CancellationToken cancellation = default)
    {
        EnsureThere();
        var environment = PackerEnvironment.For(workspace, log: false);
        using var process = PackerProcess.Start(tool.Path, ["validate", "."], workspace.Folder, environment);
        using var output = new StreamReader(process.Output);
        using var errors = new StreamReader(process.Log);
        try
        {
            var texts = await Task.WhenAll(output.ReadToEndAsync(cancellation), errors.ReadToEndAsync(cancellation));
            await process.WaitAsync(cancellation);
            return process.ExitCode == 0 ? [] : PackerFinding.Read(secrets.MaskIn(string.Join('\n', texts)));
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>
    /// Runs <c>packer validate</c> on several workspaces, as many at a time as there are processors, and keeps everything that
    /// Packer says in one log, one workspace after another.
    /// </summary>
    /// <param name="workspaces">The workspaces.</param>
    /// <param name="logFile">The log to write.</param>
    /// <param name="reject">Takes note of one that Packer rejects, so that the others are gone on with; null to fail then.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FailureException">Packer rejects a workspace (<see cref="FailureKind.Validation"/>).</exception>
    public async Task<PackerLog> CheckAsync(
        IReadOnlyList<Workspace> workspaces, string logFile, Action<Workspace, FailureException>? reject = null, CancellationToken cancellation = default)
    {
        EnsureThere();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(logFile))!);
        using var log = new LogWriter(logFile);
        var parts = Enumerable.Range(0, workspaces.Count).Select(i => $"{logFile}.{i}").ToArray();
        var objections = new string?[workspaces.Count];
        try
        {
            await Parallel.ForAsync(
                0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation },
                async (i, stop) => objections[i] = await CheckAsync(workspaces[i], parts[i], stop));
            foreach (var (workspace, part, objection) in workspaces.Zip(parts, objections))
            {
                log.Append(File.ReadAllBytes(part));
                if (objection is not null)
                {
                    var failure = new FailureException(FailureKind.Validation, $"Packer does not accept the workspace {workspace.Folder}", objection, null, logFile);
                    (reject ?? ((_, f) => throw f))(workspace, failure);
                }
            }
        }
        finally
        {
            Array.ForEach(parts, File.Delete);
        }

        return new PackerLog(logFile, Complete(log, logFile), log.Bytes);
    }

    private static string Complete(LogWriter log, string logFile)
    {
        var sha256 = log.Complete();
        return log.Failure is { } broken
            ? throw new FailureException(FailureKind.Packer, "The log of Packer could not be written", broken.Message, "Make room on the disk", logFile, broken)
            : sha256;
    }

    /// <summary>What Packer objects to in one workspace, in one or more lines; null when it is content.</summary>
    private async Task<string?> CheckAsync(Workspace workspace, string logFile, CancellationToken cancellation)
    {
        using var log = new LogWriter(logFile);
        var ui = new PackerUi();
        var pump = new LogPump(log, secrets) { OnLine = ui.Take };
        using var process = PackerProcess.Start(tool.Path, ["validate", "."], workspace.Folder, PackerEnvironment.For(workspace, log: true));
        var pumped = pump.RunAsync(process.Output, process.Log);
        try
        {
            await process.WaitAsync(cancellation);
            await pumped;
        }
        finally
        {
            process.Kill();
        }

        Complete(log, logFile);
        return process.ExitCode == 0 ? null : ui.Reason ?? ui.LastWords;
    }

    /// <summary>
    /// Runs <c>packer build</c>, and keeps everything that Packer says in a log. Packer destroys nothing when it fails
    /// (<c>-on-error=abort</c>): the VM has to be there for whoever looks at it, and the caller decides what becomes of it.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="logFile">The log to write, see <see cref="RuntimePaths.Logs"/>.</param>
    /// <param name="output">Shows what Packer says.</param>
    /// <param name="watch">
    /// Runs beside Packer. When it ends with a reason, the build cannot succeed: Packer is interrupted, and the reason
    /// is the failure's. When it ends with null, nothing happens.
    /// </param>
    /// <param name="cancellation">Interrupts Packer.</param>
    /// <param name="drop">Kills a Packer that was interrupted.</param>
    /// <exception cref="FailureException">
    /// Packer failed (<see cref="FailureKind.Packer"/>) or was interrupted (<see cref="FailureKind.Interrupted"/>);
    /// names the reason and the log, which is complete in any case.
    /// </exception>
    public async Task<PackerResult> BuildAsync(
        Workspace workspace, string logFile, IPackerOutput output, Func<CancellationToken, Task<string?>>? watch = null,
        CancellationToken cancellation = default, CancellationToken drop = default)
    {
        EnsureThere();
        cancellation.ThrowIfCancellationRequested();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(logFile))!);
        File.Delete(workspace.Manifest);
        var started = time.GetTimestamp();
        using var stop = new CancellationTokenSource();
        using var log = new LogWriter(logFile) { OnFailure = () => stop.Cancel() };
        var ui = new PackerUi();
        var ports = new PortWatch(time);
        using var waiting = new WaitNotice(events, time);
        using var terminal = Answer is null ? null : PseudoTerminal.Open();
        var questions = terminal is null ? null : new PackerQuestions(terminal, Answer!);
        var pump = new LogPump(log, secrets)
        {
            OnLine = ui.Take,
            OnLog = lines => { ports.Take(lines); waiting.Take(lines); },
            OnPart = questions is null ? null : questions.TakePart,
            Edit = questions is null ? null : questions.TakeLine,
        };
        using var process = PackerProcess.Start(
            tool.Path, ["build", "-color=false", "-on-error=abort", .. questions is null ? Array.Empty<string>() : ["-debug"], "."], workspace.Folder, PackerEnvironment.For(workspace, log: true), terminal);
        var pumped = pump.RunAsync(process.Output, process.Log);
        var shown = Task.Run(() => ShowAsync(pump, output, waiting, started), CancellationToken.None);
        using var ended = new CancellationTokenSource();
        var answering = questions?.AnswerAsync(ended.Token) ?? Task.CompletedTask;
        var reason = await new PackerWatch(process, limits, events).WaitAsync(token => WatchAsync(watch, ports, waiting, token), ended, stop.Token, cancellation, drop);
        await answering;
        if (await Task.WhenAny(pumped, Task.Delay(TimeSpan.FromSeconds(5), CancellationToken.None)) != pumped)
        {
            events.Write(Stage, EventLevel.Warning, "A process that Packer started holds its output open; what it may still say is not in the log");
            pump.Abandon();
        }

        await Task.WhenAny(shown, Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None));
        var sha256 = pump.Close();
        var done = new PackerLog(logFile, sha256, log.Bytes);
        MaskCrashLog(workspace);
        if (log.Failure is { } broken)
        {
            throw new FailureException(FailureKind.Packer, "Packer was stopped", $"its log could not be written: {broken.Message}", "Make room on the disk", logFile, broken);
        }

        Judge(process.ExitCode, reason, ui, logFile, cancellation);
        var manifest = PackerManifest.Read(workspace.Manifest, logFile);
        return new PackerResult(manifest.ArtifactId, manifest.BuilderType, manifest.RunUuid, done, time.GetElapsedTime(started));
    }

    // What the watch returns, that Packer can never serve its files, or that it can never log in, whichever is first.
    private static async Task<string?> WatchAsync(Func<CancellationToken, Task<string?>>? watch, PortWatch ports, WaitNotice waiting, CancellationToken ended)
    {
        var watching = watch?.Invoke(ended) ?? Task.FromResult<string?>(null);
        var givenUp = Task.WhenAny(ports.GivenUp, waiting.GivenUp).Unwrap();
        var first = await Task.WhenAny((Task)watching, givenUp);
        return first == watching && await watching is { } reason ? reason : await givenUp.WaitAsync(ended);
    }

    private static void Judge(int exitCode, string? reason, PackerUi ui, string log, CancellationToken cancellation)
    {
        if (reason is not null)
        {
            throw new FailureException(FailureKind.Packer, "The build cannot succeed and was stopped", reason, null, log);
        }

        if (cancellation.IsCancellationRequested)
        {
            throw new FailureException(FailureKind.Interrupted, "The build was interrupted", null, null, log);
        }

        if (!OperatingSystem.IsWindows() && exitCode is > 128 and < 160)
        {
            throw new FailureException(
                FailureKind.Packer, $"Packer was killed by signal {exitCode - 128}", ui.Reason,
                "Look for the cause outside of the build, such as too little memory", log);
        }

        if (exitCode != 0)
        {
            throw new FailureException(FailureKind.Packer, $"Packer failed with exit code {exitCode}", ui.Reason ?? ui.LastWords, null, log);
        }
    }

    private async Task ShowAsync(LogPump pump, IPackerOutput output, WaitNotice waiting, long started)
    {
        using var notice = new ShutdownNotice(events, time);
        await foreach (var line in pump.Lines.ReadAllAsync())
        {
            if (PackerUi.StepOf(line) is { } step)
            {
                notice.Take(step);
                waiting.Take(step);
                output.OnStep(step, time.GetElapsedTime(started));
            }

            output.OnLine(line);
            if (pump.TakeSkipped() is > 0 and var skipped)
            {
                output.OnSkipped(skipped);
            }
        }
    }

    // Packer writes one when it panics, without asking where and without masking anything.
    private void MaskCrashLog(Workspace workspace)
    {
        var crash = Path.Combine(workspace.Folder, "crash.log");
        if (File.Exists(crash))
        {
            AtomicFile.Write(crash, secrets.MaskIn(File.ReadAllText(crash)));
        }
    }

    private void EnsureThere()
    {
        if (!ToolHost.IsProgram(tool.Path))
        {
            throw new FailureException(FailureKind.Packer, "Packer cannot be run", $"there is no program at {tool.Path}", "Run the target Tools");
        }
    }
}
