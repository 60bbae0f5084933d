namespace Installer.Boot;

/// <summary>The commands of GRUB that start a kernel; what was loaded stays loaded until it is started.</summary>
internal sealed class GrubCommands(Func<string, bool> exists)
{
    private static readonly string[] WithoutEffect =
        ["setparams", "set", "insmod", "search", "echo", "terminal", "clear", "ls", "cat", "export", "unset", "load_video", "gfxmode", "normal", "true", "sleep"];

    private readonly List<string> remarks = [];
    private string? kernel;
    private string? initrd;
    private List<string> arguments = [];

    internal string? LastError { get; private set; }

    /// <summary>Runs an entry, at whose end GRUB boots by itself. Null when there is nothing to boot.</summary>
    internal BootLine? Run(IReadOnlyList<string> lines)
    {
        (kernel, initrd, LastError) = (null, null, null);
        remarks.Clear();
        var boot = Execute(string.Join('\n', lines), out var error);
        LastError = error;
        return boot ?? (kernel is null ? null : Boot());
    }

    /// <summary>Runs what was typed at the prompt. Null unless it boots.</summary>
    internal BootLine? Execute(string text, out string? error)
    {
        error = null;
        var commands = GrubScript.Parse(text, out var syntaxError);
        if (commands is null)
        {
            error = syntaxError;
            return null;
        }

        List<string> previous = [];
        foreach (var words in commands)
        {
            switch (words[0])
            {
                case "linux" or "linuxefi" or "linux16":
                    if (words.Count == 1 || !exists(words[1]))
                    {
                        error = words.Count == 1 ? "filename expected" : $"file `{words[1]}' not found";
                        break;
                    }

                    (kernel, arguments) = (words[1], words[2..]);
                    break;
                case "initrd" or "initrdefi" or "initrd16":
                    var missing = words.Skip(1).FirstOrDefault(w => !exists(w));
                    error = kernel is null ? "you need to load the kernel first"
                        : words.Count == 1 ? "filename expected"
                        : missing is not null ? $"file `{missing}' not found" : error;
                    initrd = error is null ? words[1] : initrd;
                    break;
                case "boot":
                    if (kernel is not null)
                    {
                        return Boot();
                    }

                    error = "you need to load the kernel first";
                    break;
                default:
                    if (words[0].Contains('=', StringComparison.Ordinal))
                    {
                        // The classic mistake: ds=nocloud-net;s=http://… without quoting ends the command at the semicolon.
                        if (previous.Count > 0 && previous[0].StartsWith("linux", StringComparison.Ordinal))
                        {
                            remarks.Add($"GRUB ended the kernel's command line at the \";\" in front of \"{words[0]}\": put it between quotation marks or write \\;");
                        }
                    }
                    else if (!WithoutEffect.Contains(words[0]))
                    {
                        error = $"can't find command `{words[0]}'";
                    }

                    break;
            }

            previous = words;
        }

        return null;
    }

    private BootLine Boot() => new(kernel!, initrd, arguments, [.. remarks]);
}
