using System.Globalization;
using System.Reflection;
using Build.Context;
using Foundation;
using Records;
using Records.Model;
using Records.Provenance;
using Templates;
using RecordFacts = Records.Model.VmFacts;

namespace Build.Stages;

/// <summary>Puts together what is known of a build and has it sealed. Every value was measured or read back by an earlier target.</summary>
internal static class BuildEvidence
{
    public static async Task<SealedRecord> SealAsync(BuildContext context, TemplateRun run)
    {
        var origin = await context.Origin;
        var packer = run.Packer!;
        var finished = UtcStamp.From(context.Time.GetUtcNow());
        var record = Common(context, run.Chain, finished, origin) with
        {
            Type = RecordType.Build,
            Template = run.Template.Id,
            Vmid = run.Vmid,
            Packer = new PackerFacts(context.InstalledTools.Packer.Version, packer.BuilderType, context.InstalledTools.Packer.PluginVersion) { OldAllowed = OldPacker.Allowed(context) },
            Inputs = [.. run.Workspace!.Inputs.Select(i => new HashedFile(i.Path, i.Sha256))],
            VmFacts = Facts(run.Facts!),
            Iso = new IsoFacts(run.Template.Iso.File, run.Isos[0].Url, run.Isos[0].Sha256),
            ValidationTest = run.SmokeTest is { } test
                ? new ValidationTest { Status = test.Status, GuestAgent = test.GuestAgent, Network = test.Network, Address = test.Address, Os = test.Os }
                : null,
        };
        var details = Provenance(origin) with
        {
            Parameters = Parameters(context, run.Plan!),
            AdditionalIsos = [.. run.Template.AdditionalIsos.Zip(run.Isos.Skip(1), (iso, staged) => new IsoFacts(iso.File, staged.Url, staged.Sha256))],
        };
        return context.Records.Seal(record, finished, new LogFile(packer.Log.Path, packer.Log.Sha256, packer.Log.Bytes), details);
    }

    /// <summary>Tries the seal with what is known before the build.</summary>
    /// <exception cref="FailureException">The key does not sign.</exception>
    public static void Rehearse(BuildContext context, TemplateRun run) => context.Records.Rehearse(
        Common(context, run.Chain, run.Chain.Stamp, origin: null) with { Template = run.Template.Id, Vmid = run.Vmid }, run.Chain.Stamp);

    /// <summary>What records of every type say.</summary>
    public static RunRecord Common(BuildContext context, ChainId chain, UtcStamp finished, MeasuredOrigin? origin)
    {
        var environment = context.BuildEnvironment;
        var connection = environment.Client.Connection;
        var ended = Ended(chain.Stamp, finished, context.Elapsed);
        return new RunRecord
        {
            Type = RecordType.Build,
            Environment = environment.Name,
            StartedUtc = chain.Stamp.Moment,
            FinishedUtc = ended,
            DurationSeconds = (long)(ended - chain.Stamp.Moment).TotalSeconds,
            Host = System.Environment.MachineName,
            ChainId = chain.ToString(),
            Node = connection.Node,
            Proxmox = new ProxmoxFacts(
                connection.Url.ToString().TrimEnd('/'), environment.Access.Version, connection.StorageVm, connection.StorageIso, connection.BridgeName)
            {
                Insecure = connection.Insecure ? true : null,
            },
            Source = origin?.Source is { } source ? new SourceFacts(source.Commit, source.Dirty) : null,
        };
    }

    /// <summary>
    /// When a run ended. Where the clock went back, or the start was moved on because another run had that second, what
    /// passed is measured without the clock: no run ends before it starts, or takes no time because of that.
    /// </summary>
    internal static DateTimeOffset Ended(UtcStamp started, UtcStamp finished, TimeSpan elapsed) =>
        finished > started ? finished.Moment : started.Moment.AddSeconds(Math.Floor(elapsed.TotalSeconds));

    /// <summary>What the provenance of every record tells: the programs that were used, and where the source is.</summary>
    public static ProvenanceDetails Provenance(MeasuredOrigin origin) => new()
    {
        PackerSha256 = origin.PackerSha256,
        PluginSha256 = origin.PluginSha256,
        RepositoryUrl = origin.RepositoryUrl,
        ProgramVersion = ProgramVersion,
    };

    private static string? ProgramVersion => typeof(BuildEvidence).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    private static Dictionary<string, string> Parameters(BuildContext context, BuildPlan plan)
    {
        var parameters = plan.Given.ToDictionary(v => "var." + v.Name, v => context.Secrets.MaskIn(v.Text));
        if (context.Settings.UseSandbox)
        {
            // What makes its node another than the usual one.
            AddSandbox("version", context.Settings.SandboxVersion is { } version ? [version] : []);
            AddSandbox("storages", context.Settings.SandboxStorages);
            AddSandbox("faults", context.Settings.SandboxFaults);
        }

        parameters["parallel"] = (context.Parallel ?? 1).ToString(CultureInfo.InvariantCulture);
        return parameters;

        void AddSandbox(string name, IReadOnlyList<string> values)
        {
            if (values.Count > 0)
            {
                parameters[$"sandbox_{name}"] = string.Join(", ", values);
            }
        }
    }

    private static RecordFacts Facts(Proxmox.Machines.VmFacts facts) => new()
    {
        Name = facts.Name,
        Template = facts.Template,
        Sockets = facts.Sockets,
        Cores = facts.Cores,
        CpuType = facts.CpuType,
        MemoryMb = facts.MemoryMb,
        OsType = facts.OsType,
        Disks = [.. facts.Disks.Select(d => new VmDevice(d.Slot, facts.Raw[d.Slot]))],
        Cdrom = [.. facts.Cdrom.Select(d => new VmDevice(d.Slot, facts.Raw[d.Slot]))],
        Networks = [.. facts.Networks.Select(d => new VmDevice(d.Slot, facts.Raw[d.Slot]))],
    };
}
