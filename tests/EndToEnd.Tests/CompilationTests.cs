using System.Diagnostics;
using System.Globalization;

namespace EndToEnd.Tests;

/// <summary>
/// <c>build.sh</c> before it runs the program. The compiler here only counts how often it is called: a real one would
/// take minutes to show that nobody came in between.
/// </summary>
[Platform(Exclude = "Win"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class CompilationTests
{
    private string folder = "";

    [SetUp]
    public void MakeRepository()
    {
        folder = Directory.CreateTempSubdirectory("compile-test-").FullName;
        foreach (var inner in new[] { "build", "records", "bin" })
        {
            Directory.CreateDirectory(Path.Combine(folder, inner));
        }

        foreach (var file in new[] { "global.json", "Directory.Build.props", "Directory.Packages.props", "records/run.schema.json", "build/Program.cs" })
        {
            File.WriteAllText(Path.Combine(folder, file), "");
        }

        File.Copy(Path.Combine(Repository.Root, "build.sh"), Path.Combine(folder, "build.sh"));
        File.WriteAllText(Path.Combine(folder, "bin", "dotnet"), """
            #!/usr/bin/env bash
            case "$1" in
              --version) ;;
              publish)
                mkdir "$HERE/busy" || exit 1
                echo compiled >>"$HERE/compiled"
                until [ "$(cat "$HERE"/err.* | grep -c 'waiting for it')" -ge "$OTHERS" ]; do sleep 0.01; done
                while [ "$1" != -o ]; do shift; done
                mkdir -p "$2" && echo program >"$2/Build.dll"
                rmdir "$HERE/busy" ;;
              *) cat "$1" ;;
            esac
            """);
        File.SetUnixFileMode(Path.Combine(folder, "bin", "dotnet"), (UnixFileMode)0b111_101_101);
    }

    [TearDown]
    public void RemoveRepository() => Directory.Delete(folder, recursive: true);

    [Test, CancelAfter(60_000)]
    public void Several_that_start_at_once_compile_once(CancellationToken cancellation)
    {
        var runs = Enumerable.Range(0, 4).Select(i => Start(i, others: 3)).ToList();
        foreach (var run in runs)
        {
            run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
            Assert.That(run.ExitCode, Is.Zero);
        }

        Assert.That(File.ReadAllLines(Path.Combine(folder, "compiled")), Has.Length.EqualTo(1));
        Assert.That(Directory.GetFiles(folder, "out.*").Select(File.ReadAllText), Is.All.EqualTo("program\n"));
        Assert.That(Left(), Has.Length.EqualTo(1), "the program alone");
    }

    [Test, CancelAfter(60_000)]
    public void What_a_compilation_that_died_has_left_is_in_nobodys_way(CancellationToken cancellation)
    {
        var apps = Directory.CreateDirectory(Path.Combine(folder, ".artifacts", "app")).FullName;
        using (var dead = Process.Start(new ProcessStartInfo("true"))!)
        {
            dead.WaitForExit();
            File.WriteAllText(Path.Combine(apps, ".compiling"), dead.Id.ToString(CultureInfo.InvariantCulture));
        }

        Directory.CreateDirectory(Path.Combine(apps, ".12345"));
        File.WriteAllText(Path.Combine(apps, "compile-12345.log"), "");
        var run = Start(0, others: 0);
        run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(Left(), Has.Length.EqualTo(1), "the program alone");
    }

    [Test, CancelAfter(60_000)]
    public void Where_nothing_can_be_written_it_ends_and_says_so(CancellationToken cancellation)
    {
        // A folder in the place of the file: not even an administrator can make it then.
        var apps = Directory.CreateDirectory(Path.Combine(folder, ".artifacts", "app")).FullName;
        Directory.CreateDirectory(Path.Combine(apps, ".compiling"));
        var run = Start(0, others: 0);
        run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(File.ReadAllText(Path.Combine(folder, "err.0")), Does.Contain("cannot be made"));
        Assert.That(File.Exists(Path.Combine(folder, "compiled")), Is.False);
    }

    private string[] Left() => Directory.GetFileSystemEntries(Path.Combine(folder, ".artifacts", "app"));

    private Process Start(int number, int others)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec ./build.sh >out.{number} 2>err.{number}"]) { WorkingDirectory = folder };
        start.Environment["PATH"] = $"{Path.Combine(folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HERE"] = folder;
        start.Environment["OTHERS"] = others.ToString(CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }
}
