using System.Globalization;
using Build.CommandLine;
using Foundation;
using Packer.Staging;
using Records;
using Records.Signing;
using Templates;

namespace Build.Settings;

/// <summary>
/// What the user wants, from the argument, the environment variable, <c>infra/env/proxmox.env</c> or the default, in
/// this order.
/// </summary>
public sealed class BuildSettings
{
    private readonly ArgumentList arguments;
    private readonly Func<string, string?> variable;
    private readonly IReadOnlyCollection<string> variableNames;
    private readonly Lazy<IReadOnlyDictionary<string, string>> envFile;

    /// <summary>Creates the settings.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="root">The repository's root.</param>
    /// <param name="workingDirectory">What relative paths in arguments are relative to.</param>
    /// <param name="variableNames">The names of all environment variables.</param>
    public BuildSettings(
        ArgumentList arguments, Func<string, string?> variable, string root, string workingDirectory, IReadOnlyCollection<string>? variableNames = null)
    {
        this.variableNames = variableNames ?? [];
        this.arguments = arguments;
        this.variable = variable;
        Root = root;
        WorkingDirectory = workingDirectory;
        envFile = new(() => EnvFile.Read(EnvFilePath));
    }

    /// <summary>The repository's root.</summary>
    public string Root { get; }

    /// <summary>Where the user is.</summary>
    public string WorkingDirectory { get; }

    /// <summary>The file with the connection that Init wrote.</summary>
    public string EnvFilePath => Path.Combine(Root, "infra", "env", "proxmox.env");

    /// <summary>The templates, the HCL and the assets.</summary>
    public string PackerFolder => Path.Combine(Root, "infra", "packer");

    /// <summary>Tools that the project installed for itself.</summary>
    public string ToolsFolder => Path.Combine(Root, ".tools");

    /// <summary>The records of real builds.</summary>
    public string RecordsFolder => Folder(Options.Records, "records");

    /// <summary>Whether that folder was named; a folder that nobody named need not be there yet.</summary>
    public bool NamesRecordsFolder => NonEmpty(arguments.Get(Options.Records)) is not null;

    /// <summary>Where things are under the runtime root.</summary>
    public RuntimePaths Runtime => new(Folder(Options.RuntimeRoot, ".runtime")) { RealMachines = RealMachines };

    /// <summary>Whether the sandbox's machines run in QEMU.</summary>
    public bool RealMachines => arguments.Get(Options.SandboxMachines) == "qemu";

    /// <summary>Whether guests of real machines reach nothing but Packer's files.</summary>
    /// <exception cref="FailureException">Usage: it cannot be, or would have no effect.</exception>
    public bool IsolatedMachines
    {
        get
        {
            if (arguments.Get(Options.SandboxNetwork) != "isolated")
            {
                return false;
            }

            var why = !RealMachines ? "simulated machines reach no network" : OperatingSystem.IsWindows() ? "QEMU leads to Packer's files through bash"
                : GivenHttp is not null || PackerVariables.Any(v => v.Name.StartsWith("http_", StringComparison.Ordinal)) ? "the sandbox chooses where Packer serves files that isolated guests reach" : null;
            return why is null ? true : throw new FailureException(
                FailureKind.Usage, $"--{Options.SandboxNetwork}=isolated cannot be used", why,
                RealMachines ? $"Leave out http_… variables and --http-… options, or --{Options.SandboxNetwork}" : $"Give --{Options.SandboxMachines}=qemu, or leave it out");
        }
    }

    /// <summary>What <c>--template</c> says, or null.</summary>
    public string? TemplateSelection => arguments.Get(Options.Template);

    /// <summary>Whether to keep Packer's workspace.</summary>
    public bool KeepWorkspace => arguments.IsOn(Options.KeepWorkspace);

    /// <summary>The Packer program to use, or null to look for it.</summary>
    public string? PackerPath => Value(Options.Packer, "PACKER_PATH") is { } path ? Path.GetFullPath(path, WorkingDirectory) : null;

    /// <summary>Whether Packer 1.6 may build on a cluster.</summary>
    public bool AllowOldPacker => arguments.IsOn(Options.AllowOldPacker);

    /// <summary>Whether records of a cluster may name no commit.</summary>
    public bool AllowUnversioned => arguments.IsOn(Options.AllowUnversioned);

    /// <summary>Whether what is missing may be installed.</summary>
    public bool MayInstall => !arguments.IsOn(Options.NoInstall);

