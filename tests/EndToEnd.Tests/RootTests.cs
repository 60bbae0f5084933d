using System.Diagnostics;

namespace EndToEnd.Tests;

/// <summary>A run as root in somebody's checkout leaves nothing that its owner cannot write.</summary>
internal sealed class RootTests
{
    private static string Say(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return said;
    }

    [Test, Platform("Linux")]
    public void What_root_makes_belongs_to_the_owner_of_the_checkout()
    {
        Assume.That(Environment.IsPrivilegedProcess, Is.True, "needs root, who alone can leave files of root");
        using var bench = new Workbench();
        bench.CopyTemplates();
        Say("chown", "-R", "65534:65534", bench.Root);
        var start = new ProcessStartInfo("bash", [Path.Combine(Repository.Root, "build.sh"), "--target=Validate", "--template=rocky-9", "--environment=sandbox"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = bench.Folder,
        };
        start.Environment["BUILD_RECORDS_ROOT"] = bench.Root;
        using var run = Process.Start(start)!;
        var error = run.StandardError.ReadToEndAsync();
        var output = run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        Assert.That(run.ExitCode, Is.Zero, output + error.Result);
        Assert.That(Directory.Exists(Path.Combine(bench.Root, ".runtime")), Is.True);
        Assert.That(Say("find", bench.Root, "-not", "-uid", "65534"), Is.Empty);
    }
}
