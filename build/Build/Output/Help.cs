using Build.CommandLine;

namespace Build.Output;

/// <summary>What <c>--help</c> prints: usage, targets, options, environment, exit codes.</summary>
internal static class Help
{
    public static void Print(TextWriter output)
    {
        output.WriteLine("Builds golden VM templates for Proxmox VE with Packer and leaves a record of every successful build.");
        output.WriteLine();
        output.WriteLine("USAGE:");
        output.WriteLine("    ./build.sh [--target=<name>] [options]");
        output.WriteLine();
        output.WriteLine("EXAMPLES:");
        output.WriteLine("    ./build.sh");
        output.WriteLine("    ./build.sh --target=BuildTemplate --template=rocky-9");
        output.WriteLine("    ./build.sh --target=Validate --template=all");
        output.WriteLine();
        Section(output, "TARGETS", Targets.All.Select(t => (t.Name, t.Description)));
        Section(output, "OPTIONS", Options.All.Where(o => !o.OfCake).Select(o => (Left(o), Right(o))));
        Section(output, "OPTIONS OF CAKE", Options.All.Where(o => o.OfCake).Select(o => (Left(o), Right(o))));
        Section(output, "SECRETS (environment or infra/env/proxmox.env)", [
            ("PROXMOX_TOKEN", "The secret of the API token that PROXMOX_USERNAME=user@realm!token names."),
            ("PROXMOX_PASSWORD", "The password of PROXMOX_USERNAME."),
            ("PROXMOX_OTP", "The code of its second factor, where the server wants one and there is no terminal to ask at. From the environment only."),
        ]);
        Section(output, "TRUST (environment or infra/env/proxmox.env)", [
            ("PROXMOX_CERTIFICATE", "A PEM file with the authority or the certificate of the server, instead of the one that Init has accepted."),
            ("PROXMOX_INSECURE", "true switches the check of the server's certificate off; each run warns, and its record says so."),
        ]);
        Section(output, "EXIT CODES", [
            ("0", "done"), ("1", "a task failed"), ("2", "wrong usage"), ("3", "validation failed"),
            ("4", "Packer failed"), ("5", "a record does not verify"), ("130", "interrupted"),
        ]);
    }

    private static string Left(CommandOption option) =>
        (option.Letter is { } letter ? $"-{letter}, " : "") + "--" + option.Name + (option.Value is null ? "" : "=" + option.Value);

    private static string Right(CommandOption option) =>
        option.Description + (option.Variable is null ? "" : $" Or {option.Variable}.");

    private static void Section(TextWriter output, string title, IEnumerable<(string Left, string Right)> rows)
    {
        output.WriteLine(title + ":");
        foreach (var (left, right) in rows)
        {
            output.WriteLine(left.Length <= 26 ? $"    {left,-26}  {right}" : $"    {left}{Environment.NewLine}    {"",-26}  {right}");
        }

        output.WriteLine();
    }
}
