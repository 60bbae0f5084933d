using System.Globalization;
using Records.Model;
using Records.Signing;
using Scriban.Runtime;

namespace Records.Views;

/// <summary>The README of one record: for a reviewer who is no expert in Packer and trusts nobody.</summary>
internal static class RecordReadme
{
    /// <summary>What stands where nothing is known.</summary>
    public const string NotRecorded = "not recorded";

    private const string BuiltIn = "built in";
    private const string Generated = "generated";
    private const string Same = "the same";

    /// <summary>Renders it from what <c>run.json</c> says.</summary>
    public static string Render(RunRecord record)
    {
        var isInit = record.Type == RecordType.Init;
        var model = new ScriptObject
        {
            ["stamp"] = record.TimestampUtc,
            ["is_init"] = isInit,
            ["is_sandbox"] = record.Environment == RecordRoot.Sandbox,
            ["has_real_machines"] = record.Sandbox is not null,
            ["is_insecure"] = record.Proxmox?.Insecure == true,
            ["is_old_packer"] = record.Environment != RecordRoot.Sandbox && record.Packer?.Version?.StartsWith("1.6.", StringComparison.Ordinal) == true && record.Allowed?.Contains("allow-old-packer") == true,
            ["template"] = record.Template is null ? "" : MarkdownText.Code(record.Template),
            ["summary"] = isInit ? InitSummary(record) : BuildSummary(record),
            ["sections"] = isInit ? InitSections(record) : BuildSections(record),
            ["files"] = isInit ? Files(record.RenderedAssets?.Select(a => new InputFile(a.Path, a.Sha256))) : Files(record.Inputs),
            ["files_recorded"] = isInit ? record.RenderedAssets is not null : record.Inputs is not null,
            ["unattended"] = new ScriptArray((record.Unattended ?? []).Select(Unattended)),
            ["build_log"] = record.BuildLog,
            ["has_envelope"] = record.Attestation?.Envelope is not null,
            ["why_no_envelope"] = record.Attestation?.WhyNone,
            ["key"] = $"{(isInit ? "../../" : "../../../")}{record.Attestation?.Key}",
            ["log_file"] = record.LogFile,
            ["log_sha256"] = record.LogSha256,
            ["log_bytes"] = record.LogBytes?.ToString(CultureInfo.InvariantCulture),
            ["signers"] = isInit ? "../../allowed_signers" : "../../../allowed_signers",
            ["signer"] = record.Signer!.Name,
            ["fingerprint"] = record.Signer.Fingerprint,
            ["namespace"] = RecordSigner.Namespace,
            ["previous"] = record.Previous?.Record,
            ["previous_sha256"] = record.Previous?.Sha256,
            ["joined"] = new ScriptArray((record.Joined ?? []).Select(j => new ScriptObject { ["record"] = j.Record, ["sha256"] = j.Sha256 })),
        };
        return View.Render("record.sbn", model);
    }

    private static string BuildSummary(RunRecord r) =>
        $"The template {Text(r.Template)} was built as VM {Number(r.Vmid)} on node {Text(r.Node)}"
        + $" by the run that started at {Moment(r.StartedUtc)}.";

    private static string InitSummary(RunRecord r) =>
        $"Access to the cluster at {Text(r.Proxmox?.Url)} was set up or checked by the run that started at {Moment(r.StartedUtc)}.";

