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
        foreach (var inner in new[] { "build/Build", "build/Other", "records", "bin" })
        {
            Directory.CreateDirectory(Path.Combine(folder, inner));
        }

        foreach (var file in new[] { "global.json", "Directory.Build.props", "Directory.Packages.props", "records/run.schema.json", "records/run.schema.v1.json", "records/destroyed.schema.json", "build/Build/Build.csproj", "build/Build/Program.cs", "build/Other/Other.csproj", "build/Other/Other.cs" })
        {
            File.WriteAllText(Path.Combine(folder, file), "");
        }

        File.Copy(Path.Combine(Repository.Root, "build.sh"), Path.Combine(folder, "build.sh"));
        File.WriteAllText(Path.Combine(folder, "bin", "dotnet"), """
            #!/usr/bin/env bash
            case "$1" in
              --version) echo 1.2.3 ;;
              --list-sdks) printf '1.2.30 [/elsewhere]\n1.2.3 [/some where/sdk]\n' ;;
              */VBCSCompiler.dll) echo "$*" >>"$HERE/ended" ;;
              publish)
                [ -z "$REFUSES" ] || { printf '%s\n' "$REFUSES"; exit 1; }
                mkdir "$HERE/busy" || exit 1
                echo "$*" >>"$HERE/compiled"
                (cd "$HERE/.artifacts" && find obj bin -name '*.dll' 2>/dev/null | sort) >"$HERE/found"
                mkdir -p "$HERE/.artifacts/obj/Build/app" "$HERE/.artifacts/obj/Other/app" "$HERE/.artifacts/bin/Build/app"
                touch "$HERE"/.artifacts/{obj/Build/app/Build,obj/Other/app/Other,bin/Build/app/Build}.dll
                [ -z "$DIES" ] || exit 1
                until [ "$(cat "$HERE"/err.* | grep -c 'waiting for it')" -ge "$OTHERS" ]; do sleep 0.01; done
                while [ "$1" != -o ]; do shift; done
                mkdir -p "$2" && echo program >"$2/Build.dll"
                rmdir "$HERE/busy" ;;
              *) cat "$1"; [ -z "$HELD" ] || cat ;;
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

    [Test, CancelAfter(60_000)]
    public void Of_what_has_changed_nothing_is_taken_from_an_earlier_compilation_whatever_the_times_of_the_files_are(CancellationToken cancellation)
    {
        Run(cancellation);
        Assert.That(File.ReadAllText(Path.Combine(folder, "compiled")), Does.Contain("-p:ArtifactsPivots=app"), "in folders that no other compilation uses");
        Assert.That(Found(), Is.Empty);

        Edit("build/Build/Program.cs", "changed");
        Age("build/Build/Program.cs");
        Run(cancellation);
        Assert.That(Found(), Is.EqualTo(new[] { "obj/Other/app/Other.dll" }));

        File.Move(Path.Combine(folder, "build/Other/Other.cs"), Path.Combine(folder, "build/Other/Renamed.cs"));
        Run(cancellation);
        Assert.That(Found(), Is.EqualTo(new[] { "obj/Build/app/Build.dll" }));

        Edit("records/run.schema.json", "changed");
        Run(cancellation);
        Assert.That(Found(), Is.Empty);

        Edit("Directory.Packages.props", "changed");
        Age("Directory.Packages.props");
        Run(cancellation);
        Assert.That(Found(), Is.Empty);
        Assert.That(
            File.ReadAllLines(Path.Combine(folder, "compiled")).Select(line => line.Contains(" -m:1", StringComparison.Ordinal)), Is.EqualTo(new[] { false, true, true, false, false }),
            "some rooms need one worker");
    }

    [Test, CancelAfter(60_000)]
    public void What_a_compilation_that_was_cut_off_has_left_is_not_believed(CancellationToken cancellation)
    {
        Run(cancellation);
        Edit("build/Build/Program.cs", "changed");
        using (var cut = Start(1, others: 0, dies: true))
        {
            cut.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
            Assert.That(cut.ExitCode, Is.EqualTo(1));
        }

        Directory.Delete(Path.Combine(folder, "busy"));
        Edit("build/Build/Program.cs", "changed again");
        Run(cancellation);
        Assert.That(Found(), Is.Empty);
    }

    [TestCase("false", false, TestName = "Where_no_compiler_may_stay_one_of_its_own_is_ended")]
    [TestCase("false", true, TestName = "Where_no_compiler_may_stay_one_of_its_own_is_ended_also_when_it_fails")]
    [TestCase("False", false, TestName = "Where_no_compiler_may_stay_one_of_its_own_is_ended_however_it_is_written")]
    [TestCase("true", false, TestName = "Where_a_compiler_may_stay_it_stays")]
    [TestCase("", false, TestName = "A_compiler_stays_as_the_SDK_has_it")]
    [CancelAfter(60_000)]
    public void One_process_compiles_all(string shared, bool dies, CancellationToken cancellation)
    {
        using var run = Start(0, others: 0, dies: dies, shared: shared);
        run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        var own = $"build-records-{run.Id}";
        var ends = bool.TryParse(shared, out var stays) && !stays;
        var ended = Path.Combine(folder, "ended");
        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(dies ? 1 : 0));
            Assert.That(File.ReadAllText(Path.Combine(folder, "compiled")), ends ? Does.Contain($"-p:UseSharedCompilation=true -p:SharedCompilationId={own}") : Does.Not.Contain("Shared"));
            Assert.That(File.Exists(ended) ? File.ReadAllText(ended) : "", Is.EqualTo(ends ? $"/some where/sdk/1.2.3/Roslyn/bincore/VBCSCompiler.dll -shutdown -pipename:{own}\n" : ""));
        });
    }

    private string[] Found() => File.ReadAllLines(Path.Combine(folder, "found"));

    private void Age(string file) => File.SetLastWriteTimeUtc(Path.Combine(folder, file), DateTime.UnixEpoch);

    [Test, CancelAfter(60_000)]
    public void Five_programs_stay_those_used_last_and_those_in_use(CancellationToken cancellation)
    {
        using var user = Start(1, others: 0, held: true);
        while (File.Exists(Path.Combine(folder, "out.1")) is false || new FileInfo(Path.Combine(folder, "out.1")).Length == 0)
        {
            cancellation.ThrowIfCancellationRequested();
            Thread.Yield();
        }

        var used = Left().Single();
        string? unused = null;
        string? usedAgain = null;
        for (var version = 1; version <= 7; version++)
        {
            var before = Left();
            Edit("build/Build/Program.cs", $"{version}");
            Run(cancellation);
            var made = Left().Except(before).Single();
            unused = version == 1 ? made : unused;
            usedAgain = version == 2 ? made : usedAgain;
            if (version is 5)
            {
                Edit("build/Build/Program.cs", "2");
                Run(cancellation);
            }
        }

        Assert.That(Left(), Does.Contain(used).And.Contain(usedAgain).And.Not.Contain(unused).And.Length.EqualTo(6));
        user.StandardInput.Close();
        user.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        Edit("build/Build/Program.cs", "8");
        Run(cancellation);
        Assert.That(Left(), Does.Not.Contain(used).And.Length.EqualTo(5));
    }

    [Test, CancelAfter(60_000)]
    public void Who_has_used_a_program_is_forgotten_in_time(CancellationToken cancellation)
    {
        Run(cancellation);
        var app = Left().Single();
        for (var dead = 0; dead < 100; dead++)
        {
            // Greater than any process's number.
            File.WriteAllText(Path.Combine(app, $".used-by-{99_999_999 + dead}"), "");
        }

        Run(cancellation);
        Assert.That(Directory.GetFiles(app, ".used-by-*"), Has.Length.LessThanOrEqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public void What_an_editor_leaves_is_no_source(CancellationToken cancellation)
    {
        Run(cancellation);
        foreach (var name in new[] { ".Program.cs.swp", ".#Program.cs", "Program.cs~", ".DS_Store" })
        {
            Edit($"build/Build/{name}", "left");
        }

        Run(cancellation);
        Assert.That(Left(), Has.Length.EqualTo(1));
        Edit("build/.editorconfig", "root = true");
        Run(cancellation);
        Assert.That(Left(), Has.Length.EqualTo(2), "this the compiler reads");
    }

    [TestCase(false), TestCase(true), CancelAfter(60_000)]
    public void Without_dotnet_the_SDK_is_installed_also_where_the_program_is_compiled(bool compiled, CancellationToken cancellation)
    {
        if (compiled)
        {
            Run(cancellation);
        }

        var tools = ToolsWithoutDotnet();

        // Stands for the download: what it brings puts the compiler above into its place.
        Edit("tools/curl", """
            #!/usr/bin/env bash
            while [ "$1" != -o ]; do shift; done
            echo 'mkdir "$HERE/.dotnet" && cp "$HERE/bin/dotnet" "$HERE/.dotnet/dotnet"' >"$2"
            """);
        File.SetUnixFileMode(Path.Combine(tools, "curl"), (UnixFileMode)0b111_101_101);
        var run = Start(0, others: 0, path: tools);
        run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        Assert.That(run.ExitCode, Is.Zero, () => File.ReadAllText(Path.Combine(folder, "err.0")));
        Assert.That(File.ReadAllText(Path.Combine(folder, "out.0")), Is.EqualTo("program\n"));
        Assert.That(File.ReadAllText(Path.Combine(folder, "err.0")), Does.Contain("installing one"));
    }

    [TestCase("bash ./build.sh")]
    [TestCase("mkdir -p bin/there && ln -s ../../build.sh bin/there/start && ln -s there/start bin/start && bin/start")]
    [TestCase("export CDPATH=\"${HERE%/*}\" && cd .. && bash \"${HERE##*/}/build.sh\"")]
    [CancelAfter(60_000)]
    public void It_is_called_from_anywhere_and_through_links(string command, CancellationToken cancellation)
    {
        var run = Start(0, others: 0, command: command);
        run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        Assert.That(run.ExitCode, Is.Zero, () => File.ReadAllText(Path.Combine(folder, "err.0")));
        Assert.That(File.ReadAllText(Path.Combine(folder, "out.0")), Is.EqualTo("program\n"));
        Assert.That(Left(), Has.Length.EqualTo(1));
    }

    [TestCase("error NU1301: Unable to load the service index for source https://packages.example.net/v3/index.json.", "packages could not be downloaded", "packages.example.net", "HTTPS_PROXY")]
    [TestCase("error NU1101: Unable to find package Newtonsoft.Json. No packages exist with this id in source(s): x", "package is not to be had", "Newtonsoft.Json", "NuGet.Config")]
    [TestCase("error MSB3021: Unable to copy file. No space left on device : '/x'", "disk is full", "Make room")]
    [CancelAfter(60_000)]
    public void Why_nothing_could_be_compiled_is_one_sentence_with_the_remedy(string said, params string[] words)
    {
        var lines = string.Join('\n', Enumerable.Repeat($"/home/somebody/build/Build.csproj : {said} [/home/somebody/build/Build.csproj]", 60));
        var run = Start(0, others: 0, refuses: lines);
        run.WaitForExit();
        var error = File.ReadAllLines(Path.Combine(folder, "err.0"));
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(error, Has.Length.EqualTo(2), string.Join('\n', error));
        foreach (var word in words)
        {
            Assert.That(error[1], Does.Contain(word));
        }

        Assert.That(Left(), Is.Empty, "nothing half done stays");
    }

    [Test, CancelAfter(60_000)]
    public void What_the_compiler_says_of_the_sources_is_shown_whole()
    {
        var run = Start(0, others: 0, refuses: "Program.cs(1,1): error CS1002: ; expected [/x/Build.csproj]");
        run.WaitForExit();
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(File.ReadAllText(Path.Combine(folder, "err.0")), Does.Contain("Program.cs(1,1): error CS1002").And.Contain("does not compile"));
    }

    [Test, CancelAfter(60_000)]
    public void An_SDK_that_cannot_be_downloaded_is_one_sentence_with_the_remedy()
    {
        File.Delete(Path.Combine(folder, "bin", "dotnet"));
        Edit("bin/curl", "#!/bin/sh\necho 'Warning: Problem : timeout. Will retry' >&2\necho 'curl: (6) Could not resolve host: dot.net' >&2\nexit 6\n");
        File.SetUnixFileMode(Path.Combine(folder, "bin", "curl"), (UnixFileMode)0b111_101_101);
        var run = Start(0, others: 0, path: $"{Path.Combine(folder, "bin")}:{ToolsWithoutDotnet()}");
        run.WaitForExit();
        var error = File.ReadAllLines(Path.Combine(folder, "err.0"));
        Assert.That(run.ExitCode, Is.EqualTo(1), string.Join('\n', error));
        Assert.That(error, Has.Length.EqualTo(2));
        Assert.That(error[1], Does.Contain("Could not resolve host: dot.net").And.Contain("https://dotnet.microsoft.com/download").And.Contain("HTTPS_PROXY"));
    }

    [Test, CancelAfter(60_000)]
    public void A_terminal_sees_that_it_lives(CancellationToken cancellation)
    {
        // The compiler ends when the terminal has shown what it does: without that line the time runs out.
        Edit("bin/dotnet", """
            #!/usr/bin/env bash
            case "$1" in
              --version) ;;
              publish)
                until grep -q '0:0[0-9].*compiling' "$HERE/terminal"; do sleep 0.05; done
                while [ "$1" != -o ]; do shift; done
                mkdir -p "$2" && echo program >"$2/Build.dll" ;;
              *) cat "$1" ;;
            esac
            """);
        var run = Start(0, others: 0, command: "exec script -qfec ./build.sh terminal", terminal: "xterm");
        run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        Assert.That(run.ExitCode, Is.Zero, () => File.ReadAllText(Path.Combine(folder, "err.0")));
        var shown = File.ReadAllText(Path.Combine(folder, "terminal"));
        Assert.That(shown, Does.Contain("Compiling the build program"));
        Assert.That(shown.Split('\r', '\n'), Has.All.Length.LessThanOrEqualTo(120), "it never wraps");
        Assert.That(shown.Split('\n').Last(l => !l.StartsWith("Script", StringComparison.Ordinal) && l.Trim().Length > 0), Does.EndWith("\u001b[Kprogram\r"), "the line is gone when the program speaks");
    }

    /// <summary>A folder with the ordinary tools and no dotnet, as on a new machine.</summary>
    private string ToolsWithoutDotnet()
    {
        var tools = Directory.CreateDirectory(Path.Combine(folder, "tools")).FullName;
        foreach (var tool in "awk bash cat chmod chown cmp cp cut dirname find grep head id ls mkdir mktemp mv rm rmdir sha256sum shasum sleep sort tail touch tr wc xargs".Split(' '))
        {
            var places = Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(place => Path.Combine(place, tool));
            if (places.FirstOrDefault(File.Exists) is { } place)
            {
                File.CreateSymbolicLink(Path.Combine(tools, tool), place);
            }
        }

        return tools;
    }

    private void Edit(string file, string text) => File.WriteAllText(Path.Combine(folder, file), text);

    private string[] Left() => Directory.GetFileSystemEntries(Path.Combine(folder, ".artifacts", "app"));

    private string Run(CancellationToken cancellation)
    {
        var run = Start(0, others: 0);
        run.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        Assert.That(run.ExitCode, Is.Zero, () => File.ReadAllText(Path.Combine(folder, "err.0")));
        return File.ReadAllText(Path.Combine(folder, "out.0"));
    }

    private Process Start(int number, int others, bool held = false, string? path = null, string command = "exec ./build.sh", string refuses = "", string terminal = "dumb", bool dies = false, string shared = "")
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec >out.{number} 2>err.{number}; {command}"]) { WorkingDirectory = folder, RedirectStandardInput = held };
        start.Environment["PATH"] = path ?? $"{Path.Combine(folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HERE"] = folder;
        start.Environment["OTHERS"] = others.ToString(CultureInfo.InvariantCulture);
        start.Environment["REFUSES"] = refuses;
        start.Environment["TERM"] = terminal;
        start.Environment.Remove("CI");
        start.Environment["HELD"] = held ? "yes" : "";
        start.Environment["UseSharedCompilation"] = shared;
        start.Environment["DIES"] = dies ? "yes" : "";
        return Process.Start(start)!;
    }
}
