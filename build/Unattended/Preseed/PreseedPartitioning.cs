namespace Unattended.Preseed;

/// <summary>Partitioning as partman does it on one empty disk: partman-auto, partman-auto-lvm, partman-auto-crypto, partman-base.</summary>
internal static class PreseedPartitioning
{
    private const string Title = "Partition disks";
    private const int AssumedDiskGb = 16;

    private static readonly string[] Methods = ["regular", "lvm", "crypto", "raid"];
    private static readonly string[] Recipes = ["atomic", "home", "multi", "small_disk", "server"];

    internal static void Judge(PreseedAnswers answers, PreseedInterview interview, UnattendedContext context, FindingList findings)
    {
        var method = answers["partman-auto/method"].Trim();
        if (method.Length == 0)
        {
            interview.Stop($"{Title}: Partitioning method", answers.LineOf("partman-auto/method"), "nothing answers partman-auto/method (d-i partman-auto/method string regular)");
            return;
        }

        if (!Methods.Contains(method))
        {
            var near = Foundation.NearMiss.Find(method, Methods);
            findings.Error("preseed-partman", answers.LineOf("partman-auto/method"),
                $"partman-auto/method is {method}, and partman knows {string.Join(", ", Methods)}: it ends with \"Unsupported method\"{(near.Count > 0 ? $"; perhaps {near[0]} is meant" : "")}");
            return;
        }

        Disk(answers, context, findings);
        Recipe(answers, interview, context, method, findings);
        if (method is "lvm" or "crypto")
        {
            Confirm(answers, interview, "partman-lvm/confirm_nooverwrite", "partman-lvm/confirm", "Write the changes to disks and configure LVM?");
            interview.High($"{Title}: Amount of volume group to use for guided partitioning", "partman-auto-lvm/guided_size", "d-i partman-auto-lvm/guided_size string max");
        }

        if (method == "crypto")
        {
            Passphrase(answers, interview, context, findings);
        }

        if (method == "raid")
        {
            interview.Stop($"{Title}: Software RAID", answers.LineOf("partman-auto/method"), "a RAID needs two disks at least, and the machine has one", context.DiskBus is not null);
        }

        if (answers["partman/choose_partition"].Trim() != "finish")
        {
            interview.Stop($"{Title}: overview of the partitions", answers.LineOf("partman/choose_partition"), "partman/choose_partition is not finish (d-i partman/choose_partition select finish)",
                !answers["partman/choose_partition"].Contains("finish", StringComparison.OrdinalIgnoreCase));
        }

        Confirm(answers, interview, "partman/confirm_nooverwrite", "partman/confirm", "Write the changes to disks?");
    }

    // On an empty disk nothing is overwritten, so that this is the one that is asked.
    private static void Confirm(PreseedAnswers answers, PreseedInterview interview, string question, string other, string text)
    {
        if (!answers.Has(question))
        {
            interview.Stop($"{Title}: {text}", 0, answers.Has(other)
                ? $"{other} is for a disk with something on it; on an empty one {question} is asked, and nothing answers it (d-i {question} boolean true)"
                : $"nothing answers {question} (d-i {question} boolean true)");
        }
        else if (!answers.IsTrue(question))
        {
            interview.Stop($"{Title}: {text}", answers.LineOf(question), $"{question} is not true, so that partman goes back to its overview");
        }
    }

    private static void Disk(PreseedAnswers answers, UnattendedContext context, FindingList findings)
    {
        var disks = answers["partman-auto/disk"].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var name = context.DiskBus switch
        {
            "virtio" => "/dev/vda",
            null => null,
            _ => "/dev/sda",
        };
        if (disks.Length == 0)
        {
            return; // One disk is taken without being named.
        }

        if (name is not null && !disks.Contains(name) && !PreseedReader.IsComputed(answers["partman-auto/disk"]))
        {
            findings.Error("preseed-partman", answers.LineOf("partman-auto/disk"),
                $"partman-auto/disk is {string.Join(' ', disks)}, and the disk on {context.DiskBus} is {name}: partman finds no disk to partition; leave it out where there is one disk only");
        }
    }

