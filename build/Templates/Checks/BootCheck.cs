using Foundation;
using Unattended.Preseed;

namespace Templates;

/// <summary>The boot command, and where it leads.</summary>
internal static class BootCheck
{
    internal static IEnumerable<TemplateFinding> Check(Subject subject)
    {
        var template = subject.Template;
        var boot = BootCommand.Read(template.BootCommand);
        foreach (var problem in boot.Problems)
        {
            yield return subject.Error(problem.Code, Item(problem.Item), problem.Message, "Correct the boot command");
        }

        var findings = template.UnattendedIso ? Image(subject, boot) : Http(subject, boot);
        foreach (var finding in findings)
        {
            yield return finding;
        }

        foreach (var finding in template.Assets.Any(a => a.Format == "preseed") ? Preseed(subject, boot) : [])
        {
            yield return finding;
        }

        if (template.Assets.Any(a => a.Format == "autoinstall") && !boot.Typed.Split(' ', '\n').Contains("autoinstall"))
        {
            yield return subject.Error(
                "boot-autoinstall", "boot.command", "the kernel gets no parameter autoinstall: the installer would ask whether to go on",
                "Type autoinstall on the kernel's line");
        }
    }

    private static IEnumerable<TemplateFinding> Image(Subject subject, BootCommand boot)
    {
        foreach (var url in boot.Urls)
        {
            yield return subject.Error(
                "boot-url-no-server", Item(url.Item), "the boot command asks Packer's HTTP server, which does not run when the assets are on an image",
                "Leave the URL out, or set unattended to http");
        }
    }

    private static IEnumerable<TemplateFinding> Http(Subject subject, BootCommand boot)
    {
        var targets = subject.Template.Assets.Select(a => a.Target).ToHashSet(StringComparer.Ordinal);
        if (boot.Urls.Count == 0)
        {
            yield return subject.Error(
                "boot-url-none", "boot.command", "the boot command does not lead to Packer's HTTP server, so that the installer would find no answers",
                "Type http://{{ .HTTPIP }}:{{ .HTTPPort }}/ with the path of an asset");
        }

        foreach (var url in boot.Urls)
        {
            // A folder is a seed of cloud-init's NoCloud source, which asks for these two below it.
            var wanted = url.Path.Length == 0 || url.Path.EndsWith('/') ? new[] { url.Path + "user-data", url.Path + "meta-data" } : [url.Path];
            foreach (var missing in wanted.Where(w => !targets.Contains(w)))
            {
                var near = NearMiss.Find(missing, targets);
                yield return subject.Error(
                    "boot-url-unknown", Item(url.Item), $"the installer would ask for /{missing}, and no asset has this target",
                    near.Count > 0 ? $"Perhaps {near[0]} is meant" : $"The targets are {string.Join(", ", targets)}");
            }
        }

        if (boot.Urls.Count > 0 && subject.Template.Assets.Any(a => a.Format == "kickstart")
            && !boot.Typed.Contains("inst.ks=", StringComparison.Ordinal))
        {
            yield return subject.Error("boot-kickstart", "boot.command", "the URL is not given to the installer as inst.ks=", "Type inst.ks= before the URL");
        }

        if (boot.Urls.Count > 0 && subject.Template.Assets.Any(a => a.Format == "autoinstall")
            && !boot.Typed.Contains("ds=nocloud", StringComparison.Ordinal))
        {
            yield return subject.Error("boot-autoinstall-source", "boot.command", "the URL is not given to cloud-init as ds=nocloud;s=", "Type \"ds=nocloud;s=\" before the URL");
        }
    }

    private static IEnumerable<TemplateFinding> Preseed(Subject subject, BootCommand command)
    {
        var boot = PreseedBoot.Read(PreseedArguments(command));
        if (boot.Url is null && boot.File is null)
        {
            yield return subject.Error(
                "boot-preseed", "boot.command", "the URL is not given to the installer as url=", "Type auto=true priority=critical url= before the URL");
        }

        foreach (var (title, remedy) in boot.QuestionsBeforeTheNetwork())
        {
            yield return subject.Error(
                "boot-preseed-question", "boot.command", $"the installer asks \"{title}\" before it has the network, so that the answer in the file comes too late", $"Type {remedy}");
        }
    }

    /// <summary>The words of the kernel's command line; <c>auto</c> at ISOLINUX's prompt stands for its menu entry.</summary>
    internal static IReadOnlyList<string> PreseedArguments(BootCommand command)
    {
        var lines = command.Typed.Split('\n');
        var words = lines.SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        return lines.Any(l => l.TrimStart().StartsWith("auto ", StringComparison.Ordinal)) ? ["auto=true", "priority=critical", .. words] : words;
    }

    private static string Item(int index) => $"boot.command[{index}]";
}
