using System.Diagnostics;
using System.Runtime.Versioning;

namespace Provisioning.Tests;

/// <summary>
/// A folder tree that looks like an installed system, as the root of the processes that run in it: a temporary folder of
/// its own, with real tools and stand-ins for those that would touch a machine. The scripts that run in it remove users,
/// keys and logs, so that they never run with a path prefix and never outside.
/// </summary>
[SupportedOSPlatform("linux")]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal sealed class Chroot : IDisposable
{
    // What the scripts use for real.
    private static readonly string[] Tools =
        ["sh", "rm", "ln", "cat", "find", "truncate", "sync", "touch", "mkdir", "grep", "chmod", "getent", "userdel", "printf"];

    private readonly string marker = Guid.NewGuid().ToString("N");

    internal Chroot()
    {
        Root = Directory.CreateTempSubdirectory("provisioning-tests-").FullName;
        foreach (var folder in (string[])["bin", "scripts", "stand-ins", "tmp", "var/tmp", "var/log", "var/lib", "etc", "root", "home", "dev"])
        {
            Directory.CreateDirectory(At(folder));
        }

        Write("marker", marker);
        foreach (var tool in Tools)
        {
            Copy(tool);
        }

        // A device node needs rights that a container may lack; what is written there is only thrown away.
        Write("dev/null", "");
        File.SetUnixFileMode(At("dev/null"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
    }

    internal string Root { get; }

    /// <summary>What the stand-ins were called with, one call a line.</summary>
    internal IReadOnlyList<string> Calls => File.Exists(At("calls")) ? File.ReadAllLines(At("calls")) : [];

    internal string At(string path) => Path.Combine(Root, path);

    internal void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    /// <summary>Puts a program of this name in front of everything else: it writes down its call, then does this.</summary>
    internal void StandIn(string name, string does = "")
    {
        Write($"stand-ins/{name}", $"#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>/calls\n{does}\n");
        File.SetUnixFileMode(At($"stand-ins/{name}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Runs a script as <c>sh -eu</c> does, with this tree as its root.</summary>
    internal (int ExitCode, string Output) Run(string file, string user = "build-abcdefgh")
    {
        // Whatever else goes wrong: the root is the folder that this test made, or nothing runs.
        var root = Path.GetFullPath(Root);
        Assert.That(root, Does.StartWith(Path.GetFullPath(Path.GetTempPath())).And.Contain("provisioning-tests-"));
        Assert.That(File.ReadAllText(Path.Combine(root, "marker")), Is.EqualTo(marker));

        var name = Path.GetFileName(file);
        File.Copy(file, At($"scripts/{name}"), overwrite: true);
        string[] change = Environment.IsPrivilegedProcess ? ["chroot", root] : ["unshare", "--map-root-user", "--root=" + root];
        var start = new ProcessStartInfo(change[0]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = root };
        foreach (var argument in change[1..].Concat(["/bin/sh", "-eu", $"/scripts/{name}"]))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        start.Environment["PATH"] = "/stand-ins:/bin:" + "/usr/sbin:/usr/bin:/sbin";
        start.Environment["BUILD_USER"] = user;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Copy(string tool)
    {
        var path = ((string[])["/bin", "/usr/bin", "/sbin", "/usr/sbin"]).Select(f => Path.Combine(f, tool)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"This machine has no {tool}, which the scripts use.");
        File.Copy(path, At($"bin/{tool}"));
        File.SetUnixFileMode(At($"bin/{tool}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var library in Libraries(path).Where(l => !File.Exists(At(l.TrimStart('/')))))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(library.TrimStart('/')))!);
            File.Copy(library, At(library.TrimStart('/')));
        }
    }

    private static IEnumerable<string> Libraries(string program)
    {
        using var process = Process.Start(new ProcessStartInfo("ldd", [program]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n').SelectMany(l => l.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Where(w => w.StartsWith('/'));
    }
}
