using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Records.Verification;

/// <summary>Whether a record's README states what <c>run.json</c> does, row by row, and the right commands to check it.</summary>
internal static partial class ReadmeCheck
{
    public const int MaxBytes = 4 * 1024 * 1024;
    private const int MaxErrors = 5;

    /// <summary>The rows that state one field: the label and the field's path in <c>run.json</c>.</summary>
    private static (string Label, string Field)[] Common =>
    [
        ("Record", "timestamp_utc"), ("Started", "started_utc"), ("Finished", "finished_utc"),
        ("Duration", "duration_seconds"), ("Run", "chain_id"), ("Program ran on", "host"),
        ("Environment", "environment"), ("Node", "node"), ("Cluster", "proxmox.url"), ("Proxmox VE", "proxmox.version"),
        ("Storage of disks", "proxmox.storage_vm"), ("Storage of media", "proxmox.storage_iso"), ("Bridge", "proxmox.bridge"),
        ("Packer", "packer.version"), ("Git commit", "source.commit"), ("Files differed from that commit", "source.dirty"),
        ("Log file", "log_file"), ("Log SHA-256", "log_sha256"), ("Log size", "log_bytes"),
    ];

    private static (string Label, string Field)[] OfBuild =>
    [
        ("Template", "template"), ("VM name", "vm_facts.name"), ("VMID", "vmid"), ("Is a template", "vm_facts.template"),
        ("Memory", "vm_facts.memory_mb"), ("OS type", "vm_facts.os_type"), ("Disks", "vm_facts.disks"),
        ("CD-ROM drives", "vm_facts.cdrom"), ("Networks", "vm_facts.networks"),
        ("Installation medium", "iso.file"), ("Its source", "iso.url"), ("Its SHA-256", "iso.sha256"),
        ("Packer builder", "packer.builder"), ("Packer plugin", "packer.plugin_version"),
        ("Outcome", "validation_test.status"), ("Guest agent answered", "validation_test.guest_agent"),
        ("Guest got an address", "validation_test.network"), ("Address", "validation_test.address"),
        ("System as the guest names it", "validation_test.os"),
    ];

    private static (string Label, string Field)[] OfInit =>
        [("API token", "token_id"), ("Role", "role"), ("Privileges", "privileges")];

    /// <summary>Since version 2.</summary>
    private static (string Label, string Field)[] CommonSince2 =>
    [
        ("As the user", "invocation.user"), ("Packer SHA-256", "packer.sha256"), ("This program", "program_version"), ("Repository", "source.repository"),
        ("Given", "parameters"), ("Allowed against a rule", "allowed"),
    ];

    private static (string Label, string Field)[] OfCi =>
    [
        ("CI", "invocation.ci"), ("CI run", "invocation.url"), ("CI run defined by", "invocation.builder"), ("CI run started by", "invocation.actor"),
        ("CI repository", "invocation.repository"), ("CI job", "invocation.job"),
    ];

    private static (string Label, string Field)[] OfBuildSince2 =>
    [
        ("Firmware", "vm_facts.bios"), ("Machine type", "vm_facts.machine"), ("SCSI controller", "vm_facts.scsi_controller"), ("Volumes", "vm_facts.volumes"),
        ("Boot order", "vm_facts.boot_order"), ("Guest agent switched on", "vm_facts.agent"), ("Tags", "vm_facts.tags"), ("Pool", "vm_facts.pool"),
        ("Configuration digest", "vm_facts.config_digest"), ("Media attached while building", "media"), ("Provisioning", "provisioning"),
    ];

    /// <summary>The rows of a record's page that state one field.</summary>
    private static IEnumerable<(string Label, string Field)> Fields(RunFacts run)
    {
        var isInit = run.Template is null;
        var fields = Common.Concat(isInit ? OfInit : OfBuild);
        if (run.Version == 1)
        {
            return fields;
        }

        // The plugin has rows of its own, since one that is built in has no version.
        fields = fields.Where(f => f.Field != "packer.plugin_version").Concat(CommonSince2).Concat(isInit ? [] : OfBuildSince2);
        fields = run.Field("validation_test.reason") is { ValueKind: JsonValueKind.String } ? fields.Append(("Why it was not tested", "validation_test.reason")) : fields;
        fields = run.Field("packer.started") is null ? fields : fields.Append(("Packer's builder, in its words", "packer.started"));
        return run.Field("invocation.ci") is { ValueKind: JsonValueKind.String } ? fields.Concat(OfCi) : fields;
    }

    /// <summary>What stands behind a number.</summary>
    private static string? Unit(string field) => field switch
    {
        "duration_seconds" => " seconds",
        "log_bytes" => " bytes",
        "vm_facts.memory_mb" => " MiB",
        _ => null,
    };

