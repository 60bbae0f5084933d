using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>
/// The Packers of this machine that the templates are written for, one of each generation: Packer 1.6 as distributions
/// package it, and Packer 1.11 or later with its proxmox plugin, from <c>PACKER_PATH</c> or the search path. What builds is
/// tested with each; where there is none yet, the program installs one.
/// </summary>
internal static partial class Packers
{
    public static IReadOnlyList<InstalledPacker> All { get; } = Find();

    private static InstalledPacker[] Find()
    {
        var paths = new[] { Environment.GetEnvironmentVariable("PACKER_PATH") ?? "" }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(f => Path.Combine(f, "packer")))
            .Where(p => p.Length > 0 && File.Exists(p)).Select(Path.GetFullPath).Distinct();
        var all = paths.Select(Ask).OfType<InstalledPacker>().ToList();
        var found = new[] { all.Find(p => p.IsOld), all.Find(p => !p.IsOld) }.OfType<InstalledPacker>().ToArray();
        return found.Length > 0 ? found : [new InstalledPacker("the Packer that the program installs", null, IsOld: true)];
    }

    private static InstalledPacker? Ask(string path)
    {
        if (!Version().Match(Say(path, "version")).TryVersion(out var version))
        {
            return null;
        }

        if (version is { Major: 1, Minor: 6 })
        {
            return new InstalledPacker($"Packer {version}", path, IsOld: true);
        }

        return version >= new Version(1, 11) && Say(path, "plugins", "installed").Contains("packer-plugin-proxmox_", StringComparison.Ordinal)
            ? new InstalledPacker($"Packer {version} with its plugin", path, IsOld: false)
            : null;
    }

    private static bool TryVersion(this Match match, out Version version)
    {
        version = match.Success ? System.Version.Parse(match.Groups[1].Value) : new Version();
        return match.Success;
    }

    // In an empty folder: cracklib's program of the same name makes files of what it is given.
    private static string Say(string path, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("packer-asked-");
        try
        {
            var start = new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder.FullName };
            start.Environment["CHECKPOINT_DISABLE"] = "1";
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output + error.Result;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"Packer v(\d+\.\d+\.\d+)")]
    private static partial Regex Version();
}

/// <summary>A Packer to test with.</summary>
/// <param name="Name">For the names of tests.</param>
/// <param name="Path">The program, or null for what the program finds or installs by itself.</param>
/// <param name="IsOld">Whether it is Packer 1.6.</param>
internal sealed record InstalledPacker(string Name, string? Path, bool IsOld)
{
    /// <summary>A bench whose program uses this Packer.</summary>
    public Workbench Bench() => new Workbench().Set("PACKER_PATH", Path);

    /// <summary>A bench for builds on a cluster, for which Packer 1.6 has to be allowed.</summary>
    public Workbench ClusterBench() => new Workbench { Always = IsOld ? ["--allow-old-packer"] : [] }.Set("PACKER_PATH", Path);

    public override string ToString() => Name;
}

/// <summary>Which Packers the tests of builds ran with.</summary>
internal sealed class PackersTests
{
    [Test]
    public void A_Packer_of_today_is_among_those_that_builds_are_tested_with() =>
        Assume.That(Packers.All.Any(p => !p.IsOld), "there is no Packer 1.11 or later with its proxmox plugin here (PACKER_PATH, PATH): builds were tested with Packer 1.6 alone");
}
