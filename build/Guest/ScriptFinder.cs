using System.Net;

namespace Guest;

/// <summary>
/// Finds the uploaded files that a command line would execute: directly (<c>/tmp/script.sh</c>), through
/// <c>sudo</c>, <c>env</c> or an interpreter (<c>sudo -E sh -c '…'</c>, <c>powershell -file …</c>), or through
/// another uploaded file that mentions it (Packer's wrapper for elevated commands).
/// </summary>
internal static class ScriptFinder
{
    private const int Deepest = 4;

    // Commands that take a file's name without executing the file.
    private static readonly HashSet<string> Handlers = new(StringComparer.OrdinalIgnoreCase)
    {
        "chmod", "chown", "chgrp", "rm", "ls", "stat", "cat", "cp", "mv", "mkdir", "rmdir", "test", "[", "sed", "touch", "echo",
        "if", "Remove-Item", "Test-Path", "del", "erase", "attrib", "icacls", "type",
    };

    public static IReadOnlyList<GuestFile> Find(string command, GuestFiles files)
    {
        var found = new List<GuestFile>();
        if (files.All.Count > 0)
        {
            Search(command, files, found, 0);
        }

        return found;
    }

    private static void Search(string text, GuestFiles files, List<GuestFile> found, int depth)
    {
        if (depth > Deepest)
        {
            return;
        }

        foreach (var words in CommandLine.Commands(text))
        {
            var executed = words.SkipWhile(IsAssignment).ToList();
            if (executed.Count == 0 || Handlers.Contains(executed[0]))
            {
                continue;
            }

            foreach (var word in executed)
            {
                if (files.Find(word) is { } file)
                {
                    Add(file);
                }
                else if (word.Any(c => c is ' ' or ';' or '&'))
                {
                    Search(word, files, found, depth + 1);
                }
            }
        }

        void Add(GuestFile file)
        {
            if (found.Contains(file))
            {
                return;
            }

            found.Add(file);
            // Only the wrapper's command line counts, which it holds in XML, not what it does to files itself.
            if (file.Name.StartsWith("packer-elevated-shell-", StringComparison.OrdinalIgnoreCase)
                && file.Text.Split("<Arguments>/c ", 2) is [_, var rest])
            {
                Search(WebUtility.HtmlDecode(rest.Split("</Arguments>", 2)[0]), files, found, depth + 1);
            }
        }
    }

    private static bool IsAssignment(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && word[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }
}