    /// <summary>What disagrees, one sentence each, a few at most.</summary>
    public static IReadOnlyList<string> Errors(byte[] content, RunFacts run)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n');
        var rowsInOrder = Rows(lines);
        var stated = rowsInOrder.ToLookup(r => r.Label, r => r.Value, StringComparer.Ordinal);
        var errors = new List<string>();
        foreach (var (label, field) in Fields(run))
        {
            var rows = stated[label].ToList();
            if (rows.Count != 1)
            {
                errors.Add($"it states {label} {rows.Count} times where it must once");
            }
            else if (!Shows(rows[0], run.Field(field), Unit(field)))
            {
                errors.Add($"it states '{rows[0]}' as {label} where run.json has {run.Field(field)?.GetRawText() ?? "nothing"}");
            }
        }

        if (run.Template is not null && stated["Processor"].ToList() is var processors && !(processors is [var processor] && IsProcessor(processor, run)))
        {
            errors.Add($"it states '{string.Join("', '", processors)}' as Processor where run.json has other numbers");
        }

        if (run.Version > 1)
        {
            errors.AddRange(ErrorsSince2(stated, run));
        }

        var files = run.Files(run.Template is null ? "rendered_assets" : "inputs").ToList();
        var shown = rowsInOrder.Where(r => r.Label.StartsWith('`')).ToList();
        if (shown.Count != files.Count || !shown.Zip(files).All(p => ShownValue.Is(p.First.Label, p.Second.Path) && IsFile(p.First.Value, p.Second, run.Version)))
        {
            errors.Add("its table of files is not the one in run.json");
        }

        var signers = run.Template is null ? "../../allowed_signers" : "../../../allowed_signers";
        foreach (var command in (string[])["sha256sum -c SHA256SUMS", $"ssh-keygen -Y verify -f {signers} -I {run.SignerName} -n packer-build-record -s SHA256SUMS.sig < SHA256SUMS"])
        {
            if (lines.Count(l => l.Trim() == command) != 1)
            {
                errors.Add($"it does not give the command '{command}' once");
            }
        }

        // By its place in the page: a value that somebody else chose may hold the same words, in a row or within a sentence.
        var before = run.Previous is { } previous ? run.Joined.Prepend(previous) : run.Joined;
        if (!Before().Matches(string.Join('\n', lines)).Select(m => (m.Groups["record"].Value, m.Groups["sha"].Value)).SequenceEqual(before))
        {
            errors.Add("the records that it says come before it are not those of run.json");
        }

