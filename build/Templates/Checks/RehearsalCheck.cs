using System.Text.RegularExpressions;
using Installer;

namespace Templates;

/// <summary>
/// The boot command on the simulated machine: what the sandbox's boot loader and installer make of it, up to the file with
/// the answers. The file itself is judged by <see cref="AssetCheck"/>.
/// </summary>
internal static partial class RehearsalCheck
{
    private const string Address = "192.0.2.1";
    private const string Port = "8080";

    internal static IEnumerable<TemplateFinding> Check(Subject subject)
    {
        var template = subject.Template;
        if (!Rehearsal.Knows(template.Iso.File) || Assets(subject) is not { } assets)
        {
            yield break;
        }

        var keys = BootCommand.KeyPresses(template.BootCommand, (Address, Port), Rehearsal.KeyOf);
        var (outcome, typed) = Rehearsal.Run(Machine(template, assets), [.. keys.Select(k => k.Key)]);
        if (outcome.Failure is not { } failure)
        {
            yield break;
        }

        var (code, place) = failure.Contains(" MiB of memory are too little", StringComparison.Ordinal) ? ("hardware-memory", "hardware.memory_mb")
            : failure.StartsWith("the disk has ", StringComparison.Ordinal) ? ("hardware-disk", "hardware.disk_gb")
            : ("boot-rehearsal", $"boot.{(template.TypesUefiCommand ? "uefi_command" : "command")}[{Culprit(template.BootCommand, failure, keys, typed)}]");
        yield return subject.Error(code, place, failure.Replace($"{Address}:{Port}", "{{ .HTTPIP }}:{{ .HTTPPort }}", StringComparison.Ordinal), "Correct it: the installation would end there");
    }

    private static List<RenderedAsset>? Assets(Subject subject)
    {
        try
        {
            return [.. new AssetRenderer(subject.Catalogue).Render(subject.Template, BuildAccess.Sample(subject.Template))];
        }
        catch (Foundation.FailureException)
        {
            // It has a finding of its own.
            return null;
        }
    }

    private static InstallationRequest Machine(Template template, List<RenderedAsset> assets)
    {
        var texts = assets.ToDictionary(a => a.Target, a => a.Text, StringComparer.Ordinal);
        InstallationMedium[] answers = template.UnattendedIso
            ? [new InstallationMedium { VolumeId = "answers.iso", Texts = texts, Label = template.UnattendedLabel ?? "" }]
            : [];
        var hardware = template.Hardware;
        return new InstallationRequest
        {
            Media = [Published(template.Iso.File), .. answers, .. template.AdditionalIsos.Select(i => Published(i.File))],
            Disks = [new InstallationDisk(hardware.DiskType, (long)hardware.DiskGb << 30, hardware.ScsiController)],
            Firmware = hardware.Bios == "ovmf" ? Firmware.Ovmf : Firmware.SeaBios,
            MemoryMb = hardware.MemoryMb,
            NetworkModel = hardware.NetworkModel,
            Fetch = (address, _) => Task.FromResult(Serve(address, template.UnattendedIso ? [] : texts)),
        };
    }

    private static InstallationMedium Published(string file) => new() { VolumeId = file, Identity = new MediumIdentity(file) };

    private static FetchResult Serve(Uri address, Dictionary<string, string> texts) =>
        address.Host != Address || address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture) != Port
            ? new FetchResult(0, "", "it is not Packer's server")
            : texts.TryGetValue(Uri.UnescapeDataString(address.AbsolutePath).TrimStart('/'), out var text) ? new FetchResult(200, text) : new FetchResult(404, "");

    /// <summary>The item of the boot command that is to blame: the one that says what the failure speaks of, else the last that was typed.</summary>
    private static int Culprit(IReadOnlyList<string> items, string failure, IReadOnlyList<(string Key, int Item)> keys, int typed)
    {
        // What a screen shows that waits for more is the whole command; only what could not be found points at a part of it.
        var unfinished = failure.StartsWith("the boot command never pressed", StringComparison.Ordinal);
        string[] words = Missing().Match(failure) is { Success: true } missing ? [missing.Groups["file"].Value]
            : failure.Contains("unexpected end of file", StringComparison.Ordinal) ? ["linux"]
            : unfinished ? []
            : failure.Contains("ds=", StringComparison.Ordinal) || failure.Contains("seed", StringComparison.Ordinal) ? ["ds="]
            : failure.Contains("inst.ks", StringComparison.Ordinal) || failure.Contains("kickstart", StringComparison.Ordinal) ? ["inst.ks", "ks="]
            : failure.Contains("initrd", StringComparison.Ordinal) ? ["initrd"]
            : [];
        foreach (var word in words)
        {
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i].Contains(word, StringComparison.Ordinal))
                {
                    return i;
                }
            }
        }

        return keys.Count == 0 ? 0 : keys[Math.Clamp(typed - 1, 0, keys.Count - 1)].Item;
    }

    [GeneratedRegex("file `(?<file>[^']+)' not found")]
    private static partial Regex Missing();
}
