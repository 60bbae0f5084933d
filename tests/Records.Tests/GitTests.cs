using System.Diagnostics;

namespace Records.Tests;

/// <summary>Records travel in git: a clone anywhere has them byte for byte, and needs no tool of ours to check them.</summary>
[Platform(Exclude = "Win")]
public sealed class GitTests
{
    [Test]
    public void A_clone_with_other_line_endings_verifies_with_sha256sum_and_ssh_keygen_alone()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        File.WriteAllText(Path.Combine(records.Folder, ".gitattributes"), "* text=auto eol=crlf\n");
        Git(records.Folder, "init", "-q");
        Git(records.Folder, "add", ".gitattributes", "records");
        Git(records.Folder, "-c", "user.name=a", "-c", "user.email=a@example.net", "commit", "-q", "-m", "records");
        var clone = Path.Combine(records.Folder, "clone");
        Git(records.Folder, "-c", "core.autocrlf=true", "-c", "core.eol=crlf", "clone", "-q", ".", clone);

        var folder = Path.Combine(clone, Path.GetRelativePath(records.Folder, made.Path));
        Assert.That(Run("sha256sum", folder, "-c", "--quiet", "SHA256SUMS"), Is.Zero);
        var verify = $"ssh-keygen -Y verify -f ../../../allowed_signers -I {records.Signer.Name} -n packer-build-record -s SHA256SUMS.sig < SHA256SUMS";
        Assert.That(Run("sh", folder, "-c", verify), Is.Zero);
        Assert.That(new DirectoryInfo(Path.Combine(folder, "..", "latest")).LinkTarget, Is.EqualTo(Path.GetFileName(folder)));
        var root = RecordRoot.For(Path.Combine(clone, "records"), "proxmox");
        var verdicts = new Verification.RecordVerifier().VerifyAsync(new() { Root = root }).GetAwaiter().GetResult();
        Assert.That(verdicts.SelectMany(v => v.Findings), Is.Empty);
    }

    [Test]
    public void What_belongs_to_one_machine_is_not_offered_to_git()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        Git(records.Folder, "init", "-q");
        foreach (var left in new[] { $"{Path.GetDirectoryName(made.Path)}/.tmp-0123", $"{records.Root.Path}/.README.md.0123.tmp", $"{records.Root.State}/builds-rocky-9.lock" })
        {
            File.WriteAllText(left, "what a run that died has left");
        }

        var untracked = Shell.Run("git status --porcelain --untracked-files=all -- records", records.Folder).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(untracked, Has.Some.EndsWith("run.json").And.None.Contains("/.tmp-").And.None.EndsWith(".tmp").And.None.Contains("/.state/"));
    }

    private static void Git(string folder, params string[] arguments) => Assert.That(Run("git", folder, arguments), Is.Zero, string.Join(' ', arguments));

    private static int Run(string program, string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        TestContext.Out.Write(error.Result);
        return process.ExitCode;
    }
}
