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

        // Whatever a user's settings hide counts: files that are not in the commit, ignored ones too, and files that git was
        // told not to look at, which -v marks by a small letter or an S.
        return Git(root, ["status", "--porcelain", "--untracked-files=all", "--ignored=matching", "--", .. paths]) is { } changes
            && Git(root, ["ls-files", "-v", "--", .. paths]) is { } files
            ? new GitState(commit, changes.Length > 0 || files.Split('\n').Any(f => f.Length > 0 && (char.IsLower(f[0]) || f[0] == 'S')))
            : null;
    }

    /// <summary>Why it cannot be said from which commit a folder is, and what helps; null when it can.</summary>
    /// <param name="root">The repository's root.</param>
    public static (string Why, string Remedy)? WhyNoCommit(string root)
    {
        if (!Path.Exists(Path.Combine(root, ".git")))
        {
            return ($"{root} is no clone of a repository", "Build in a clone instead of an unpacked archive or a copy");
        }

        if (Ask(root, "rev-parse", "--verify", "HEAD") is not { } answer)
        {
            return ("there is no git on the PATH", "Install git");
        }

        if (answer.ExitCode == 0)
        {
            return null;
        }

        if (answer.Error.Contains("dubious ownership", StringComparison.Ordinal))
        {
            return ($"git refuses {root}, which another user owns", $"Run `git config --global --add safe.directory {root}`, or build as its owner");
        }

        return answer.Error.Contains("single revision", StringComparison.Ordinal)
            ? ($"{root} has no commit yet", "Commit what is there")
            : ($"git says of {root}: {answer.Error.Split('\n')[0]}", "Mend the clone, or make a new one");
    }

    /// <summary>Whether files are as a commit has them; null where git or that commit is not there, as in a shallow clone.</summary>
    /// <param name="root">The repository's root.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="paths">The files, relative to the root.</param>
    public static bool? IsSameSince(string root, string commit, IReadOnlyList<string> paths) =>
        commit.Length > 0 && commit.All(char.IsAsciiHexDigit) && Git(root, ["diff", "--name-only", "--no-ext-diff", commit, "--", .. paths]) is { } changed ? changed.Length == 0 : null;

    /// <summary>
    /// The URL of the remote <c>origin</c>, without a password, token or query in it. Null when there is none, or when it
    /// is a path on this machine, which would tell nobody anything.
    /// </summary>
    /// <param name="root">The repository's root.</param>
    public static string? Origin(string root) =>
        Path.Exists(Path.Combine(root, ".git")) && Git(root, "config", "--get", "remote.origin.url") is { Length: > 0 } url ? WithoutCredentials(url) : null;

    /// <summary>An address without user, password, token and query; null when it is none that others can use.</summary>
    public static string? WithoutCredentials(string url)
    {
        // user@host:path, as git allows beside URLs
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        if (colon > 1 && !url.Contains("://", StringComparison.Ordinal) && url.IndexOf('/', StringComparison.Ordinal) is var slash && (slash < 0 || slash > colon))
        {
            url = $"ssh://{url[..colon]}/{url[(colon + 1)..].TrimStart('/')}";
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.IsFile || parsed.Host.Length == 0)
        {
            return null;
        }

        // On ssh the user is part of the address (git@…); on others it may be a token.
        var user = parsed.Scheme == "ssh" ? parsed.UserInfo.Split(':')[0] : "";
        var port = parsed.IsDefaultPort ? "" : $":{parsed.Port}";
        return $"{parsed.Scheme}://{(user.Length > 0 ? user + "@" : "")}{parsed.Host}{port}{parsed.AbsolutePath}";
    }

    private static string? Git(string root, params string[] arguments) => Ask(root, arguments) is (0, var output, _) ? output : null;

    private static (int ExitCode, string Output, string Error)? Ask(string root, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", ["-C", root, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };

            // Such as GIT_DIR, which a hook sets: it would answer for another repository.
            foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("GIT_", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                start.Environment.Remove(name);
            }

            start.Environment["GIT_OPTIONAL_LOCKS"] = "0";

            // Its words are read where it fails.
            start.Environment["LC_ALL"] = "C";
            using var git = Process.Start(start)!;
            var error = git.StandardError.ReadToEndAsync();
            var output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return (git.ExitCode, output, error.GetAwaiter().GetResult().Trim());
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
