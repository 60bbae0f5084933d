using Foundation;
using Unattended;

namespace Templates;

/// <summary>VMIDs, media and hardware.</summary>
internal static class MachineCheck
{
    internal static IEnumerable<TemplateFinding> Check(Subject subject) =>
        Vmids(subject).Concat(Media(subject)).Concat(Hardware(subject)).Concat(Generation(subject));

    private static IEnumerable<TemplateFinding> Vmids(Subject subject)
    {
        var range = subject.Template.Vmid;
        if (range.First > range.Last)
        {
            yield return subject.Error("vmid-range", "vmid", $"the VMID range is empty: {range.First} to {range.Last}", "Put the lower number first");
            yield break;
        }

        foreach (var other in Others(subject))
        {
            if (other.Vmid.First <= range.Last && range.First <= other.Vmid.Last)
            {
                yield return subject.Error(
                    "vmid-overlap", "vmid", $"the VMIDs {range.First} to {range.Last} overlap those of {other.Id}, {other.Vmid.First} to {other.Vmid.Last}",
                    "Give each template a range of its own");
            }
        }
    }

    private static IEnumerable<TemplateFinding> Media(Subject subject)
    {
        var media = subject.Template.AdditionalIsos.Prepend(subject.Template.Iso).ToList();
        foreach (var twice in media.GroupBy(m => m.File).Where(g => g.Count() > 1))
        {
            yield return subject.Error("iso-twice", "additional_isos", $"the medium {twice.Key} is named twice", "Remove one");
        }

        for (var i = 0; i < media.Count; i++)
        {
            var path = i == 0 ? "iso" : $"additional_isos[{i - 1}]";
            var urls = media[i].Urls;
            for (var u = 0; u < urls.Count; u++)
            {
                if (!Uri.TryCreate(urls[u], UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps || url.UserInfo.Length > 0 || url.Host.Length == 0)
                {
                    yield return subject.Error("iso-url", $"{path}.urls[{u}]", $"{urls[u]} is not a plain https URL", "Use https without a user name");
                }
            }

            var conflict = Others(subject).FirstOrDefault(o => o.AdditionalIsos.Prepend(o.Iso).Any(m => m.File == media[i].File && m.Sha256 != media[i].Sha256));
            if (conflict is not null)
            {
                yield return subject.Error(
                    "iso-conflict", $"{path}.sha256", $"{conflict.Id} has another checksum for {media[i].File}", "One name on the storage can be one file only");
            }
        }
    }

    private static IEnumerable<TemplateFinding> Hardware(Subject subject)
    {
        var h = subject.Template.Hardware;
        var windows = subject.Template.IsWindows;
        var needed = SystemRequirements.Of(subject.Template.Iso.File)
            ?? SystemRequirements.For(windows ? "mswindows" : "", 0);
        if (h.MemoryMb < needed.MemoryMb)
        {
            yield return subject.Error(
                "hardware-memory", "hardware.memory_mb", $"{h.MemoryMb} MiB of memory are too few for the installer", $"Give it at least {needed.MemoryMb}");
        }

        if (h.DiskGb < needed.DiskGb)
        {
            yield return subject.Error(
                "hardware-disk", "hardware.disk_gb", $"a disk of {h.DiskGb} GiB is too small for the installation", $"Give it at least {needed.DiskGb}");
        }

        if (CpuLevel.Of(h.CpuType) is { } level && level < needed.CpuLevel)
        {
            yield return subject.Error(
                "hardware-cpu", "hardware.cpu_type",
                $"{subject.Template.Iso.File} is compiled for x86-64-v{needed.CpuLevel}, and the CPU type {h.CpuType} is x86-64-v{level}: the installer ends with \"CPU does not support x86-64-v{needed.CpuLevel}\"",
                needed.CpuLevel == 3 ? "Set cpu_type to x86-64-v3 or host; AlmaLinux has a build for x86-64-v2 as well" : $"Set cpu_type to x86-64-v{needed.CpuLevel} or host");
        }

        if (windows && h.Tpm && h.Bios != "ovmf")
        {
            yield return subject.Warning("hardware-tpm", "hardware.tpm", "Windows uses a TPM 2.0 with UEFI only", "Set bios to ovmf");
        }
    }

    private static IEnumerable<TemplateFinding> Generation(Subject subject)
    {
        if (subject.Generation != PackerGeneration.Builtin)
        {
            yield break;
        }

        const string Remedy = "Install Packer 1.11 or later with the plugin github.com/hashicorp/proxmox 1.2.2 or later";
        if (subject.Template.Hardware.Bios == "ovmf")
        {
            yield return subject.Error("packer-too-old", "hardware.bios", "bios: ovmf needs Packer 1.11 or later: Packer 1.6 makes no VM with UEFI", Remedy);
        }

        if (subject.Template.Hardware.Tpm)
        {
            yield return subject.Error("packer-too-old", "hardware.tpm", "a TPM needs Packer 1.11 or later", Remedy);
        }
    }

    // Templates that cannot be read have findings of their own.
    private static IEnumerable<Template> Others(Subject subject)
    {
        foreach (var id in subject.Catalogue.Ids().Where(id => id != subject.Template.Id))
        {
            Template other;
            try
            {
                other = subject.Catalogue.Load(id);
            }
            catch (FailureException)
            {
                continue;
            }

            yield return other;
        }
    }
}
