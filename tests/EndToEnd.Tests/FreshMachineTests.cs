using System.Diagnostics;

namespace EndToEnd.Tests;

/// <summary>
/// A machine with nothing but git, bash and curl: a Debian of debootstrap's below a temporary folder. What is bound into it is
/// bound in a mount namespace that ends with the processes, read-only, so that nothing of this machine can be changed or deleted.
/// </summary>
[Platform("Linux"), NonParallelizable]
internal sealed class FreshMachineTests
{
    private const string Enter = """
        set -e
        root=$1 sdk=$2 packages=$3
        shift 3
        mount -t proc proc "$root/proc"
        if [ -n "$sdk" ]; then
          for pair in "$sdk:$root/usr/share/dotnet" "$packages:$root/root/.nuget/packages"; do
            mount --bind "${pair%%:*}" "${pair#*:}"
            mount -o remount,bind,ro "${pair#*:}"
          done
        fi
        exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/share/dotnet:/usr/sbin:/usr/bin:/sbin:/bin bash -c "$*"
        """;

    private string folder = "";

    private string Root => Path.Combine(folder, "root");

    [OneTimeSetUp]
    public void Install()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/sbin/debootstrap"))
        {
            Assert.Ignore("needs root and debootstrap");
        }

        folder = Directory.CreateTempSubdirectory("fresh-machine-").FullName;
        var (code, said) = Run("debootstrap", "--variant=minbase", "--include=git,curl,ca-certificates", "bookworm", Root, "http://deb.debian.org/debian");
        if (code != 0)
        {
            Assert.Ignore($"debootstrap cannot install a machine here: {said.Trim().Split('\n')[^1]}");
        }

        Assert.That(Run("git", "clone", "--quiet", "--no-hardlinks", Repository.Root, Path.Combine(Root, "root", "repo")).Code, Is.Zero);

        // What is tested is what lies here, committed or not.
        Assert.That(Run("bash", "-c", "cd \"$1\" && git ls-files -z | tar --null --ignore-failed-read -T - -c 2>/dev/null | tar -x -C \"$2\"", "copy", Repository.Root, Path.Combine(Root, "root", "repo")).Code, Is.Zero);
        Directory.CreateDirectory(Path.Combine(Root, "usr", "share", "dotnet"));
        Directory.CreateDirectory(Path.Combine(Root, "root", ".nuget", "packages"));
    }

    [OneTimeTearDown]
    public void Remove()
    {
        // Nothing is mounted below it any more: the namespace of each run has ended. This goes no further than this file system.
        if (folder.StartsWith(Path.Combine(Path.GetTempPath(), "fresh-machine-"), StringComparison.Ordinal))
        {
            Run("rm", "-rf", "--one-file-system", folder);
        }
    }

    [Test]
    public void Without_the_SDK_and_a_network_one_sentence_says_what_to_do()
    {
        var (code, said) = Inside("", "cd /root/repo && https_proxy=http://127.0.0.1:9 ./build.sh");
        var lines = said.Trim().Split('\n');
        Assert.That(code, Is.EqualTo(1), said);
        Assert.That(lines[^1], Does.Contain("could not be downloaded").And.Contain("Install the .NET 10 SDK yourself"), said);
        Assert.That(lines, Has.Length.EqualTo(2), "what it does, and why it cannot");
    }

    [Test]
    public void With_the_SDK_the_first_command_reaches_a_record()
    {
        var sdk = Path.GetDirectoryName(new FileInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "/usr/share/dotnet/dotnet").FullName)!;
        var (code, said) = Inside(sdk, "cd /root/repo && ./build.sh --target=BuildTemplate --template=rocky-9");
        Assert.That(code, Is.Zero, said);
        Assert.That(Directory.EnumerateFiles(Path.Combine(Root, "root", "repo", "records", "sandbox", "builds", "rocky-9"), "run.json", SearchOption.AllDirectories), Is.Not.Empty);
    }

    private (int Code, string Said) Inside(string sdk, string command)
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Run("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "bash", "-c", Enter, "enter", Root, sdk, packages, command);
    }

    private static (int Code, string Said) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
