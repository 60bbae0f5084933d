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

        if (!h.PreEnrolledKeys && h.Bios != "ovmf")
        {
            yield return subject.Error("hardware-no-effect", "hardware.pre_enrolled_keys", "there are no keys of Secure Boot without UEFI", "Set bios to ovmf, or leave it out");
        }

        if (h.Disk.Ssd && h.DiskType == "virtio")
        {
            yield return subject.Error("hardware-ssd", "hardware.disk.ssd", "a virtio disk cannot be shown as a solid-state disk", "Set disk_type to scsi, or leave it out");
        }

        if (h.NetworkAdapters.Count > 0 && h.NetworkModel != new Hardware().NetworkModel)
        {
            yield return subject.Error("hardware-no-effect", "hardware.network_model", "network_model has no effect beside network_adapters", "Set model in network_adapters");
        }

        for (var i = 0; i < h.NetworkAdapters.Count; i++)
        {
            if (h.NetworkAdapters[i] is { Model: not "virtio" } card && (card.Mtu > 0 || card.PacketQueues > 0))
            {
                yield return subject.Error(
                    "hardware-network", $"hardware.network_adapters[{i}]", $"mtu and packet_queues are for the model virtio, not for {card.Model}", "Set model to virtio, or leave them out");
            }
        }

        if (h.Vga?.Type is { } display && display.StartsWith("serial", StringComparison.Ordinal) && display[^1] - '0' >= h.Serials.Count)
        {
            yield return subject.Error("hardware-vga", "hardware.vga.type", $"the display {display} is a serial port that is not there", "Add socket to serials");
        }

        if (!subject.Template.LoginTimeout.Any(c => c is >= '1' and <= '9'))
        {
            yield return subject.Error("login-timeout", "login_timeout", $"{subject.Template.LoginTimeout} is no time to wait: Packer takes its default of 5 minutes instead", "Set it to 30m or more");
        }

        if (!subject.Template.CloudInit && subject.Template.CloudInitDiskType != "ide")
        {
            yield return subject.Error("hardware-no-effect", "cloud_init_disk_type", "there is no cloud-init drive", "Set cloud_init to true, or leave it out");
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

        foreach (var field in OnlyForThePlugin(subject.Template))
        {
            yield return subject.Error("packer-too-old", field, $"Packer 1.6 cannot set {field}", Remedy);
        }
    }

    private static IEnumerable<string> OnlyForThePlugin(Template template)
    {
        var h = template.Hardware;
        (bool Used, string Field)[] fields =
        [
            (h.Machine.Length > 0, "hardware.machine"), (h.Numa, "hardware.numa"), (h.Serials.Count > 0, "hardware.serials"), (h.Rng0 is not null, "hardware.rng0"),
            (h.Disk.Discard == true, "hardware.disk.discard"), (h.Disk.Ssd, "hardware.disk.ssd"), (h.Disk.Asyncio.Length > 0, "hardware.disk.asyncio"),
            (h.NetworkAdapters.Any(a => a.Mtu > 0), "hardware.network_adapters.mtu"), (template.CloudInitDiskType != "ide", "cloud_init_disk_type"),
        ];
        return fields.Where(f => f.Used).Select(f => f.Field);
    }

    // Templates that cannot be read have findings of their own.
    internal static IEnumerable<Template> Others(Subject subject)
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