    private static ScriptArray BuildSections(RunRecord r) =>
    [
        Section("What was built", [
            ("Template", Text(r.Template)),
            ("VM name", Text(r.VmFacts?.Name)),
            ("VMID", Number(r.Vmid)),
            ("Is a template", YesNo(r.VmFacts?.Template)),
            ("Processor", Processor(r.VmFacts)),
            ("Firmware", Text(r.VmFacts?.Bios)),
            ("Machine type", Text(r.VmFacts?.Machine)),
            ("UEFI variables", Disk(r.VmFacts, r.VmFacts?.EfiDisk)),
            ("TPM", Disk(r.VmFacts, r.VmFacts?.Tpm)),
            ("Memory", r.VmFacts?.MemoryMb is { } mb ? $"{Number(mb)} MiB" : NotRecorded),
            ("OS type", Text(r.VmFacts?.OsType)),
            ("SCSI controller", Text(r.VmFacts?.ScsiController)),
            ("Disks", Devices(r.VmFacts?.Disks?.Select(d => new VmDevice(d.Device, d.Value)))),
            ("Volumes", Items(r.VmFacts?.Volumes, v => $"{MarkdownText.Code(v.Volume)}: {Number(v.Bytes)} bytes")),
            ("CD-ROM drives", Devices(r.VmFacts?.Cdrom)),
            ("Networks", Devices(r.VmFacts?.Networks)),
            ("Boot order", Items(r.VmFacts?.BootOrder, MarkdownText.Code)),
            ("Guest agent switched on", YesNo(r.VmFacts?.Agent)),
            ("Tags", Items(r.VmFacts?.Tags, MarkdownText.Code)),
            ("Pool", Text(r.VmFacts?.Pool)),
            ("Configuration digest", Text(r.VmFacts?.ConfigDigest)),
        ], "These values were read back from the cluster after the build; they are not what was asked for but what is there."),
        WhenAndWhere(r),
        Section("From what", [
            ("Installation medium", Text(r.Iso?.File)),
            ("Its source", Text(r.Iso?.Url)),
            ("Its SHA-256", Text(r.Iso?.Sha256)),
            ("Media attached while building", Items(r.Media, m => $"{MarkdownText.Code(m.Device)} = {MarkdownText.Code(m.Volume)}, SHA-256 {Text(m.Sha256)}")),
            ("Packer", Text(r.Packer?.Version)),
            ("Packer builder", Text(r.Packer?.Builder)),
            .. Programs(r),
            .. Source(r),
            .. Given(r),
        ], "The media are those that the API showed in the drives while the VM was being installed, with the checksum that the node itself compared before."),
        Section("What ran in it", [
            ("Provisioning", Items(r.Provisioning, s => $"{MarkdownText.Code(s.Script)}: exit status {Number(s.ExitStatus)}, {Number(s.DurationSeconds)} seconds")),
        ], "From Packer's own output, in the order in which the scripts ran."),
        Section("How it was tested", [
            ("Outcome", Text(r.ValidationTest?.Status)),
            .. r.ValidationTest?.Reason is { } reason ? [("Why it was not tested", Text(reason))] : Array.Empty<(string, string)>(),
            ("Guest agent answered", YesNo(r.ValidationTest?.GuestAgent)),
            ("Guest got an address", YesNo(r.ValidationTest?.Network)),
            ("Address", Text(r.ValidationTest?.Address)),
            ("System as the guest names it", Text(r.ValidationTest?.Os)),
            .. Login(r.ValidationTest?.Login),
        ], r.ValidationTest?.Reason is null
            ? "A clone of the template was started, asked for its address and system through its guest agent, and destroyed."
            : "No clone of the template was started: its `template.json` says so, for this reason."),
    ];

    private static ScriptArray InitSections(RunRecord r) =>
    [
        Section("What was set up", [
            ("API token", Text(r.TokenId)),
            ("Role", Text(r.Role)),
            ("Privileges", r.Privileges is null ? NotRecorded : List(r.Privileges.Select(MarkdownText.Code))),
        ], (r.Role is null ? "" : "The privileges are those of this role and of `PackerMedia`, which holds on the storage for media alone. ")
            + "The token's secret is not in this record, nor anywhere else in this repository."),
        WhenAndWhere(r),
        Section("With what", [
            ("Packer", Text(r.Packer?.Version)),
            .. Programs(r),
            .. Source(r),
            .. Given(r),
        ]),
    ];

    private static (string, string)[] Login(LoginTest? login) => login switch
    {
        null => [],
        { NotRecorded: { } why } => [("Login by SSH", $"{NotRecorded}: {Text(why)}")],
        _ =>
        [
            ("Login by SSH", Text(login.User)),
            ("Has a machine id of its own", YesNo(login.OwnMachineId)),
            ("Has SSH host keys of its own", YesNo(login.OwnHostKeys)),
            ("The user that built is gone", YesNo(login.BuildUserGone)),
            ("cloud-init status", Text(login.CloudInit)),
            ("State of the system", Text(login.System)),
            ("Units that failed", Items(login.FailedUnits, MarkdownText.Code)),
            ("Root takes the whole disk", YesNo(login.DiskGrown)),
            ("Clock before the building machine's", login.ClockOffsetSeconds is null ? NotRecorded : $"{Number(login.ClockOffsetSeconds)} seconds"),
            ("No secrets of the build in it", YesNo(login.NoTraces)),
        ],
    };

    private static (string, string)[] Machines(SandboxFacts? sandbox) => sandbox is null ? [] :
    [
        ("Machines", Text(sandbox.Machines)),
        ("Run with", Text(sandbox.Accelerator)),
        ("QEMU", Text(sandbox.QemuVersion)),
        ("Label of the installation medium", Text(sandbox.Medium)),
    ];

    private static (string, string)[] Programs(RunRecord r) =>
    [
        ("Packer SHA-256", Text(r.Packer?.Sha256)),
        ("Packer plugin", r.Packer is { Version: not null, PluginVersion: null } ? BuiltIn : Text(r.Packer?.PluginVersion)),
        ("Packer plugin SHA-256", r.Packer is { Version: not null, PluginVersion: null } ? BuiltIn : Text(r.Packer?.PluginSha256)),
        .. r.Packer?.Started is { } started ? new[] { ("Packer's builder, in its words", Text(started)) } : [],
        ("This program", Text(r.ProgramVersion)),
    ];

