using System.Diagnostics;

namespace Foundation.Tests;

/// <summary>What is said of a repository must not depend on a user's settings or environment.</summary>
public sealed class GitStateTests
{
    private string root = "";

    [SetUp]
    public void MakeRepository()
    {
        root = Directory.CreateTempSubdirectory("git-test-").FullName;
        Directory.CreateDirectory(Path.Combine(root, "build"));
        File.WriteAllText(Path.Combine(root, "build", "a.txt"), "a");
        File.WriteAllText(Path.Combine(root, ".gitignore"), "*.hidden\n");
        Git("init", "-q");
        Git("add", ".");
        Git("-c", "user.name=t", "-c", "user.email=t@example.net", "commit", "-qm", "first");
    }

    [TearDown]
    public void RemoveRepository()
    {
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal);
        }

        Directory.Delete(root, recursive: true);
    }

    [Test]
    public void What_is_as_committed_is_clean_and_other_paths_do_not_count()
    {
        File.WriteAllText(Path.Combine(root, "other.txt"), "new");
        Assert.That(IsDirty(), Is.False);
    }

    [Test]
    public void A_file_that_is_not_in_the_commit_counts_whatever_the_settings_hide()
    {
        Git("config", "status.showUntrackedFiles", "no");
        File.WriteAllText(Path.Combine(root, "build", "b.txt"), "b");
        Assert.That(IsDirty(), Is.True);
    }

    [Test]
    public void An_ignored_file_counts()
    {
        File.WriteAllText(Path.Combine(root, "build", "b.hidden"), "b");
        Assert.That(IsDirty(), Is.True);
    }

    [TestCase("--assume-unchanged"), TestCase("--skip-worktree")]
    public void A_file_that_git_does_not_look_at_counts(string flag)
    {
        Git("update-index", flag, "build/a.txt");
        File.WriteAllText(Path.Combine(root, "build", "a.txt"), "changed");
        Assert.That(IsDirty(), Is.True);
    }

    [Test]
    public void Another_repository_that_the_environment_names_does_not_answer()
    {
        const string name = "GIT_DIR";
        var commit = GitState.Read(root, ["build"])!.Commit;
        Environment.SetEnvironmentVariable(name, Path.Combine(root, "elsewhere"));
        try
        {
            Assert.That(GitState.Read(root, ["build"]), Is.EqualTo(new GitState(commit, false)));
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Test]
    public void What_tells_its_commit_lacks_nothing() => Assert.That(GitState.WhyNoCommit(root), Is.Null);

    [Test]
    public void A_folder_that_is_no_clone_is_told_from_one_without_a_commit()
    {
        var folder = Directory.CreateTempSubdirectory("no-git-test-");
        try
        {
            Assert.That(GitState.WhyNoCommit(folder.FullName), Is.EqualTo(($"{folder.FullName} is no clone of a repository", "Build in a clone instead of an unpacked archive or a copy")));
            using var init = Process.Start("git", ["-C", folder.FullName, "init", "-q"]);
            init.WaitForExit();
            Assert.That(GitState.WhyNoCommit(folder.FullName), Is.EqualTo(($"{folder.FullName} has no commit yet", "Commit what is there")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test, Platform(Exclude = "Win")]
    public void A_clone_that_git_refuses_for_its_owner_is_told_with_the_command_that_trusts_it()
    {
        // As a git does that runs as another user: the one that is asked is a script with its words.
        using var path = new FakeGit("echo \"fatal: detected dubious ownership in repository at '/srv/templates'\" >&2; exit 128");
        var told = GitState.WhyNoCommit(root);
        Assert.That(told?.Why, Does.Contain("which another user owns"));
        Assert.That(told?.Remedy, Does.Contain($"git config --global --add safe.directory {root}").And.Contain("its owner"));
    }

    [Test, Platform(Exclude = "Win")]
    public void What_else_git_says_is_told()
    {
        using var path = new FakeGit("echo 'fatal: bad object HEAD' >&2; exit 128");
        Assert.That(GitState.WhyNoCommit(root)?.Why, Does.EndWith("fatal: bad object HEAD"));
    }

    [Test]
    public void A_machine_without_git_is_told_to_have_one()
    {
        using var path = new FakeGit(null);
        Assert.That(GitState.WhyNoCommit(root), Is.EqualTo(("there is no git on the PATH", "Install git")));
    }

    /// <summary>A search path with another git, or none.</summary>
    private sealed class FakeGit : IDisposable
    {
        private readonly string? before = Environment.GetEnvironmentVariable("PATH");
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("git-test-path-");

        public FakeGit(string? script)
        {
            if (script is not null)
            {
                var git = Path.Combine(folder.FullName, "git");
                File.WriteAllText(git, $"#!/bin/sh\n{script}\n");
                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(git, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
            }

            Environment.SetEnvironmentVariable("PATH", folder.FullName);
        }

        public void Dispose()
        {
            Environment.SetEnvironmentVariable("PATH", before);
            folder.Delete(recursive: true);
        }
    }

    private bool? IsDirty() => GitState.Read(root, ["build"])?.Dirty;

    private void Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", root, .. arguments]) { RedirectStandardError = true })!;
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.That(git.ExitCode, Is.Zero, error);
    }
}
