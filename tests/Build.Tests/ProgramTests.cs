using System.Diagnostics;

namespace Build.Tests;

/// <summary>What goes wrong before the first task runs is told like everything else: one line and an exit code of the contract.</summary>
internal sealed class ProgramTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("program-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    private async Task<(int ExitCode, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(n => n == "BUILD_RECORDS_ROOT" || n.StartsWith("PROXMOX_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        string[] all = [typeof(Interruption).Assembly.Location, .. arguments];
        all.ToList().ForEach(start.ArgumentList.Add);
        using var program = Process.Start(start)!;
        var output = program.StandardOutput.ReadToEndAsync();
        var error = await program.StandardError.ReadToEndAsync();
        await output;
        await program.WaitForExitAsync();
        return (program.ExitCode, error);
    }

    [Test]
    public async Task Outside_of_a_repository_it_says_how_to_start_it()
    {
        var (code, error) = await RunAsync("--target=List");
        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(error, Does.StartWith("Error: No repository was found").And.Contain("./build.sh"));
    }

    [TestCase("--target=List")]
    [TestCase("--version")]
    [TestCase("--environment=sandbox")]
    public async Task An_env_file_that_cannot_be_read_is_named(string argument)
    {
        Directory.CreateDirectory(Path.Combine(folder, "infra", "packer"));
        Directory.CreateDirectory(Path.Combine(folder, "infra", "env"));
        using var held = new FileStream(Path.Combine(folder, "infra", "env", "proxmox.env"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        var (code, error) = await RunAsync(argument);
        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(error, Does.StartWith("Error:").And.Contain(held.Name));
    }
}
