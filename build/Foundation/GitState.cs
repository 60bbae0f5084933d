using System.ComponentModel;
using System.Diagnostics;

namespace Foundation;

/// <summary>The state of the repository that a run came from.</summary>
/// <param name="Commit">The full hash of the commit that is checked out.</param>
/// <param name="Dirty">Whether files that a build is made from differ from that commit, or are not in it.</param>
public sealed record GitState(string Commit, bool Dirty)
{
    /// <summary>Asks git. Null where there is no git or no repository: then nothing is known, and nothing is claimed.</summary>
    /// <param name="root">The repository's root.</param>
    /// <param name="paths">The paths, relative to it, that count for <see cref="Dirty"/>.</param>
    public static GitState? Read(string root, IReadOnlyList<string> paths)
    {
        // A folder inside some other repository is not what that repository's commit describes.
        if (!Path.Exists(Path.Combine(root, ".git")) || Git(root, "rev-parse", "--verify", "HEAD") is not { Length: > 0 } commit)
        {
            return null;
        }

        return Git(root, ["status", "--porcelain", "--", .. paths]) is { } changes ? new GitState(commit, changes.Length > 0) : null;
    }

    private static string? Git(string root, params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["-C", root, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["GIT_OPTIONAL_LOCKS"] = "0" },
            })!;
            git.ErrorDataReceived += (_, _) => { };
            git.BeginErrorReadLine();
            var output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