    private static void Recipe(PreseedAnswers answers, PreseedInterview interview, UnattendedContext context, string method, FindingList findings)
    {
        if (answers["partman-auto/expert_recipe"].Length == 0)
        {
            var recipe = answers["partman-auto/choose_recipe"].Trim();
            var name = recipe[(recipe.LastIndexOf('/') + 1)..].TrimStart("0123456789".ToCharArray());
            if (answers["partman-auto/expert_recipe_file"].Length > 0)
            {
                findings.Warn("preseed-recipe", answers.LineOf("partman-auto/expert_recipe_file"), "the recipe is in a file of its own, which is not looked at here");
            }
            else if (recipe.Length == 0)
            {
                interview.High($"{Title}: Partitioning scheme", "partman-auto/choose_recipe", "d-i partman-auto/choose_recipe select atomic");
            }
            else if (!Recipes.Contains(name))
            {
                findings.Warn("preseed-recipe", answers.LineOf("partman-auto/choose_recipe"), $"there is no recipe {recipe} ({string.Join(", ", Recipes.Take(3))}): partman-auto takes the first one, atomic");
            }

            return;
        }

        var line = answers.LineOf("partman-auto/expert_recipe");
        var label = answers["partman-partitioning/default_label"].Trim() is { Length: > 0 } chosen ? chosen : context.Uefi == true ? "gpt" : "msdos";
        var cap = int.TryParse(answers["partman-auto/cap-ram"], out var most) ? most : 1024;
        var decoded = PartitionRecipe.Decode(answers["partman-auto/expert_recipe"], method, label, cap, line, findings);
        var diskMb = (context.DiskBytes ?? ((long)AssumedDiskGb << 30)) / 1_000_000;
        if (decoded.MinimumMb > diskMb)
        {
            findings.Error("preseed-recipe", line, $"the recipe needs {decoded.MinimumMb} MB, and the disk has {diskMb} MB: partman-auto passes over it and chooses another");
        }

        Root(decoded, method, context, label, line, interview, findings);
    }

    private static void Root(PartitionRecipe recipe, string method, UnattendedContext context, string label, int line, PreseedInterview interview, FindingList findings)
    {
        if (!recipe.Partitions.Any(p => p.MountPoint == "/"))
        {
            interview.Stop($"{Title}: No root file system", line, "the recipe has no partition with mountpoint{ / }");
        }

        foreach (var partition in recipe.Partitions.Where(p => p.MountPoint is not null && p.Method is not ("efi" or "esp") && (p.Method != "format" || !p.Options.ContainsKey("format"))))
        {
            // A logical volume with another method is made with its file system all the same; what is not formatted is not mounted.
            var formatted = partition.MountPoint != "/" || (partition.OnLvm && partition.Options.ContainsKey("format") && partition.Options.ContainsKey("filesystem"));
            findings.Judge(!formatted, "preseed-recipe", line, $"the partition for {partition.MountPoint} is not formatted (method{{ format }} format{{ }} use_filesystem{{ }} filesystem{{ ext4 }}): it cannot be mounted");
        }

        foreach (var twice in recipe.Partitions.Where(p => p.MountPoint is not null).GroupBy(p => p.MountPoint).Where(g => g.Count() > 1))
        {
            interview.Stop($"{Title}: Identical mount points for two file systems", line, $"two partitions of the recipe have mountpoint{{ {twice.Key} }}");
        }

        if (method is "lvm" or "crypto" && !recipe.Partitions.Any(p => p.OnLvm))
        {
            findings.Error("preseed-recipe", line, "no partition of the recipe is for LVM ($lvmok{ }): partman-auto-lvm ends with \"Failed to partition the selected disk\"");
        }
        else if (method == "crypto" && !recipe.Partitions.Any(p => p.MountPoint == "/boot" && !p.OnLvm))
        {
            interview.Stop($"{Title}: Boot loader may be unable to load kernel", line, "the recipe has no partition for /boot outside of the encrypted ones");
        }

        if (context.Uefi == true && !recipe.Partitions.Any(p => p.Method is "efi" or "esp"))
        {
            interview.Stop($"{Title}: No EFI partition was found", line, "the machine starts by UEFI, and the recipe has no partition with method{ efi }");
        }
        else if (context.Uefi == false && label == "gpt" && !recipe.Partitions.Any(p => p.Method == "biosgrub"))
        {
            findings.Error("preseed-recipe", line, "the disk gets a GPT and the machine starts by BIOS, but the recipe has no partition with method{ biosgrub }: GRUB cannot be installed");
        }
    }

    private static void Passphrase(PreseedAnswers answers, PreseedInterview interview, UnattendedContext context, FindingList findings)
    {
        interview.Critical($"{Title}: Encryption passphrase", "partman-crypto/passphrase", "d-i partman-crypto/passphrase password …");
        interview.Critical($"{Title}: Re-enter passphrase to verify", "partman-crypto/passphrase-again", "d-i partman-crypto/passphrase-again password …");
        if (!answers.Has("partman-crypto/passphrase"))
        {
            return;
        }

        var passphrase = answers["partman-crypto/passphrase"];
        var line = answers.LineOf("partman-crypto/passphrase");
        if (passphrase != answers["partman-crypto/passphrase-again"])
        {
            interview.Stop($"{Title}: Passphrase input error", line, "the two passphrases are not the same");
        }
        else if (passphrase.Length < 8 && !answers.IsTrue("partman-crypto/weak_passphrase"))
        {
            interview.Stop($"{Title}: Use weak passphrase?", line, "the passphrase has fewer than eight characters, and partman-crypto/weak_passphrase is not true");
        }

        findings.JudgeUseless(context.DiskBus is not null, "preseed-crypto", answers.LineOf("partman-auto/method"), "partman-auto/method is crypto: the installed system, and each clone, asks for the passphrase at its console");
    }
}
