using Build.Ci;
using Build.CommandLine;
using Build.Environments;
using Build.Output;
using Build.Pipeline;
using Build.Settings;
using Cake.Core;
using Cake.Frosting;
using Foundation;
using Packer.Tools;
using Proxmox;
using Records;
using Records.Sealing;
using Records.Signing;
using Templates;

namespace Build.Context;

/// <summary>
/// What the tasks share. It holds and hands out; what it hands out is made when a task first asks, so that a target
/// pays only for what it uses.
/// </summary>
public sealed class BuildContext : FrostingContext
{
    private readonly ArgumentList arguments;
    private readonly Lazy<IReadOnlyList<TemplateRun>> runs;
    private readonly Lazy<RecordSigner> signer;
    private readonly Lazy<(RunClaim Claim, RunTimes Times)> claim;
    private readonly Lazy<Task<MeasuredOrigin>> origin;
    private readonly Lazy<ProxmoxClient> asPacker;

    public BuildContext(
        ICakeContext context, ArgumentList arguments, BuildSettings settings, Interruption interruption, Outcome outcome, SecretSet secrets, SandboxStart sandbox,
        CiReport ci, TimeProvider time, StageReport report)
        : base(context)
    {
        this.arguments = arguments;
        Settings = settings;
        Interruption = interruption;
        Outcome = outcome;
        Secrets = secrets;
        if (settings.SigningKey is { } key && SigningKeyFile.IsPrivateKey(key))
        {
            secrets.Add(key);
        }

        Sandbox = sandbox;
        Ci = ci;
        Time = time;
        Report = report;
        claim = new(() =>
        {
            var taken = RunClaim.Take(settings.Runtime, UtcStamp.From(time.GetUtcNow()));
            return (taken, new RunTimes(time, taken.Stamp));
        });
        Catalogue = new TemplateCatalogue(settings.PackerFolder);
        runs = new(() =>
        {
            // What is wrong with the selection is said before anything is written.
            var ids = Catalogue.Select(settings.TemplateSelection is { } s ? [s] : []);
            if (ids.Count > 1 && Settings.GuestAddress is { } address)
            {
                throw new FailureException(
                    FailureKind.Usage, $"--{Options.GuestAddress}={address} cannot be that of {ids.Count} templates", "each guest needs an address of its own", "Build one, or write network into each template.json");
            }

            if (ids.Count > 1 && Settings.Debug)
            {
                throw new FailureException(FailureKind.Usage, $"--{Options.Debug} is not possible with {ids.Count} templates", "somebody steps through one build at a time", "Build one");
            }

            var templates = ids.Select(Choose).ToList();
            return [.. templates.Select(t => new TemplateRun(t, new ChainId(Started, t.Template.Id)))];
        });
        origin = new(() => Task.Run(() => MeasuredOrigin.Of(InstalledTools.Packer, settings.Root)));
        asPacker = new(() => new(
            BuildEnvironment.Client.Connection, BuildEnvironment.Client.Options with { PreferPassword = InstalledTools.Packer.Generation == PackerGeneration.Builtin, SecondFactor = null }));
        signer = new(() => SigningKeyFile.Open(settings.SigningKey, settings.Runtime.Root, null, System.Environment.GetEnvironmentVariable("SSH_AUTH_SOCK")));
    }

    /// <summary>What the user wants.</summary>
    public BuildSettings Settings { get; }

    /// <summary>Ctrl-C.</summary>
    public Interruption Interruption { get; }

    /// <summary>How the program will end.</summary>
    public Outcome Outcome { get; }

    /// <summary>The CI system that the run is in.</summary>
    public CiReport Ci { get; }

