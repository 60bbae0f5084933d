using System.Text;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Packer.Running;

/// <summary>
/// The structured log of a run in the runtime root: <c>events.jsonl</c>, one JSON object a line with <c>time</c>,
/// <c>stage</c>, <c>level</c>, <c>message</c> and <c>chain_id</c>, masked; and <c>result.json</c>. Telling one never
/// fails: when the disk is full, the events are dropped.
/// </summary>
public sealed class RunLogFile : IRunLog, IDisposable
{
    /// <summary>The name of the file that says how the run ended.</summary>
    public const string ResultName = "result.json";

    private readonly Lock gate = new();
    private readonly ChainId chain;
    private readonly SecretSet secrets;
    private readonly TimeProvider time;
    private readonly Transcript transcript;
    private FileStream? file;

    /// <summary>Creates the run's log folder and its files, and lets <c>latest</c> point at it.</summary>
    public RunLogFile(RuntimePaths paths, ChainId chain, SecretSet secrets, TimeProvider? time = null)
    {
        this.chain = chain;
        this.secrets = secrets;
        this.time = time ?? TimeProvider.System;
        Folder = paths.Logs(chain.Subject, chain.Stamp);
        Directory.CreateDirectory(Folder);
        file = new FileStream(Path.Combine(Folder, "events.jsonl"), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        transcript = new Transcript(Path.Combine(Folder, "build.log"), secrets, this.time);
        LatestLink.Point(paths.TemplateLogs(chain.Subject), chain.Stamp.ToString());
    }

    /// <summary>The run's log folder.</summary>
    public string Folder { get; }

    /// <summary>The log that Packer's output goes to.</summary>
    public string PackerLog => Path.Combine(Folder, "packer.log");

    /// <summary>Adds a line that Packer said to people to the log for people.</summary>
    public void Say(string stage, string line) => transcript.Write(stage, line);

    /// <summary>Closes the log for people, <c>build.log</c>, for the record; null when there is none that is whole.</summary>
    public PackerLog? CloseTranscript() => transcript.Close();

    /// <inheritdoc/>
    public void Write(string stage, EventLevel level, string message)
    {
        if (level > EventLevel.Debug && (stage != PackerRunner.Stage || level > EventLevel.Info))
        {
            // Packer's own steps are among what it says.
            transcript.Write(stage, level > EventLevel.Info ? $"{level}: {message}" : message);
        }

        var line = new JObject
        {
            ["time"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["stage"] = stage,
            ["level"] = level.ToString().ToLowerInvariant(),
            ["message"] = secrets.MaskIn(message),
            ["chain_id"] = chain.ToString(),
        }.ToString(Formatting.None) + "\n";
        lock (gate)
        {
            try
            {
                file?.Write(Encoding.UTF8.GetBytes(line));
            }
            catch (IOException)
            {
                // The disk is full; whoever must write something that matters fails and says so.
            }
        }
    }

    /// <summary>Writes <c>result.json</c>: how the run ended. Fields that are null are left out.</summary>
    public void WriteResult(RunResult result)
    {
        var json = JObject.FromObject(result, JsonSerializer.Create(new JsonSerializerSettings
        {
            ContractResolver = new Newtonsoft.Json.Serialization.DefaultContractResolver { NamingStrategy = new Newtonsoft.Json.Serialization.SnakeCaseNamingStrategy() },
            NullValueHandling = NullValueHandling.Ignore,
            DateFormatString = "yyyy-MM-dd'T'HH:mm:ss'Z'",
            DateTimeZoneHandling = DateTimeZoneHandling.Utc,
        }));
        json.AddFirst(new JProperty("chain_id", chain.ToString()));
        AtomicFile.Write(Path.Combine(Folder, ResultName), secrets.MaskIn(json.ToString(Formatting.Indented)) + "\n");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            file?.Dispose();
            file = null;
        }

        transcript.Dispose();
    }
}

/// <summary>How a run ended.</summary>
public sealed record RunResult
{
    /// <summary><c>success</c>, <c>failed</c> or <c>interrupted</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The exit code of the contract.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The template.</summary>
    public required string Template { get; init; }

    /// <summary>When the run started.</summary>
    public required DateTime StartedUtc { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTime FinishedUtc { get; init; }

    /// <summary>The VMID, when there is one.</summary>
    public int? Vmid { get; init; }

    /// <summary>The node.</summary>
    public string? Node { get; init; }

    /// <summary>The SHA-256 of <c>packer.log</c>.</summary>
    public string? LogSha256 { get; init; }

    /// <summary>The size of <c>packer.log</c>.</summary>
    public long? LogBytes { get; init; }

    /// <summary>What a failed run has kept.</summary>
    public KeptVm? Kept { get; init; }

    /// <summary>The record's folder.</summary>
    public string? Record { get; init; }

    /// <summary>The failure's paragraph.</summary>
    public string? Failure { get; init; }
}