    private static (string, string)[] Source(RunRecord r) =>
    [
        ("Repository", Text(r.Source?.Repository)),
        ("Git commit", Text(r.Source?.Commit)),
        ("Files differed from that commit", YesNo(r.Source?.Dirty)),
    ];

    private static (string, string)[] Given(RunRecord r) =>
    [
        ("Given", Items(r.Parameters, p => $"{MarkdownText.Code(p.Name)} = {MarkdownText.Code(p.Value)}")),
        ("Allowed against a rule", Items(r.Allowed, MarkdownText.Code)),
    ];

    private static ScriptObject WhenAndWhere(RunRecord r) => Section("When and where", [
        ("Record", Text(r.TimestampUtc)),
        ("Started", Moment(r.StartedUtc)),
        ("Finished", Moment(r.FinishedUtc)),
        ("Duration", r.DurationSeconds is { } seconds ? $"{Number(seconds)} seconds" : NotRecorded),
        ("Run", Text(r.ChainId)),
        ("Program ran on", Text(r.Host)),
        .. Invocation(r.Invocation),
        ("Environment", Text(r.Environment)),
        .. Machines(r.Sandbox),
        ("Node", Text(r.Node)),
        ("Cluster", Text(r.Proxmox?.Url)),
        ("Proxmox VE", Text(r.Proxmox?.Version)),
        ("Storage of disks", Text(r.Proxmox?.StorageVm)),
        ("Storage of media", Text(r.Proxmox?.StorageIso)),
        ("Bridge", Text(r.Proxmox?.Bridge)),
    ]);

    private static (string, string)[] Invocation(InvocationFacts? by) =>
    [
        ("As the user", Text(by?.User)),
        .. by?.Ci is null ? Array.Empty<(string, string)>() :
        [
            ("CI", Text(by.Ci)),
            ("CI run", Text(by.Url)),
            ("CI run defined by", Text(by.Builder)),
            ("CI run started by", Text(by.Actor)),
            ("CI repository", Text(by.Repository)),
            ("CI job", Text(by.Job)),
        ],
    ];

    private static ScriptObject Section(string title, (string Label, string Value)[] rows, string note = "") => new()
    {
        ["title"] = title,
        ["note"] = note,
        ["rows"] = new ScriptArray(rows.Select(row => new ScriptObject { ["label"] = row.Label, ["value"] = row.Value })),
    };

    private static ScriptArray Files(IEnumerable<InputFile>? files) =>
    [
        .. (files ?? []).Select(f => new ScriptObject
        {
            ["path"] = MarkdownText.Code(f.Path),
            ["source"] = f.Source is null ? Generated : MarkdownText.Code(f.Source),
            ["sha256"] = MarkdownText.Code(f.Sha256),
        }),
    ];

    private static ScriptObject Unattended(UnattendedFile file) => new()
    {
        ["file"] = file.File,
        ["path"] = MarkdownText.Code(file.Path),
        ["sha256"] = MarkdownText.Code(file.ServedSha256),
        ["difference"] = file.Difference is null ? Same : MarkdownText.Code(file.Difference),
    };

    private static string Disk(VmFacts? vm, VmDisk? disk) => disk is not null ? Devices([new(disk.Device, disk.Value)]) : vm is null ? NotRecorded : "none";

    private static string Items<T>(IEnumerable<T>? items, Func<T, string> shown) => items is null ? NotRecorded : List(items.Select(shown));

    private static string Processor(VmFacts? vm) => vm?.Cores is null
        ? NotRecorded
        : $"{Number(vm.Sockets)} × {Number(vm.Cores)} cores, type {Text(vm.CpuType)}";

    private static string Devices(IEnumerable<VmDevice>? devices) => devices is null
        ? NotRecorded
        : List(devices.Select(d => $"{MarkdownText.Code(d.Device)} = {MarkdownText.Code(d.Value)}"));

    private static string List(IEnumerable<string> items) => string.Join("<br>", items) is { Length: > 0 } text ? text : "none";

    private static string Text(string? value) => value is null ? NotRecorded : MarkdownText.Code(value);

    private static string YesNo(bool? value) => value switch { true => "yes", false => "no", null => NotRecorded };

    private static string Number(long? value) =>
        value is { } number ? MarkdownText.Code(number.ToString(CultureInfo.InvariantCulture)) : NotRecorded;

    private static string Moment(DateTimeOffset? moment) =>
        moment is { } at ? MarkdownText.Code(UtcSecondConverter.Text(at)) : NotRecorded;
}
