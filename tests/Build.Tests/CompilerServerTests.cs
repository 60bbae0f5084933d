using System.Diagnostics;
using Build.Testing;

namespace Build.Tests;

/// <summary>The process that compiles for <c>dotnet build</c>, of the SDK that is installed here.</summary>
public sealed class CompilerServerTests
{
    [TestCase(null)]
    [TestCase("")]
    [TestCase("true")]
    public void Where_a_compiler_may_stay_the_SDK_decides(string? shared) => Assert.That(new CompilerServer("/usr/bin/dotnet", "/", shared).Options, Is.Empty);

    [TestCase("false")]
    [TestCase("False")]
    public void Where_none_may_stay_it_is_an_own_one(string shared) =>
        Assert.That(new CompilerServer("/usr/bin/dotnet", "/", shared).Options, Has.Count.EqualTo(2).And.Some.StartsWith("-p:SharedCompilationId=build-records-"));

    [Test, Platform("Linux")]
    public async Task An_own_one_compiles_and_is_gone_afterwards()
    {
        var folder = Directory.CreateTempSubdirectory("compiler-server-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "One.csproj"), """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>""");
            await File.WriteAllTextAsync(Path.Combine(folder, "One.cs"), "internal static class One;");
            var dotnet = Environment.ProcessPath!;
            var server = new CompilerServer(dotnet, folder, "false");
            using var build = Process.Start(new ProcessStartInfo(dotnet, ["build", folder, "--nologo", .. server.Options]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
            var said = await build.StandardOutput.ReadToEndAsync();
            await build.WaitForExitAsync();
            Assert.That(build.ExitCode, Is.Zero, said);
            Assert.That(Running(server), Is.EqualTo(1), "it compiled");
            await server.EndAsync();
            Assert.That(Running(server), Is.Zero);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Running(CompilerServer server)
    {
        var pipe = "-pipename:" + server.Options[1].Split('=')[1];
        return Directory.EnumerateDirectories("/proc").Where(p => Path.GetFileName(p).All(char.IsAsciiDigit)).Count(p => Line(p).Contains(pipe));
    }

    private static string[] Line(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
