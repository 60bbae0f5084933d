using System.Globalization;
using System.Text.RegularExpressions;

namespace Unattended.Preseed;

/// <summary>A partition of a recipe.</summary>
/// <param name="MinimumMb">The smallest size in megabytes.</param>
/// <param name="Priority">How strongly it grows.</param>
/// <param name="MaximumMb">The largest size in megabytes, or -1 without a limit.</param>
/// <param name="FileSystem">What it says of the file system: <c>ext4</c>, <c>linux-swap</c>, <c>free</c>, <c>$default_filesystem</c>.</param>
/// <param name="Options">The rest, such as <c>method</c> with <c>format</c>; <c>$primary</c> and the like keep their sign.</param>
internal sealed record RecipePartition(long MinimumMb, long Priority, long MaximumMb, string FileSystem, IReadOnlyDictionary<string, string> Options)
{
    internal string? MountPoint => Options.GetValueOrDefault("mountpoint");

    internal string Method => Options.GetValueOrDefault("method", "");

    internal bool OnLvm => Options.ContainsKey("$lvmok") || Options.ContainsKey("in_vg");
}

/// <summary>
/// An expert recipe, decoded as partman-auto does (<c>decode_recipe</c> of package partman-auto 162): a name that ends in
/// <c>::</c>, then for each partition minimum, priority, maximum, file system and options, ended by a dot of its own.
/// </summary>
/// <param name="Partitions">The partitions that count for this disk.</param>
internal sealed partial record PartitionRecipe(IReadOnlyList<RecipePartition> Partitions)
{
    // partman-auto takes this for a minimum that it cannot read, since no disk is as large.
    private const long Unreadable = 2_200_000_000;

    private static readonly string[] Formatting = ["method", "format", "use_filesystem", "filesystem", "mountpoint"];

    private static readonly string[] FileSystems =
        ["ext2", "ext3", "ext4", "xfs", "jfs", "btrfs", "linux-swap", "fat16", "fat32", "hfs", "ufs", "free", "$default_filesystem"];

    /// <summary>What the partitions need together, in megabytes.</summary>
    internal long MinimumMb => Partitions.Sum(p => p.MinimumMb);

    /// <summary>Decodes a recipe; what would not work as meant is told.</summary>
    /// <param name="text">The recipe.</param>
    /// <param name="method">The method of partitioning, whose <c>ignore</c> drops partitions.</param>
    /// <param name="label">The disk's label: <c>gpt</c> or <c>msdos</c>.</param>
    /// <param name="memoryMb">The memory that percentages refer to, in megabytes.</param>
    /// <param name="line">The line, for the findings.</param>
    /// <param name="findings">Takes the findings.</param>
    internal static PartitionRecipe Decode(string text, string method, string label, int memoryMb, int line, FindingList findings)
    {
        var partitions = new List<RecipePartition>();
        var words = new List<string>();
        var named = false;
        foreach (var word in text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            switch (word)
            {
                case ":" or "::":
                    named = true;
                    words.Clear();
                    break;
                case ".":
                    if (Partition(words, named, memoryMb, line, findings) is { } partition && Counts(partition, method, label))
                    {
                        partitions.Add(partition);
                    }

                    words.Clear();
                    break;
                default:
                    words.Add(word);
                    break;
            }
        }

        if (words.Count > 2 && words[0].Contains('-', StringComparison.Ordinal) && words[1].Contains('/', StringComparison.Ordinal))
        {
            findings.Warn("preseed-recipe", line, $"the recipe ends with a backslash, so that the line after it ({words[1]}) is taken for a part of it and answers nothing");
        }
        else if (words.Count > 0)
        {
            findings.Error("preseed-recipe", line, $"the last partition of the recipe ({string.Join(' ', words.Take(4))} …) has no dot of its own at its end: partman-auto drops it");
        }

        return new PartitionRecipe(partitions);
    }

    private static bool Counts(RecipePartition partition, string method, string label) =>
        !partition.Options.ContainsKey($"${(method == "regular" ? "default" : method)}ignore")
        && (partition.Options.GetValueOrDefault("$iflabel") is not { Length: > 0 } only || only == label);

    private static RecipePartition? Partition(List<string> words, bool named, int memoryMb, int line, FindingList findings)
    {
        if (words.Count < 4)
        {
            findings.Error("preseed-recipe", line, $"\"{string.Join(' ', words)} .\" is no partition of a recipe: minimum, priority, maximum and file system are needed");
            return null;
        }

        if (Size(words[0], memoryMb) is not { } minimum)
        {
            findings.Error("preseed-recipe", line, named
                ? $"\"{words[0]}\" is no minimum of a partition in megabytes: partman-auto takes it for more than any disk has"
                : $"the recipe has no name in front of its partitions (\"boot-root ::\"), so that \"{words[0]}\" is taken for a minimum: no disk is large enough");
            minimum = Unreadable;
        }

        if (Size(words[1], memoryMb) is not { } priority)
        {
            findings.Warn("preseed-recipe", line, $"\"{words[1]}\" is no priority of a partition: it keeps its minimum");
            priority = minimum;
        }

        long maximum;
        if (words[2] == "-1")
        {
            maximum = -1;
        }
        else if (Size(words[2], memoryMb) is { } size)
        {
            maximum = Math.Max(size, minimum);
        }
        else
        {
            findings.Warn("preseed-recipe", line, $"\"{words[2]}\" is no maximum of a partition (a number, or -1): it keeps its minimum");
            maximum = minimum;
        }

        if (!FileSystems.Contains(words[3]))
        {
            findings.Warn("preseed-recipe", line, $"\"{words[3]}\" is no file system that a recipe can name: partman-auto takes ext2");
        }

        return new RecipePartition(minimum, Math.Max(priority, minimum), maximum, words[3], Options(words, line, findings));
    }

    private static Dictionary<string, string> Options(List<string> words, int line, FindingList findings)
    {
        var options = new Dictionary<string, string>();
        for (var i = 4; i < words.Count; i++)
        {
            if (!words[i].EndsWith('{'))
            {
                // Without these there is no file system; the rest is missing only.
                var matters = Formatting.Contains(words[i].Split('{')[0]);
                findings.Judge(matters, "preseed-recipe", line, words[i].Contains('{', StringComparison.Ordinal)
                    ? $"\"{words[i]}\" is not understood: white space belongs after {{ and in front of }} (method{{ format }}); partman-auto passes over it"
                    : $"\"{words[i]}\" stands outside of an option (name{{ value }}): partman-auto passes over it");
                continue;
            }

            var name = words[i][..^1];
            var end = words.IndexOf("}", i);
            if (end < 0)
            {
                findings.Error("preseed-recipe", line, $"the option {name}{{ has no }} of its own");
                break;
            }

            options[name] = string.Join(' ', words.Skip(i + 1).Take(end - i - 1));
            i = end;
        }

        return options;
    }

    private static long? Size(string text, int memoryMb)
    {
        var match = Sizes().Match(text);
        if (!match.Success)
        {
            return null;
        }

        var number = match.Groups["number"] is { Success: true } fixedPart ? long.Parse(fixedPart.Value, CultureInfo.InvariantCulture) : 0;
        var percent = match.Groups["percent"] is { Success: true } share ? long.Parse(share.Value, CultureInfo.InvariantCulture) : 0;
        return number + (memoryMb * percent / 100);
    }

    // A number; a share of the memory; or both.
    [GeneratedRegex(@"^((?<number>\d{1,12})(\+(?<percent>\d{1,6})%)?|(?<percent>\d{1,6})%)$", RegexOptions.None, 1000)]
    private static partial Regex Sizes();
}