    /// <summary>Which tests run, as <c>dotnet test --filter</c> takes it; null for all.</summary>
    public string? TestFilter => arguments.Get(Options.Filter);

    /// <summary>Whether a template that has not changed since its newest record is skipped.</summary>
    public bool IfChanged => arguments.IsOn(Options.IfChanged);

    /// <summary>How old that record may be; null for any age.</summary>
    /// <exception cref="FailureException">Usage: no such time, or it would have no effect.</exception>
    public TimeSpan? MaxAge
    {
        get
        {
            if (arguments.Get(Options.MaxAge) is not { } text)
            {
                return null;
            }

            if (!IfChanged)
            {
                throw new FailureException(FailureKind.Usage, $"--{Options.MaxAge}={text} would have no effect", null, $"Give --{Options.IfChanged} as well");
            }

            return int.TryParse(text.AsSpan(0, Math.Max(0, text.Length - 1)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 10_000 && text[^1] is 'd' or 'h'
                ? text[^1] == 'd' ? TimeSpan.FromDays(number) : TimeSpan.FromHours(number)
                : throw new FailureException(FailureKind.Usage, $"--{Options.MaxAge}={text} is no age", null, "Write a number of days or hours, such as 30d or 12h");
        }
    }

    /// <summary>The key that signs records: a file, or its text; null for the program's own.</summary>
    public string? SigningKey =>
        Given(Options.SigningKey, "RECORD_SIGNING_KEY") is { } given ? KeyOrPath(given, WorkingDirectory)
        : FromFile("RECORD_SIGNING_KEY") is { } kept ? KeyOrPath(kept, Root)
        : null;

    /// <summary>The environment that was asked for by name, or null.</summary>
    public string? AskedEnvironment => arguments.Get(Options.Environment);

    /// <summary>
    /// The folders of records to read or publish when no build decides: both environments', or the one that was asked
    /// for.
    /// </summary>
    public IReadOnlyList<RecordRoot> RecordRoots =>
        [.. (AskedEnvironment is { } asked ? [asked] : new[] { "proxmox", RecordRoot.Sandbox }).Select(e => RecordRoot.For(RecordsFolder, e))];

    /// <summary>The record to verify, or null for all.</summary>
    public string? RecordPath => NonEmpty(arguments.Get(Options.Record)) is { } path ? Path.GetFullPath(path, WorkingDirectory) : null;

    /// <summary>A file with the keys whose signatures count, or null for the one beside the records.</summary>
    /// <exception cref="FailureException">Usage: there is no such file.</exception>
    public string? AllowedSigners
    {
        get
        {
            if (NonEmpty(arguments.Get(Options.AllowedSigners)) is not { } given)
            {
                return null;
            }

            var path = Path.GetFullPath(given, WorkingDirectory);
            return File.Exists(path) ? path : throw new FailureException(FailureKind.Usage, $"--{Options.AllowedSigners}={given}: there is no such file");
        }
    }

    /// <summary>Whether to print JSON.</summary>
    public bool JsonOutput => arguments.Get(Options.Output) == "json";

    /// <summary>Whether a CI system is told anything.</summary>
    public bool TellsCi => arguments.Get(Options.Ci) != "none";

    /// <summary>Whether the terminal's bell rings at the end.</summary>
    public bool Bell => arguments.IsOn(Options.Bell);

    /// <summary>The faults of the sandbox node.</summary>
    public IReadOnlyList<string> SandboxFaults => arguments.GetAll(Options.SandboxFault);

    /// <summary>The port of the sandbox node; 0 for any.</summary>
    public int Port => Number(Options.Port, 0, 0, 65535);

    /// <summary>How many templates to build at the same time, when the user says so; see <see cref="Context.BuildContext.Parallel"/>.</summary>
    public int? Parallel => arguments.Has(Options.Parallel) ? Number(Options.Parallel, 1, 1, 64) : null;

    /// <summary>How long the sandbox node holds every answer back.</summary>
    public TimeSpan SandboxLatency => TimeSpan.FromMilliseconds(Number(Options.SandboxLatency, 0, 0, 60_000));

    /// <summary>How long every task of the sandbox node takes.</summary>
    public TimeSpan SandboxTaskTime => TimeSpan.FromMilliseconds(Number(Options.SandboxTaskTime, 0, 0, 600_000));

    /// <summary>How old the sandbox's list of resources may be, or null for the default.</summary>
    public TimeSpan? SandboxStatusLag =>
        arguments.Has(Options.SandboxStatusLag) ? TimeSpan.FromMilliseconds(Number(Options.SandboxStatusLag, 0, 0, 600_000)) : null;

    /// <summary>How many nodes the sandbox's cluster has.</summary>
    public int SandboxNodes => Number(Options.SandboxNodes, 1, 1, 16);

    /// <summary>The version that the sandbox node says it is, or null for its own.</summary>
    public string? SandboxVersion => arguments.Get(Options.SandboxVersion);

    /// <summary>The sandbox node's storages beside the usual ones.</summary>
    public IReadOnlyList<string> SandboxStorages => arguments.GetAll(Options.SandboxStorage);

    /// <summary>What Bench is to measure, or null for everything.</summary>
    public string? BenchOnly => arguments.Get(Options.Only);

    /// <summary>How much of the full size Bench measures, in per cent.</summary>
    public int BenchScale => Number(Options.Scale, 100, 1, 1000);

    /// <summary>Whether to build on the embedded sandbox node: asked for, or no cluster is configured.</summary>
    public bool UseSandbox => arguments.Get(Options.Environment) is { } asked
        ? asked == "sandbox"
        : Cluster.Url is null;

    /// <summary>The tags for finished templates as the user wrote them, <c>--var=tags=golden;linux</c>, or null.</summary>
    public string? Tags => PackerVariables.LastOrDefault(v => v.Name == ChosenTemplate.TagsVariable)?.Text;

    /// <summary>
    /// What is given for Packer's variables: in the environment as <c>PKR_VAR_…</c>, which Packer itself would read, and by
    /// <c>--var</c>, which counts more.
    /// </summary>
    /// <exception cref="FailureException">Usage: one that is not <c>key=value</c>.</exception>
    public IReadOnlyList<GivenVariable> PackerVariables
    {
        get
        {
            const string Prefix = GivenVariable.EnvironmentPrefix;
            var values = variableNames.Where(n => n.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && n.Length > Prefix.Length)
                .Order(StringComparer.Ordinal).Select(n => GivenVariable.Variable(n[Prefix.Length..], variable(n) ?? "")).ToList();
            foreach (var text in arguments.GetAll(Options.Var))
            {
                var equals = text.IndexOf('=', StringComparison.Ordinal);
                values.Add(equals > 0
                    ? GivenVariable.Argument(text[..equals], text[(equals + 1)..])
                    : throw new FailureException(FailureKind.Usage, $"--var={text} is not of the form key=value"));
            }

            return values;
        }
    }

    /// <summary>Where Packer serves files, as the command line says; or null.</summary>
    /// <exception cref="FailureException">Usage: no such address, or something given would have no effect.</exception>
    public HttpServing? GivenHttp => HttpChoice.Given(arguments, PackerVariables.GroupBy(v => v.Name).ToDictionary(g => g.Key, g => g.Last().Text));

    /// <summary>Where Packer serves files, as the command line, the environment or the env file says; or null.</summary>
    /// <exception cref="FailureException">Usage: no such address, or something given would have no effect.</exception>
    public HttpServing? Http => GivenHttp ?? Cluster.HttpFromEnvironment;

    /// <summary>What was allowed on the command line against a rule: the switches that begin with <c>allow-</c>.</summary>
    public IReadOnlyList<string> AllowedAgainstRules => [.. Options.All.Where(o => o.Name.StartsWith("allow-", StringComparison.Ordinal) && arguments.IsOn(o.Name)).Select(o => o.Name)];

    /// <summary>
    /// The options that were given, as records tell them: not Cake's own, and not <c>--var</c>, which is told by variable.
    /// Their dashes are underscores. A switch has the value <c>true</c>; the values of one that is repeated are separated by commas.
    /// </summary>
    public IReadOnlyList<(string Name, string Value)> GivenOptions =>
    [
        .. Options.All.Where(o => !o.OfCake && o.Name != Options.Var && arguments.Has(o.Name))
            .Select(o => (o.Name.Replace('-', '_'), o.Value is null ? (arguments.IsOn(o.Name) ? "true" : "false") : string.Join(", ", arguments.GetAll(o.Name)))),
    ];

    /// <summary>The guest's address instead of the template's, or null.</summary>
    public string? GuestAddress => NonEmpty(arguments.Get(Options.GuestAddress));

    /// <summary>What becomes of the VM of a build that fails.</summary>
    public OnError OnError => arguments.Get(Options.OnError) is { } text ? Enum.Parse<OnError>(text, ignoreCase: true) : OnError.Cleanup;

    /// <summary>Whether Packer stops between its steps.</summary>
    public bool Debug => arguments.IsOn(Options.Debug);

    /// <summary>Whether Clean also removes downloaded media.</summary>
    public bool CleansMedia => arguments.IsOn(Options.Media);

    /// <summary>Whether Clean also destroys VMs on the cluster.</summary>
    public bool CleansVms => arguments.IsOn(Options.Vms);

    /// <summary>How often to take a picture of the screen, or null when nobody asked for it.</summary>
    public TimeSpan? Screenshots => arguments.Has(Options.Screenshots) ? TimeSpan.FromSeconds(Number(Options.Screenshots, 30, 1, 3600)) : null;

    /// <summary>Which of a template's builds to keep, or null for all.</summary>
    public int? Keep => arguments.Has(Options.Keep) ? Number(Options.Keep, 1, 1, 1000) : null;

    /// <summary>Local ISO files to upload, as full paths.</summary>
    public IReadOnlyList<string> LocalIsos => [.. arguments.GetAll(Options.Iso).Select(p => Path.GetFullPath(p, WorkingDirectory))];

    /// <summary>The template that the target New is to write.</summary>
    /// <exception cref="FailureException">Usage: something is not given.</exception>
    public NewTemplateRequest NewTemplate => new(
        NonEmpty(TemplateSelection) ?? throw new FailureException(FailureKind.Usage, "The new template has no id", null, $"Give --{Options.Template}=<id>"),
        NonEmpty(arguments.Get(Options.Like)) ?? throw new FailureException(FailureKind.Usage, "No template is named that the new one is like", null, $"Give --{Options.Like}=<id>"),
        NonEmpty(arguments.Get(Options.IsoUrl)),
        LocalIsos switch
        {
            [] => null,
            [var file] => file,
            _ => throw new FailureException(FailureKind.Usage, "Several media are named", null, $"Give --{Options.Iso}=<file> once"),
        });

    /// <summary>Whether the targets run without those that they depend on.</summary>
    public bool IsExclusive => arguments.IsOn("exclusive");

    /// <summary>Whether only to show what would be done.</summary>
    public bool IsDryRun => arguments.IsOn("dryrun");

    /// <summary>Reads what is read late otherwise, so that a wrong value is named before anything is done.</summary>
    /// <exception cref="FailureException">Usage: a value is malformed.</exception>
    public void Check()
    {
        _ = (MaxAge, Port, Parallel, SandboxLatency, SandboxTaskTime, SandboxStatusLag, SandboxNodes, Screenshots, BenchScale, Keep, PackerVariables, IsolatedMachines, RecordsFolder, Runtime, AllowedSigners);
        if (LocalIsos.FirstOrDefault(f => !File.Exists(f)) is { } missing)
        {
            throw new FailureException(FailureKind.Usage, $"--{Options.Iso}={missing} does not exist");
        }

        _ = (Cluster.SshProxy, Cluster.HttpProxy, UseSandbox ? GivenHttp : Http);
    }

    /// <summary>What concerns a real cluster.</summary>
    public ClusterSettings Cluster => new(arguments, variable, envFile.Value, Root, WorkingDirectory);

    private string Folder(string option, string fallback) =>
        arguments.Get(option) is { } given
            ? Path.GetFullPath(given, WorkingDirectory)
            : Path.Combine(Root, fallback);

    private string? Value(string option, string name) => Given(option, name) ?? FromFile(name);

    private string? Given(string option, string name) => NonEmpty(arguments.Get(option)) ?? NonEmpty(variable(name));

    private string? FromFile(string name) => NonEmpty(envFile.Value.GetValueOrDefault(name));

    private static string KeyOrPath(string text, string folder) =>
        string.IsNullOrWhiteSpace(text) || SigningKeyFile.IsKey(text) ? text : Path.GetFullPath(text, folder);

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private int Number(string option, int fallback, int lowest, int highest)
    {
        if (arguments.Get(option) is not { } text)
        {
            return fallback;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest
            ? number
            : throw new FailureException(FailureKind.Usage, $"--{option}={text} is not a number from {lowest} to {highest}");
    }
}