    /// <summary>The secrets of this run.</summary>
    public SecretSet Secrets { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The second that names what this run writes; no other run under the same runtime root has it.</summary>
    public UtcStamp Started => claim.Value.Claim.Stamp;

    /// <summary>When this run began; a template's chain has its own times.</summary>
    internal RunTimes Times => claim.Value.Times;

    /// <summary>Stops a sandbox node that nobody came to use, and gives the second back, at the end of the run.</summary>
    public async ValueTask ReleaseAsync()
    {
        try
        {
            if (asPacker.IsValueCreated)
            {
                asPacker.Value.Dispose();
            }

            await Sandbox.DisposeAsync();
        }
        finally
        {
            if (claim.IsValueCreated)
            {
                claim.Value.Claim.Dispose();
            }
        }
    }

    /// <summary>The notes of VMs that runs make.</summary>
    public VmNotes VmNotes => new(Settings.Runtime);

    /// <summary>The templates.</summary>
    public TemplateCatalogue Catalogue { get; }

    /// <summary>A template with what the user gave for single variables.</summary>
    /// <exception cref="FailureException">Usage: something cannot be given; validation: <c>template.json</c> cannot be read.</exception>
    public ChosenTemplate Choose(string id) => ChosenTemplate.Of(Catalogue, id, Settings.PackerVariables, Settings.GuestAddress);

    /// <summary>The headings on the console.</summary>
    public StageReport Report { get; }

    /// <summary>The chains of the templates; planned when Cake has said what it will run.</summary>
    internal TemplatePipeline Pipeline
    {
        get => field ?? throw new InvalidOperationException("The chains are planned by the lifetime's setup");
        set;
    }

    /// <summary>The builds that were asked for.</summary>
    /// <exception cref="FailureException">Usage: none was named, or one that does not exist.</exception>
    public IReadOnlyList<TemplateRun> Runs => runs.Value;

    /// <summary>Whether the builds have been read; if not, there is nothing of them to clean up.</summary>
    public bool HasRuns => runs.IsValueCreated;

    /// <summary>The installed tools; set by the target Tools.</summary>
    public ToolSet InstalledTools
    {
        get => field ?? throw Missing("tools", nameof(Tasks.Tools));
        set;
    }

    /// <summary>
    /// What records tell of the programs and the source, measured once: when it is first asked for, which is when Packer
    /// starts and nothing else needs the processor.
    /// </summary>
    internal Task<MeasuredOrigin> Origin => origin.Value;

    /// <summary>Where to build; set by the target Init.</summary>
    public IBuildEnvironment BuildEnvironment
    {
        get => field ?? throw Missing("connection", nameof(Tasks.Init));
        set;
    }

    /// <summary>
    /// The server with the login that Packer uses, for its tasks are visible to that login only: Packer 1.6 knows no tokens.
    /// </summary>
    internal ProxmoxClient AsPacker => asPacker.Value;

    /// <summary>The start of the sandbox node.</summary>
    internal SandboxStart Sandbox { get; }

    /// <summary>Whether this run is to end in records of builds.</summary>
    public bool EndsInRecords { get; set; }

    /// <summary>How many builds run at the same time, once it is decided.</summary>
    public int? Parallel { get; set; }

    /// <summary>Whether Init has connected.</summary>
    public bool IsConnected { get; set; }

    /// <summary>Whether the user named a target, rather than one that depends on it.</summary>
    public bool IsAskedFor(string target) =>
        Targets.IsAsked(arguments, target);

    /// <summary>The records of this environment.</summary>
    public RecordRoot RecordRoot => RecordRoot.For(Settings.RecordsFolder, Settings.UseSandbox ? RecordRoot.Sandbox : "proxmox");

    /// <summary>Who signs records.</summary>
    public RecordSigner Signer => signer.Value;

    /// <summary>Writes records.</summary>
    public RecordStore Records => new(RecordRoot, Signer);

    private static FailureException Missing(string what, string target) =>
        new(FailureKind.Usage, $"There is no {what} yet", $"the target {target} has not run", "Leave out --exclusive");
}

/// <summary>The programs that builds need.</summary>
/// <param name="Packer">Packer.</param>
/// <param name="IsoMaker">A program that makes ISO images.</param>
public sealed record ToolSet(PackerTool Packer, IsoMaker IsoMaker);
