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

    private bool? IsDirty() => GitState.Read(root, ["build"])?.Dirty;

    private void Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", root, .. arguments]) { RedirectStandardError = true })!;
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.That(git.ExitCode, Is.Zero, error);
    }
}