        return [.. errors.Take(MaxErrors)];
    }

    private static IEnumerable<string> ErrorsSince2(ILookup<string, string> stated, RunFacts run)
    {
        foreach (var (label, field) in new[] { ("Packer plugin", "packer.plugin_version"), ("Packer plugin SHA-256", "packer.plugin_sha256") })
        {
            var isBuiltIn = run.Field("packer.version") is { ValueKind: JsonValueKind.String } && run.Field("packer.plugin_version") is { ValueKind: JsonValueKind.Null };
            if (!(stated[label].ToList() is [var cell] && (isBuiltIn ? cell == "built in" : Shows(cell, run.Field(field), null))))
            {
                yield return $"it states '{string.Join("', '", stated[label])}' as {label} where run.json has {run.Field(field)?.GetRawText() ?? "nothing"}";
            }
        }

        if (run.Template is null)
        {
            yield break;
        }

        foreach (var (label, field) in new[] { ("UEFI variables", "vm_facts.efi_disk"), ("TPM", "vm_facts.tpm") })
        {
            if (!(stated[label].ToList() is [var cell] && IsDisk(cell, run, field)))
            {
                yield return $"it states '{string.Join("', '", stated[label])}' as {label} where run.json has another disk";
            }
        }

        var links = run.Unattended.Select(u => $"[{u.File}]({u.File})").ToList();
        var facts = run.Field("unattended") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        if (stated.Select(s => s.Key).Count(k => k.StartsWith("[input.", StringComparison.Ordinal)) != links.Count
            || !links.Zip(facts).All(p => stated[p.First].ToList() is [var cell] && IsUnattended(cell, p.Second)))
        {
            yield return "its table of unattended files is not the one in run.json";
        }
    }

    private static bool IsDisk(string cell, RunFacts run, string field)
    {
        ReadOnlySpan<char> rest = cell;
        return run.Field(field) is { ValueKind: JsonValueKind.Object } disk
            ? SkipParts(ref rest, [(null, "device", null), (" = ", "value", null)], disk) && rest.IsEmpty
            : cell == (run.Field("vm_facts") is { ValueKind: JsonValueKind.Object } ? "none" : ShownValue.NotRecorded);
    }

    private static bool IsUnattended(string cell, JsonElement file)
    {
        ReadOnlySpan<char> rest = cell;
        var isSame = file.GetProperty("difference").ValueKind == JsonValueKind.Null;
        return SkipParts(ref rest, [(null, "path", isSame ? " | the same" : null), .. isSame ? [] : new (string?, string, string?)[] { (" | ", "difference", null) }, (" | ", "served_sha256", null)], file)
            && rest.IsEmpty;
    }

    /// <summary>Since version 2 the file in the repository is between path and hash.</summary>
    private static bool IsFile(string cell, (string Path, string Sha256, string? Source) file, int version)
    {
        if (version == 1)
        {
            return ShownValue.Is(cell, file.Sha256);
        }

        ReadOnlySpan<char> rest = cell;
        return (file.Source is { } source ? SkipValue(ref rest, source) : Skip(ref rest, "generated")) && Skip(ref rest, " | ") && ShownValue.Is(rest, file.Sha256);
    }

    /// <summary>How the items of a list are shown: what stands before a field, the field, and what stands behind it.</summary>
    private static (string? Before, string Field, string? After)[] Parts(JsonElement item) => item switch
    {
        _ when item.TryGetProperty("name", out _) => [(null, "name", null), (" = ", "value", null)],
        _ when item.TryGetProperty("script", out _) => [(null, "script", ": exit status "), (null, "exit_status", ", "), (null, "duration_seconds", " seconds")],
        _ when item.TryGetProperty("value", out _) => [(null, "device", null), (" = ", "value", null)],
        _ when item.TryGetProperty("device", out _) => [(null, "device", " = "), (null, "volume", ", SHA-256 "), (null, "sha256", null)],
        _ => [(null, "volume", ": "), (null, "bytes", " bytes")],
    };

    private static bool SkipParts(ref ReadOnlySpan<char> cell, (string? Before, string Field, string? After)[] parts, JsonElement item)
    {
        foreach (var (before, field, after) in parts)
        {
            if (!Skip(ref cell, before ?? "") || !SkipField(ref cell, item.GetProperty(field)) || !Skip(ref cell, after ?? ""))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SkipField(ref ReadOnlySpan<char> cell, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => SkipValue(ref cell, value.GetString()!),
        JsonValueKind.Number => Skip(ref cell, $"`{value.GetRawText()}`"),
        _ => Skip(ref cell, ShownValue.NotRecorded),
    };

    private static bool Shows(string cell, JsonElement? field, string? unit)
    {
        if (field is not { ValueKind: not JsonValueKind.Null } value)
        {
            return cell == ShownValue.NotRecorded;
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => ShownValue.Is(cell, value.GetString()),
            JsonValueKind.Number => cell == $"`{value.GetRawText()}`{unit}",
            JsonValueKind.True => cell == "yes",
            JsonValueKind.False => cell == "no",
            _ => IsList(cell, value),
        };
    }

    /// <summary>Each value ends where its code span does, so that the items are found from left to right, whatever they hold.</summary>
    private static bool IsList(ReadOnlySpan<char> cell, JsonElement list)
    {
        if (list.GetArrayLength() == 0)
        {
            return cell is "none";
        }

        var isFirst = true;
        foreach (var item in list.EnumerateArray())
        {
            if (!(isFirst || Skip(ref cell, "<br>")) || !SkipItem(ref cell, item))
            {
                return false;
            }

            isFirst = false;
        }

        return cell.IsEmpty;
    }

    private static bool SkipItem(ref ReadOnlySpan<char> cell, JsonElement item) => item.ValueKind == JsonValueKind.String
        ? SkipValue(ref cell, item.GetString()!)
        : SkipParts(ref cell, Parts(item), item);

    private static bool SkipValue(ref ReadOnlySpan<char> cell, string value)
    {
        var length = ShownValue.Length(cell);
        var isShown = ShownValue.Is(cell[..length], value);
        cell = cell[length..];
        return isShown;
    }

    private static bool Skip(ref ReadOnlySpan<char> cell, string text)
    {
        var isThere = cell.StartsWith(text);
        cell = isThere ? cell[text.Length..] : cell;
        return isThere;
    }

    private static bool IsProcessor(string cell, RunFacts run)
    {
        if (run.Field("vm_facts.cores") is not { ValueKind: JsonValueKind.Number } cores)
        {
            return cell == ShownValue.NotRecorded;
        }

        var sockets = run.Field("vm_facts.sockets") is { ValueKind: JsonValueKind.Number } number ? $"`{number.GetRawText()}`" : ShownValue.NotRecorded;
        var start = string.Create(CultureInfo.InvariantCulture, $"{sockets} × `{cores.GetRawText()}` cores, type ");
        return cell.StartsWith(start, StringComparison.Ordinal) && ShownValue.Is(cell.AsSpan(start.Length), run.Field("vm_facts.cpu_type")?.GetString());
    }

    private static List<(string Label, string Value)> Rows(IEnumerable<string> lines)
    {
        var rows = new List<(string Label, string Value)>();
        foreach (var line in lines)
        {
            if (line.StartsWith("| ", StringComparison.Ordinal) && line.EndsWith(" |", StringComparison.Ordinal) && line.Length > 4)
            {
                var bar = line.IndexOf(" | ", 2, StringComparison.Ordinal);
                if (bar > 0 && bar + 3 <= line.Length - 2)
                {
                    rows.Add((line[2..bar], line[(bar + 3)..^2]));
                }
            }
        }

        return rows;
    }

    [GeneratedRegex(
        "^(?:4\\. That no record |   It follows the end )[^`\n]*`sha256sum \\.\\./(?<record>[0-9TZ-]+)/SHA256SUMS` prints\\s+`(?<sha>[0-9a-f]{64})`\\.\\s*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Before();
}
