namespace Unattended.Autoinstall;

/// <summary>The commands and files in cloud-init's configuration, as lines of a script.</summary>
internal static class CloudInitFiles
{
    /// <summary>What cloud-init runs at the first start, and the files that it writes.</summary>
    internal static IEnumerable<string> Scripts(MappingNode? userData) => userData is null ? [] :
    [
        .. userData.Items("bootcmd").SelectMany(CommandLines),
        .. userData.Items("runcmd").SelectMany(CommandLines),
        .. userData.Items("write_files").OfType<MappingNode>()
            .Where(f => ShellScript.IgnoredSudoersFile(f.Text("path") ?? "") is null)
            .SelectMany(f => (f.Text("content") ?? "").Split('\n')),
    ];

    /// <summary>The lines of a command: a string, or a list of words.</summary>
    internal static IEnumerable<string> CommandLines(Node command) => command switch
    {
        ScalarNode scalar => scalar.Text.Split('\n'),
        SequenceNode words => string.Join(' ', words.Items.OfType<ScalarNode>().Select(w => w.Text)).Split('\n'),
        _ => [],
    };
}
