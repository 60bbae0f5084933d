using Build.CommandLine;
using Build.Tasks;

namespace Build.Output;

/// <summary>What <c>--help --target=&lt;target&gt;</c> prints: what the target does, what runs before it, examples and its options.</summary>
internal static class TargetHelp
{
    private const string Builds = "builds";

    /// <summary>Options that only these targets read; all others belong to builds, which is every target on the way to BuildTemplate.</summary>
    private static readonly Dictionary<string, string[]> Readers = new(StringComparer.Ordinal)
    {
        [Options.Template] = [Builds, nameof(Init), nameof(Matrix), nameof(Verify), NewTarget.Name],
        [Options.Environment] = [Builds, nameof(Init), nameof(List), nameof(Verify), nameof(Clean)],
        [Options.Vms] = [nameof(Clean)],
        [Options.Media] = [nameof(Clean)],
        [Options.Records] = [Builds, nameof(Init), nameof(List), nameof(Verify)],
        [Options.RuntimeRoot] = [Builds, nameof(Init), nameof(Clean), nameof(Sandbox), nameof(List), nameof(Verify)],
        [Options.Output] = [Builds, nameof(List), nameof(Verify), nameof(Sandbox)],
        [Options.Ci] = [Builds, nameof(Init), nameof(Verify)],
        [Options.Bell] = [Builds, nameof(Init), nameof(Verify), nameof(Test), nameof(Bench)],
        [Options.Packer] = [Builds, nameof(Tools), nameof(Init), nameof(Test), nameof(Bench)],
        [Options.NoInstall] = [Builds, nameof(Tools), nameof(Init), nameof(Test), nameof(Bench)],
        [Options.Record] = [nameof(Verify)],
        [Options.AllowedSigners] = [nameof(Verify)],
        [Options.SigningKey] = [Builds, nameof(Init)],
        [Options.Port] = [nameof(Sandbox)],
        [Options.Only] = [nameof(Bench)],
        [Options.Scale] = [nameof(Bench)],
        [Options.Filter] = [nameof(Test)],
        [Options.Iso] = [Builds, NewTarget.Name],
        [Options.IsoUrl] = [NewTarget.Name],
        [Options.Like] = [NewTarget.Name],
        [Options.TrustFingerprint] = [nameof(Init)],
        [Options.RotateToken] = [nameof(Init)],
    };

    private static readonly string[] OfConnection = ["proxmox-", "node", "storage-", "bridge", "pool", "http-", "ssh-"];

    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        [nameof(BuildTemplate)] = ["--target=BuildTemplate --template=rocky-9", "--target=BuildTemplate --template=all --if-changed --max-age=30d", "--target=BuildTemplate --template=rocky-9 --environment=proxmox --keep=3"],
        [nameof(Init)] = ["--target=Init --proxmox-url=https://pve1.example.net:8006", "--target=Init --dryrun --proxmox-url=https://pve1.example.net:8006", "--target=Init --rotate-token"],
        [nameof(Verify)] = ["--target=Verify", "--target=Verify --record=records/builds/rocky-9/latest", "--target=Verify --output=json"],
        [nameof(Sandbox)] = ["--target=Sandbox --port=8006", "--target=Sandbox --output=json --sandbox-nodes=3"],
        [NewTarget.Name] = ["--target=New --template=rocky-11 --like=rocky-10 --iso-url=https://download.example.net/Rocky-11.0-x86_64-minimal.iso"],
        [nameof(Matrix)] = ["--target=Matrix", "--target=Matrix --template=rocky-9,ubuntu-24.04"],
        [nameof(Clean)] = ["--target=Clean", "--target=Clean --vms", "--target=Clean --media"],
        [nameof(Test)] = ["--target=Test", "--target=Test --filter=TestCategory=RealMachine"],
        [nameof(Bench)] = ["--target=Bench --only=start,verify --scale=10"],
        [nameof(PublishLatest)] = ["--target=PublishLatest --template=rocky-9", "--target=PublishLatest --exclusive"],
    };

    /// <summary>The arguments of the examples of a target.</summary>
    public static IReadOnlyList<string> ExamplesOf(string target) =>
        Examples.TryGetValue(target, out var own) ? own : Targets.IsOfTemplates(target) ? [$"--target={target} --template=rocky-9"] : [$"--target={target}"];

    /// <summary>The options that a target reads.</summary>
    public static IReadOnlyList<CommandOption> OptionsOf(string target) =>
        [.. Options.All.Where(o => !o.OfCake && (Readers.TryGetValue(o.Name, out var readers)
            ? readers.Contains(target) || (readers.Contains(Builds) && Targets.IsOfTemplates(target))
            : Targets.IsOfTemplates(target)
                || (target is nameof(Sandbox) or nameof(Init) && o.Name.StartsWith("sandbox-", StringComparison.Ordinal))
                || (target == nameof(Init) && OfConnection.Any(c => o.Name.StartsWith(c, StringComparison.Ordinal)))))];

    /// <summary>Prints it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="target">One of the targets.</param>
    public static void Print(TextWriter output, string target)
    {
        var (name, description) = Targets.All.First(t => string.Equals(t.Name, target, StringComparison.OrdinalIgnoreCase));
        output.WriteLine($"{name}: {description}");
        if (Targets.Before(name) is { Count: > 0 } before)
        {
            output.WriteLine();
            output.WriteLine($"Runs before it: {string.Join(" → ", before)}");
        }

        output.WriteLine();
        output.WriteLine("EXAMPLES:");
        foreach (var example in ExamplesOf(name))
        {
            output.WriteLine($"    ./build.sh {example}");
        }

        var options = OptionsOf(name);
        if (options.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("OPTIONS:");
        }

        foreach (var option in options)
        {
            output.WriteLine($"    --{option.Name}{(option.Value is null ? "" : "=" + option.Value)}");
            foreach (var line in Help.Wrapped(option.Description + (option.Variable is null ? "" : $" Or {option.Variable}."), Help.Width - 8))
            {
                output.WriteLine($"        {line}");
            }
        }
    }
}
