using Unattended;

namespace Templates;

/// <summary>The unattended assets: that they render, that they are where the installer looks, and what they lead to.</summary>
internal static class AssetCheck
{
    internal static IEnumerable<TemplateFinding> Check(Subject subject)
    {
        var template = subject.Template;
        foreach (var twice in template.Assets.GroupBy(a => a.Target, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return subject.Error("asset-twice", "assets", $"two assets have the target {twice.Key}", "Give each a target of its own");
        }

        foreach (var finding in Places(subject))
        {
            yield return finding;
        }

        var access = BuildAccess.Sample(template);
        var renderer = new AssetRenderer(subject.Catalogue);
        var rendered = new List<RenderedAsset>();
        for (var i = 0; i < template.Assets.Count; i++)
        {
            TemplateFinding? failure = null;
            try
            {
                rendered.Add(renderer.TryRender(template, template.Assets[i], access));
            }
            catch (AssetException e)
            {
                failure = e.File.Length == 0
                    ? subject.Error(e.Code, $"assets[{i}].source", e.Message, e.Remedy)
                    : new TemplateFinding(FindingSeverity.Error, e.Code, e.File, e.Line, e.Message, e.Remedy);
            }

            if (failure is not null)
            {
                yield return failure;
            }
        }

        if (rendered.Count < template.Assets.Count)
        {
            yield break;
        }

        foreach (var finding in rendered.SelectMany(a => Text(subject, a, access, rendered)))
        {
            yield return finding;
        }
    }

    private static IEnumerable<TemplateFinding> Places(Subject subject)
    {
        var template = subject.Template;
        var format = template.Assets.Select(a => a.Format).FirstOrDefault(f => f != "text");
        if (!template.UnattendedIso)
        {
            if (format == "unattend")
            {
                yield return subject.Error("unattended-http", "unattended", "Windows Setup fetches nothing over HTTP", "Set unattended to iso, with an unattended_label");
            }

            yield break;
        }

        if (format == "preseed")
        {
            yield return subject.Error("unattended-iso", "unattended", "the Debian installer looks at no medium but its own", "Set unattended to http");
        }

        if (template.UnattendedLabel is null)
        {
            yield return subject.Error("unattended-label", "unattended", "the image with the assets has no label", "Set unattended_label: cidata, OEMDRV, or any for Windows");
            yield break;
        }

        var (label, target) = format switch
        {
            "autoinstall" => ("cidata", "user-data"),
            "kickstart" => ("OEMDRV", "ks.cfg"),
            "unattend" => (template.UnattendedLabel, "Autounattend.xml"),
            _ => (template.UnattendedLabel, ""),
        };
        if (!template.UnattendedLabel.Equals(label, StringComparison.OrdinalIgnoreCase))
        {
            yield return subject.Error("unattended-label", "unattended_label", $"the installer looks for an image with the label {label}, not {template.UnattendedLabel}", $"Set it to {label}");
        }

        if (target.Length > 0 && !template.Assets.Any(a => a.Target.Equals(target, format == "unattend" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)))
        {
            yield return subject.Error("unattended-target", "assets", $"the installer looks for {target} in the root of the image, and no asset has this target", $"Give the asset the target {target}");
        }

        if (format == "autoinstall" && !template.Assets.Any(a => a.Target == "meta-data"))
        {
            yield return subject.Error("unattended-target", "assets", "cloud-init takes no image without meta-data", "Add an asset with the target meta-data");
        }
    }

    private static IEnumerable<TemplateFinding> Text(Subject subject, RenderedAsset asset, BuildAccess access, IReadOnlyList<RenderedAsset> all)
    {
        var leftover = Array.FindIndex(asset.Text.Split('\n'), l => l.Contains("{{", StringComparison.Ordinal));
        if (leftover >= 0 && !asset.Source.EndsWith(AssetRenderer.Extension, StringComparison.Ordinal))
        {
            yield return new TemplateFinding(
                FindingSeverity.Error, "asset-not-rendered", asset.Source, leftover + 1, "the file has a Scriban expression but is not rendered",
                $"Let its name end in {AssetRenderer.Extension}");
        }

        if (!UnattendedFormats.TryParse(asset.Format, out var format))
        {
            yield break;
        }

        var template = subject.Template;
        var medium = MediumName.Recognize(template.Iso.File);
        var context = new UnattendedContext
        {
            FileName = asset.Source,
            OsId = template.IsWindows ? "mswindows" : medium?.OsId ?? template.Family,
            VersionId = template.OsVersion.Length > 0 ? template.OsVersion : medium?.Version ?? "",
            MediumName = template.Iso.File,
            OldInterfaceNames = template.BootCommand.Any(c => c.Contains("net.ifnames=0", StringComparison.Ordinal)),
            Siblings = all.Where(a => a != asset).ToDictionary(a => a.Target, a => a.Text, StringComparer.Ordinal),
            DiskBus = template.Hardware.DiskType,
            DiskBytes = (long)template.Hardware.DiskGb << 30,
            BootArguments = format == UnattendedFormat.Preseed ? BootCheck.PreseedArguments(BootCommand.Read(template.BootCommand)) : null,
            ScsiController = template.Hardware.ScsiController,
            NetworkModel = template.Hardware.NetworkModel,
            Uefi = template.Hardware.Bios == "ovmf",
            Drives = 1 + (template.UnattendedIso ? 1 : 0) + template.AdditionalIsos.Count,
            MediumLanguage = template.Iso.Urls.Prepend(template.Iso.File).Select(MediumName.LanguageIn).FirstOrDefault(l => l is not null),
            VirtioMedium = template.AdditionalIsos.Any(i => i.File.Contains("virtio-win", StringComparison.OrdinalIgnoreCase)),
        };
        var expectations = new UnattendedExpectations
        {
            Communicator = template.Communicator,
            UserName = access.Username,
            PublicKey = access.SshPublicKey,
            Password = access.Password,
            NeedsCloudInit = template.CloudInit,
        };
        foreach (var finding in Judge(format, asset.Text, context, expectations))
        {
            // The reader counts the lines of what was rendered; they are those of the source when it starts the same.
            yield return new TemplateFinding(finding.Severity, finding.Code, asset.Source, SourceLine(subject, asset, finding.Line), finding.Message);
        }
    }

    private static IEnumerable<Finding> Judge(UnattendedFormat format, string text, UnattendedContext context, UnattendedExpectations expectations)
    {
        var reading = UnattendedFile.Read(format, text, context);
        return reading.Findings.Concat(reading.Check(expectations, context.FileName));
    }

    // Loops and conditions in an asset move lines: the nearest line of the source with the same text is the one.
    private static int SourceLine(Subject subject, RenderedAsset asset, int line)
    {
        if (line == 0)
        {
            return 0;
        }

        var source = File.ReadAllLines(Path.Combine(subject.Catalogue.Root, asset.Source));
        var text = asset.Text.Split('\n')[line - 1];
        return Enumerable.Range(0, source.Length)
            .Where(i => source[i] == text)
            .OrderBy(i => Math.Abs(i - line + 1))
            .Select(i => i + 1)
            .FirstOrDefault(Math.Min(line, source.Length));
    }
}
