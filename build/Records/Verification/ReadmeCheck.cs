using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Records.Verification;

/// <summary>Whether a record's README states what <c>run.json</c> does, row by row, and the right commands to check it.</summary>
internal static class ReadmeCheck
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
        foreach (var (label, field) in Common.Concat(run.Template is null ? OfInit : OfBuild))
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

        var files = run.Files(run.Template is null ? "rendered_assets" : "inputs").ToList();
        var shown = rowsInOrder.Where(r => r.Label.StartsWith('`')).ToList();
        if (shown.Count != files.Count || !shown.Zip(files).All(p => ShownValue.Is(p.First.Label, p.Second.Path) && ShownValue.Is(p.First.Value, p.Second.Sha256)))
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

        return [.. errors.Take(MaxErrors)];
    }

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
        : SkipValue(ref cell, item.GetProperty("device").GetString()!) && Skip(ref cell, " = ") && SkipValue(ref cell, item.GetProperty("value").GetString()!);

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
}
