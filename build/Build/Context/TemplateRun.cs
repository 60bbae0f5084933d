using Build.Output;
using Foundation;
using Packer.Diagnosis;
using Packer.Running;
using Packer.Staging;
using Proxmox.Machines;
using Proxmox.Staging;
using Records;
using Templates;

namespace Build.Context;

/// <summary>
/// The build of one template on its way through the targets: each target adds what it made. A run that failed is
/// passed over by the targets that follow.
/// </summary>
/// <param name="chosen">What is built.</param>
/// <param name="chain">When the run started, and what ties its logs, events and record together.</param>
public sealed class TemplateRun(ChosenTemplate chosen, ChainId chain) : IRunLog
{
    private RunTimes? times;
    private bool hasEnded;

    /// <summary>What is built, as the user chose it.</summary>
    public ChosenTemplate Chosen { get; } = chosen;

    /// <summary>What is built.</summary>
    public Template Template => Chosen.Template;

    /// <summary>What the build is made of, from Validate on.</summary>
    public BuildPlan? Plan { get; set; }

    /// <summary>What ties the run's logs, events and record together.</summary>
    public ChainId Chain { get; } = chain;

    /// <summary>The VM's name while it is built, and the template's.</summary>
    public string VmName { get; } = VmNames.For(chosen.Template, chain);

    /// <summary>The run's structured log, once something of it is to be kept.</summary>
    public RunLogFile? LogFile { get; set; }

    /// <summary>Shows the run on the console while its chain is under way.</summary>
    internal ProgressDisplay? Display { get; set; }

    /// <summary>When its chain began.</summary>
    internal RunTimes Times => times ?? throw new InvalidOperationException($"The chain of {Template.Id} has not begun");

    /// <summary>How long its chain took.</summary>
    internal TimeSpan Took { get; private set; }

    /// <summary>What is said of it at the very end, after Cake's report.</summary>
    internal IList<string> Conclusions { get; } = [];

    /// <summary>What its end met that somebody has to know of; said after all chains.</summary>
    internal IList<(EventLevel Level, string Message)> LastWords { get; } = [];

    /// <summary>The checks of the template's own files; they need no server and run from Tools on, beside Init.</summary>
    public Task<IReadOnlyList<TemplateFinding>>? OwnChecks { get; set; }

    /// <summary>Whether these have found errors, each of which is told on its own.</summary>
    public bool HasErrors { get; set; }

    /// <summary>Whether Packer has accepted a workspace of this run's template and values: once is enough, for <c>packer build</c> looks once more.</summary>
    public bool IsAcceptedByPacker { get; set; }

    /// <summary>The VMID that was chosen.</summary>
    public int? Vmid { get; set; }

    /// <summary>The workspace, from Validate to the end of the run.</summary>
    public Workspace? Workspace { get; set; }

    /// <summary>The installation media on the storage, the first one the system's own.</summary>
    public IReadOnlyList<StagedIso> Isos { get; set; } = [];

    /// <summary>The builder that Packer says it started; null when its log does not say.</summary>
    public StartedBuilder? Started { get; set; }

    /// <summary>What Packer built.</summary>
    public PackerResult? Packer { get; set; }

    /// <summary>The template as the API describes it.</summary>
    public VmFacts? Facts { get; set; }

    /// <summary>The media that the API showed in the drives while it was built; null when nobody looked.</summary>
    public IReadOnlyList<ObservedMedium>? Media { get; set; }

    /// <summary>What the smoke test found.</summary>
    public SmokeTestResult? SmokeTest { get; set; }

    /// <summary>The record.</summary>
    public SealedRecord? Record { get; set; }

    /// <summary>Whether Packer was started, so that there may be a VM.</summary>
    public bool MayHaveVm { get; set; }

    /// <summary>The identity of the VM that Packer made (<c>smbios1</c>), by which it is known even where its name and notes are not ours; or null.</summary>
    public string? Smbios { get; set; }

    /// <summary>What the run has kept when it failed, or null.</summary>
    public KeptVm? Kept { get; set; }

    /// <summary>Why the run failed, or null.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The record since which nothing has changed, so that there is nothing to build; null when there is.</summary>
    public string? SkippedFor { get; set; }

    /// <summary>How it ended, or stands: <c>success</c>, <c>skipped</c>, <c>failed</c> or <c>interrupted</c>.</summary>
    internal string Status => SkippedFor is not null ? "skipped" : Failure is null ? "success" : Outcome.Kind(Failure) == FailureKind.Interrupted ? "interrupted" : "failed";

    /// <summary>Whether the next target has something to do for it.</summary>
    public bool Active => Failure is null && SkippedFor is null;

    /// <summary>Begins the chain with the first target: its times, and its log.</summary>
    internal void Begin(BuildContext context)
    {
        times ??= new RunTimes(context.Time);
        LogFile ??= new RunLogFile(context.Settings.Runtime, Chain, context.Secrets, context.Time);
    }

    /// <summary>Ends the chain; false when it has ended before.</summary>
    internal bool End()
    {
        if (hasEnded)
        {
            return false;
        }

        hasEnded = true;
        Took = times?.Elapsed ?? TimeSpan.Zero;
        return true;
    }

    /// <inheritdoc/>
    public void Write(string stage, EventLevel level, string message)
    {
        LogFile?.Write(stage, level, message);
        if (level > EventLevel.Debug)
        {
            Display?.Tell(Template.Id, level, message);
        }
    }
}
