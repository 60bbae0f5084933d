using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;

namespace EndToEnd.Tests;

/// <summary>A run's real secrets, taken from Packer's own environment, are nowhere where others could find them.</summary>
[Platform("Linux"), UnsupportedOSPlatform("windows")]
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class SecretsTests(InstalledPacker installed)
{
    [Test]
    public async Task They_are_on_no_command_line_in_no_file_that_stays_and_in_none_that_others_read()
    {
        using var bench = installed.Bench();
        var built = bench.Run("--target=BuildTemplate", "--template=rocky-9");
        Assert.That(built.ExitCode, Is.Zero, built.All);

        // Without an agent Packer waits, and there is time to look.
        using var running = bench.Start("--target=BuildTemplate", "--template=rocky-9,windows-2022", "--parallel=2", "--sandbox-fault=agent:silent");
        await running.WaitForAsync("rocky-9", "Waiting for SSH");
        await running.WaitForAsync("windows-2022", "Waiting for WinRM");
        var processes = Processes.Below(running.Id);
        var environments = processes.Where(p => p.Name.StartsWith("packer", StringComparison.Ordinal)).Select(p => Environment(p.Id)).DistinctBy(e => e["TMPDIR"]).ToList();
        Assert.That(environments, Has.Count.EqualTo(2));
        var secrets = new List<string>();
        foreach (var environment in environments)
        {
            var given = environment
                .Where(v => v.Value.Length > 7 && (v.Key.Contains("TOKEN", StringComparison.OrdinalIgnoreCase) || v.Key.Contains("PASSWORD", StringComparison.OrdinalIgnoreCase)))
                .Select(v => v.Value).ToList();
            Assert.That(given, Is.Not.Empty, string.Join(' ', environment.Keys));
            secrets.AddRange(given);
        }

        // Packer holds the files of its port locks open.
        var folders = environments.ConvertAll(e => Path.GetDirectoryName(e["TMPDIR"])!);
        var keys = folders.SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/cache/port/", StringComparison.Ordinal) && File.ReadAllText(f).Contains("PRIVATE KEY", StringComparison.Ordinal)).ToList();
        Assert.That(keys, Is.Not.Empty, "a build by SSH has a key");
        foreach (var key in keys)
        {
            Assert.That(File.GetUnixFileMode(key) & (UnixFileMode)0x3f, Is.EqualTo(UnixFileMode.None), $"{key} is its owner's alone");
            secrets.Add(File.ReadAllLines(key).First(l => l.Length > 0 && !l.StartsWith('-')));
        }

        var commandLines = string.Join('\n', processes.Append((running.Id, "", File.ReadAllText($"/proc/{running.Id}/cmdline"))).Select(p => p.Item3));
        Assert.That(secrets, Has.None.Matches<string>(s => s is not null && commandLines.Contains(s, StringComparison.Ordinal)), "on a command line");

        running.Interrupt();
        Assert.That(running.WaitForEnd().ExitCode, Is.EqualTo(130));
        Assert.That(folders.Where(Directory.Exists), Is.Empty, "the folders of the secrets are gone");
        foreach (var file in new[] { bench.Runtime, bench.Records }.SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)))
        {
            var content = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            foreach (var secret in secrets.SelectMany(s => new[] { s, Convert.ToBase64String(Encoding.UTF8.GetBytes(s)), Convert.ToBase64String(Encoding.Unicode.GetBytes(s)) }))
            {
                Assert.That(content.Contains(secret, StringComparison.Ordinal), Is.False, $"a secret in {file}");
            }
        }
    }

    private static Dictionary<string, string> Environment(int process) =>
        File.ReadAllText($"/proc/{process}/environ").Split('\0').Select(v => v.Split('=', 2)).Where(v => v.Length == 2).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);

    [Test]
    public void The_signing_key_is_not_given_to_Packer_and_is_masked_whoever_prints_it()
    {
        using var bench = installed.Bench();
        var key = Path.Combine(bench.Folder, "key");
        Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]).WaitForExit();
        var talking = Path.Combine(bench.Folder, "packer");
        File.WriteAllText(talking, $"""
            #!/bin/sh
            if [ "$1" = build ]; then
              env | grep -c RECORD_SIGNING_KEY
              cat {key}
              echo "in base64: $(base64 -w0 <{key})"
            fi
            exec "{installed.Path ?? "$(command -v packer)"}" "$@"
            """);
        File.SetUnixFileMode(talking, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        bench.Set("RECORD_SIGNING_KEY", File.ReadAllText(key));
        var built = bench.Run("--target=BuildTemplate", "--template=rocky-9", $"--packer={talking}");
        Assert.That(built.ExitCode, Is.Zero, built.All);
        var log = File.ReadAllLines(Path.Combine(bench.RecordsOf("rocky-9").Single(), "packer.log"));
        Assert.That(log[0], Is.EqualTo("0"), "not in Packer's environment");
        var lines = File.ReadAllLines(key).Where(l => !l.StartsWith('-')).ToList();
        var written = string.Join('\n', log);
        Assert.That(written, Does.Contain("in base64: ***"));
        foreach (var line in lines.Concat(lines.Select(l => Convert.ToBase64String(Encoding.UTF8.GetBytes(l))[4..^4])))
        {
            Assert.That(written, Does.Not.Contain(line));
        }
    }
}
