using Build.CommandLine;

namespace Build.Output;

/// <summary>
/// What <c>--help</c> prints: on two screens of forty lines what there is, every target, option, variable and exit code by
/// its name. <see cref="TargetHelp"/> explains the options of one target.
/// </summary>
internal static class Help
{
    /// <summary>The columns of the narrowest usual terminal.</summary>
    internal const int Width = 80;

    /// <summary>The options that most runs need, each on a line of its own.</summary>
    private static readonly (string Name, string Words)[] Usual =
    [
        (Options.Template, "the templates to work on"),
        (Options.Environment, "where to build; see Init"),
        (Options.Parallel, "templates built at the same time"),
        (Options.Var, "a value for a variable of the Packer HCL"),
        (Options.Keep, "destroy a template's older builds beyond n"),
        (Options.IfChanged, "skip what has not changed since its record"),
        (Options.Output, "text, or JSON alone on the standard output"),
        (Options.Records, "the folder of the records"),
        (Options.RuntimeRoot, "the folder for logs and workspaces"),
        ("verbosity", "quiet, minimal, normal, verbose or diagnostic"),
    ];

    /// <summary>Prints it.</summary>
    public static void Print(TextWriter output)
    {
        output.WriteLine("Builds golden VM templates for Proxmox VE, and leaves a record of each build.");
        output.WriteLine();
        output.WriteLine("USAGE:  ./build.sh [--target=<name>] [options]");
        output.WriteLine("        ./build.sh --help --target=<name>      explains a target and its options");
        output.WriteLine();
        output.WriteLine("EXAMPLES:");
        output.WriteLine("    ./build.sh --target=BuildTemplate --template=rocky-9");
        output.WriteLine("    ./build.sh --target=Validate --template=all");
        output.WriteLine();
        output.WriteLine("TARGETS:");
        foreach (var (name, description) in Targets.All)
        {
            output.WriteLine($"    {name,-14} {Short(description, Width - 19)}");
        }

        output.WriteLine();
        output.WriteLine("USUAL OPTIONS:");
        foreach (var (name, words) in Usual)
        {
            output.WriteLine($"    {Left(Options.All.Single(o => o.Name == name)),-30} {words}");
        }

        var rest = Options.All.Where(o => Usual.All(u => u.Name != o.Name)).ToList();
        Names(output, "OPTIONS OF BUILDS AND SINGLE TARGETS", rest.Where(o => !o.OfCake && o.Variable is null && !IsOfSandbox(o)).Select(Left));
        Names(output, "OF THE CLUSTER (or the variable of that name: --node is PROXMOX_NODE)", rest.Where(o => o.Variable is not null).Select(o => o.Name switch
        {
            Options.Packer or Options.SigningKey => $"{Left(o)} ({o.Variable})",
            _ => Left(o),
        }));
        Names(output, "OF THE SANDBOX", rest.Where(o => !o.OfCake && IsOfSandbox(o)).Select(Left));
        Names(output, "OF CAKE", rest.Where(o => o.OfCake).Select(Left));
        Names(output, "VARIABLES (environment or infra/env/proxmox.env)", [
            .. Options.All.Select(o => o.Variable).OfType<string>().Where(v => v.StartsWith("PROXMOX_", StringComparison.Ordinal)),
            "PROXMOX_TOKEN", "PROXMOX_PASSWORD", "PROXMOX_OTP", "PROXMOX_CERTIFICATE", "PROXMOX_INSECURE"]);
        output.WriteLine("EXIT CODES: 0 done, 1 a task failed, 2 wrong usage, 3 validation failed,");
        output.WriteLine("    4 Packer failed, 5 a record does not verify, 130 interrupted");
    }

    /// <summary>A text in lines that are no longer than so many characters; a word that is longer stands alone.</summary>
    internal static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length == 0 ? word : " " + word;
        }

        if (line.Length > 0)
        {
            yield return line;
        }
    }

    private static bool IsOfSandbox(CommandOption option) => option.Name.StartsWith("sandbox-", StringComparison.Ordinal);

    private static void Names(TextWriter output, string title, IEnumerable<string> names)
    {
        output.WriteLine($"{title}:");
        foreach (var line in Wrapped(string.Join(' ', names.Select(n => n.Replace(' ', '\u00a0'))), Width - 4))
        {
            output.WriteLine($"    {line.Replace('\u00a0', ' ')}");
        }
    }

    private static string Short(string description, int width)
    {
        var text = description.Split(':')[0].TrimEnd('.');
        return text.Length <= width ? text : Wrapped(text, width - 1).First().TrimEnd(',') + "…";
    }

    private static string Left(CommandOption option) =>
        (option.Letter is { } letter ? $"-{letter}, " : "") + "--" + option.Name + (option.Value is null ? "" : "=" + option.Value);
}
