using System.Globalization;
using System.Reflection;
using Build.Context;
using Foundation;
using Packer.Diagnosis;
using Records;
using Records.Model;
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
        var record = Common(context, run.Chain, run.Times, finished, origin) with
        {
            Type = RecordType.Build,
            Template = run.Template.Id,
            Vmid = run.Vmid,
            Packer = PackerOf(context, origin, packer.BuilderType, run.Started),
            Parameters = Parameters(context, run.Plan!.Given),
            Inputs = [.. run.Workspace!.Inputs.Select(i => new InputFile(i.Path, i.Sha256, i.Source is null ? null : $"infra/packer/{i.Source}"))],
            VmFacts = Facts(run.Facts!),
            Iso = new IsoFacts(run.Template.Iso.File, run.Isos[0].Url, run.Isos[0].Sha256),
            Media = Media(run),
            Provisioning = [.. ProvisioningSteps.Read(packer.Log.Path).Select(s => new ProvisioningStep(s.Script, s.ExitStatus, (long?)s.Duration?.TotalSeconds))],
            Sandbox = context.BuildEnvironment is { Machines: { IsSimulated: false } machines } ? new SandboxFacts(machines.Kind, machines.Accelerator, machines.QemuVersion, context.BuildEnvironment.MediumLabel(run.Isos[0].VolumeId)) : null,
            ValidationTest = Tested(run.SmokeTest),
        };
        var attachments = new RecordAttachments
        {
            BuildLog = run.LogFile?.CloseTranscript() is { } log ? new LogFile(log.Path, log.Sha256, log.Bytes) : null,
            Unattended = UnattendedEvidence.Of(run.Workspace.Assets, run.Template.UnattendedIso ? "iso" : WorkspaceSources.HttpFolder, context.Secrets),
        };
        return context.Records.Seal(record, finished, new LogFile(packer.Log.Path, packer.Log.Sha256, packer.Log.Bytes), attachments);
    }

    /// <summary>Tries the seal with what is known before the build.</summary>
    /// <exception cref="FailureException">The key does not sign.</exception>
    public static void Rehearse(BuildContext context, TemplateRun run) => context.Records.Rehearse(
        Common(context, run.Chain, run.Times, run.Times.Started, origin: null) with { Template = run.Template.Id, Vmid = run.Vmid }, run.Times.Started);

    /// <summary>What records of every type say.</summary>
    public static RunRecord Common(BuildContext context, ChainId chain, RunTimes times, UtcStamp finished, MeasuredOrigin? origin)
    {
        var environment = context.BuildEnvironment;
        var connection = environment.Client.Connection;
        var ended = times.Finished(finished);
        return new RunRecord
        {
            Type = RecordType.Build,
            Environment = environment.Name,
            StartedUtc = times.Started.Moment,
            FinishedUtc = ended,
            DurationSeconds = (long)(ended - times.Started.Moment).TotalSeconds,
            Host = System.Environment.MachineName,
            Invocation = Invocation.Of(System.Environment.GetEnvironmentVariable, System.Environment.UserName),
            ProgramVersion = ProgramVersion,
            Allowed = context.Settings.AllowedAgainstRules,
            ChainId = chain.ToString(),
            Node = connection.Node,
            Proxmox = new ProxmoxFacts(
                connection.Url.ToString().TrimEnd('/'), environment.Access.Version, connection.StorageVm, connection.StorageIso, connection.BridgeName)
            {
                Insecure = connection.Insecure ? true : null,
            },
            Source = origin?.Source is { } source ? new SourceFacts(source.Commit, source.Dirty, origin.RepositoryUrl) : null,
        };
    }

    /// <summary>The Packer that was used, its builder the one that it says it started.</summary>
    public static PackerFacts PackerOf(BuildContext context, MeasuredOrigin origin, string? builder, StartedBuilder? started) =>
        new(context.InstalledTools.Packer.Version, origin.PackerSha256, builder, context.InstalledTools.Packer.PluginVersion, origin.PluginSha256) { Started = started?.Line };

    private static string? ProgramVersion => typeof(BuildEvidence).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    /// <summary>What was given, secrets masked; and how many builds ran at the same time.</summary>
    /// <param name="context">The run.</param>
    /// <param name="variables">The values for Packer's variables that were given.</param>
    public static IReadOnlyList<GivenParameter> Parameters(BuildContext context, IEnumerable<GivenVariable> variables)
    {
        var given = variables.GroupBy(v => v.Name, StringComparer.Ordinal).ToDictionary(g => "var." + g.Key, g => g.Last().Text, StringComparer.Ordinal);
        foreach (var (name, value) in context.Settings.GivenOptions)
        {
            given.TryAdd(name, value);
        }

        given["parallel"] = (context.Parallel ?? 1).ToString(CultureInfo.InvariantCulture);
        return [.. given.OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new GivenParameter(g.Key, context.Secrets.MaskIn(g.Value)))];
    }

    /// <summary>The media as the API showed them, each with what the node had compared before.</summary>
    private static List<AttachedMedium>? Media(TemplateRun run)
    {
        if (run.Media is not { Count: > 0 } seen)
        {
            return null;
        }

        var staged = run.Isos.GroupBy(i => i.VolumeId).ToDictionary(g => g.Key, g => (Bytes: (long?)g.First().Size, g.First().Sha256), StringComparer.Ordinal);
        if (run.Workspace?.AssetImage is { } image)
        {
            // The node compared it when it was uploaded.
            var name = Path.GetFileName(image);
            var sha256 = run.Workspace.Inputs.FirstOrDefault(i => i.Path == name)?.Sha256;
            foreach (var medium in seen.Where(m => m.Volume.EndsWith($":iso/{name}", StringComparison.Ordinal) && sha256 is not null))
            {
                staged.TryAdd(medium.Volume, (null, sha256!));
            }
        }

        return [.. seen.Select(m => staged.TryGetValue(m.Volume, out var known) ? new AttachedMedium(m.Slot, m.Volume, known.Bytes, known.Sha256) : new AttachedMedium(m.Slot, m.Volume, null, null))];
    }

    private static ValidationTest? Tested(Proxmox.Machines.SmokeTestResult? test) => test switch
    {
        null => null,
        { Reason: { } reason } => new ValidationTest { Status = test.Status, Reason = reason },
        _ => new ValidationTest
        {
            Status = test.Status, GuestAgent = test.GuestAgent, Network = test.Network, Address = test.Address, Os = test.Os,
            Login = test.Login switch
            {
                null => null,
                { Findings: { } seen } => new LoginTest
                {
                    User = seen.User, OwnMachineId = seen.OwnMachineId, OwnHostKeys = seen.OwnHostKeys, BuildUserGone = seen.BuildUserGone, CloudInit = seen.CloudInit, System = seen.System,
                    FailedUnits = seen.FailedUnits, DiskGrown = seen.DiskGrown, ClockOffsetSeconds = seen.ClockOffsetSeconds, NoTraces = seen.Traces is null ? null : seen.Traces.Count == 0,
                },
                { NotRecorded: var why } => new LoginTest { NotRecorded = why },
            },
        },
    };

    private static RecordFacts Facts(Proxmox.Machines.VmFacts facts) => new()
    {
        Name = facts.Name,
        Template = facts.Template,
        Sockets = facts.Sockets,
        Cores = facts.Cores,
        CpuType = facts.CpuType,
        MemoryMb = facts.MemoryMb,
        OsType = facts.OsType,
        Bios = facts.Bios,
        Machine = facts.Machine,
        EfiDisk = facts.EfiDisk is { } efi ? Disk(efi, facts) : null,
        Tpm = facts.Tpm is { } tpm ? Disk(tpm, facts) : null,
        ScsiController = facts.ScsiController,
        Agent = facts.Agent,
        BootOrder = facts.BootOrder,
        Tags = facts.Tags,
        Pool = facts.Pool,
        ConfigDigest = facts.ConfigDigest,
        Volumes = Volumes(facts),
        Disks = [.. facts.Disks.Select(d => Disk(d, facts))],
        Cdrom = [.. facts.Cdrom.Select(d => new VmDevice(d.Slot, facts.Raw[d.Slot]))],
        Networks = [.. facts.Networks.Select(d => new VmDevice(d.Slot, facts.Raw[d.Slot]))],
    };

    /// <summary>
    /// Each volume of the configuration, with the size that the storage says or, where the login may not see that (it needs
    /// <c>VM.Config.Disk</c>), the one that the server keeps in the configuration; and what else the storages have of this VM.
    /// </summary>
    private static List<VmVolume> Volumes(Proxmox.Machines.VmFacts facts)
    {
        var listed = (facts.Volumes ?? []).ToDictionary(v => v.VolumeId, StringComparer.Ordinal);
        var configured = facts.Disks.Append(facts.EfiDisk).Append(facts.Tpm).OfType<Proxmox.Machines.VmDisk>().Select(d => (d.Volume, Bytes: d.SizeBytes))
            .Concat(facts.Cdrom.Where(c => c.Volume.Contains("cloudinit", StringComparison.Ordinal))
                .Select(c => (c.Volume, Bytes: Proxmox.Api.PropertyString.Bytes(Proxmox.Api.PropertyString.Parse(facts.Raw[c.Slot])["size"]))))
            .Where(v => v.Volume.Contains(':', StringComparison.Ordinal)).DistinctBy(v => v.Volume).ToList();
        return
        [
            .. configured.Select(v => listed.TryGetValue(v.Volume, out var known) ? new VmVolume(v.Volume, known.Format, known.Size) : new VmVolume(v.Volume, null, v.Bytes))
                .Concat(listed.Values.Where(l => configured.All(c => c.Volume != l.VolumeId)).Select(l => new VmVolume(l.VolumeId, l.Format, l.Size)))
                .OrderBy(v => v.Volume, StringComparer.Ordinal),
        ];
    }

    private static VmDisk Disk(Proxmox.Machines.VmDisk disk, Proxmox.Machines.VmFacts facts) =>
        new(disk.Slot, facts.Raw[disk.Slot], disk.Bus, disk.Volume, disk.Size.Length > 0 ? disk.Size : null, disk.Cache);
}
