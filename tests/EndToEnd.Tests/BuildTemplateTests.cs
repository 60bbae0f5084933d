using System.Globalization;
using System.Text.RegularExpressions;
using Foundation;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>The main job with real Packer against the sandbox node, as an operator runs it.</summary>
[TestFixtureSource(typeof(Packers), nameof(Packers.All))]
internal sealed class BuildTemplateTests(InstalledPacker installed)
{
    [Test]
    public void A_build_leaves_a_complete_record_which_the_next_one_leaves_untouched()
    {
        using var bench = installed.Bench();
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var first = bench.RecordsOf("rocky-9").Single();
        AssertComplete(bench, "rocky-9");
        Assert.That(result.Output, Does.Contain($"Record: {Path.GetRelativePath(bench.Folder, first)} "), "the last line says where the record is, from where the user is");
        AssertFound(bench, first);

        var before = Snapshot(first);
        var second = bench.Run("--target=BuildTemplate", "--template=rocky-9");
        Assert.That(second.ExitCode, Is.Zero, second.All);
        var records = bench.RecordsOf("rocky-9");
        Assert.Multiple(() =>
        {
            Assert.That(records, Has.Count.EqualTo(2));
            Assert.That(Snapshot(first), Is.EqualTo(before), "bytes and times of the first record");
            Assert.That(Latest(bench, "rocky-9"), Is.EqualTo(records[1]));
            Assert.That((int)Workbench.RunJson(records[1])["vmid"]!, Is.EqualTo((int)Workbench.RunJson(first)["vmid"]! + 1));
        });
    }

    [Test]
    public void All_templates_leave_a_complete_record_each()
    {
        using var bench = installed.Bench();
        var result = bench.Run("--target=BuildTemplate", "--template=all");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        foreach (var template in new[] { "debian-12", "debian-13", "rocky-9", "rocky-10", "ubuntu-22.04", "ubuntu-24.04", "ubuntu-26.04", "windows-2022", "windows-2025" })
        {
            AssertComplete(bench, template);
        }
    }

    private static string Latest(Workbench bench, string template) =>
        new DirectoryInfo(Path.Combine(bench.SandboxRecords, "builds", template, "latest")).ResolveLinkTarget(true)!.FullName;

    private static void AssertComplete(Workbench bench, string template)
    {
        var record = bench.RecordsOf(template).Single();
        var run = Workbench.RunJson(record);
        var log = Path.Combine(record, "packer.log");
        var readme = File.ReadAllText(Path.Combine(record, "README.md"));
        Assert.Multiple(() =>
        {
            Assert.That(UtcStamp.TryParse(Path.GetFileName(record), out _), Is.True, "the folder is named by its UTC time");
            Assert.That((string?)run["log_sha256"], Is.EqualTo(FileHash.Sha256(log)), "log_sha256");
            Assert.That((long?)run["log_bytes"], Is.EqualTo(new FileInfo(log).Length), "log_bytes");
            Assert.That(readme, Does.Contain((string)run["log_sha256"]!).And.Contain(((long)run["log_bytes"]!).ToString(CultureInfo.InvariantCulture)));
            Assert.That((string?)run["environment"], Is.EqualTo("sandbox"));
            Assert.That(readme, Does.Contain("sandbox").IgnoreCase, "the banner");
            Assert.That((string?)run["template"], Is.EqualTo(template));
            Assert.That(run["vmid"]!.Type, Is.EqualTo(JTokenType.Integer));
            Assert.That((string?)run["chain_id"], Does.Match($"^CHAIN-[0-9]{{8}}T[0-9]{{6}}Z-{Regex.Escape(template)}$"));
            Assert.That((string?)run.SelectToken("packer.version"), Does.Match(@"^\d+\.\d+\.\d+"));
            Assert.That(run["inputs"]!.Count(), Is.GreaterThan(3));
            Assert.That((string?)run.SelectToken("validation_test.status"), Is.EqualTo("passed"));
            Assert.That((int?)run.SelectToken("vm_facts.cores"), Is.GreaterThan(0));
            Assert.That((int?)run.SelectToken("vm_facts.memory_mb"), Is.GreaterThan(0));
            Assert.That((string?)run.SelectToken("iso.sha256"), Does.Match("^[0-9a-f]{64}$"));
            Assert.That(File.ReadAllText(log), Does.Contain("proxmox"), "the complete log");
            Assert.That(Latest(bench, template), Is.EqualTo(record));
            Assert.That((string?)run.SelectToken("vm_facts.os_type"), template.StartsWith("windows", StringComparison.Ordinal) ? Does.StartWith("w") : Is.EqualTo("l26"));
            Assert.That(Directory.Exists(Path.Combine(bench.Runtime, "work", template)) && Directory.EnumerateFileSystemEntries(Path.Combine(bench.Runtime, "work", template)).Any(), Is.False, "the workspace is removed");
        });
    }

    /// <summary>The index and the logs lead to the record.</summary>
    private static void AssertFound(Workbench bench, string record)
    {
        var run = Workbench.RunJson(record);
        var index = File.ReadAllText(Path.Combine(bench.SandboxRecords, "README.md"));
        var logs = Path.Combine(bench.Runtime, "logs", "packer", "rocky-9");
        var events = Directory.EnumerateFiles(logs, "events.jsonl", SearchOption.AllDirectories).First();
        Assert.Multiple(() =>
        {
            Assert.That(index, Does.Contain("How to review").And.Contain(Path.GetFileName(record)));
            Assert.That(File.Exists(Path.Combine(bench.Records, "README.md")), Is.False, "sandbox runs never touch the real index");
            foreach (var line in File.ReadLines(events))
            {
                var entry = JObject.Parse(line);
                Assert.That(entry.ContainsKey("time") && entry.ContainsKey("stage") && entry.ContainsKey("level") && entry.ContainsKey("message"), Is.True, line);
            }

            Assert.That(File.ReadAllText(events), Does.Contain((string)run["chain_id"]!));
        });
    }

    [Test]
    public void A_copied_folder_is_a_new_template()
    {
        using var bench = installed.Bench();
        var templates = Path.Combine(bench.CopyTemplates(), "templates");
        Directory.CreateDirectory(Path.Combine(templates, "rocky-9-web"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(templates, "rocky-9")))
        {
            File.Copy(file, Path.Combine(templates, "rocky-9-web", Path.GetFileName(file)));
        }

        // Two templates must not share VMIDs.
        var json = JObject.Parse(File.ReadAllText(Path.Combine(templates, "rocky-9-web", "template.json")));
        json["vmid"] = new JObject { ["first"] = 7000, ["last"] = 7009 };
        json["title"] = "Rocky Linux 9 for web servers";
        File.WriteAllText(Path.Combine(templates, "rocky-9-web", "template.json"), json.ToString());

        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9-web");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That((int)Workbench.RunJson(bench.RecordsOf("rocky-9-web").Single())["vmid"]!, Is.EqualTo(7000));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "a shell script stands before Packer"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Packer_is_started_no_more_often_than_it_has_something_to_say()
    {
        using var bench = installed.Bench();
        var (counting, calls) = (Path.Combine(bench.Folder, "packer"), Path.Combine(bench.Folder, "calls"));
        File.WriteAllText(counting, $"""
            #!/bin/sh
            echo "$1" >>"{calls}"
            exec "{installed.Path ?? "$(command -v packer)"}" "$@"
            """);
        File.SetUnixFileMode(counting, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string[] Calls()
        {
            var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", $"--packer={counting}");
            Assert.That(result.ExitCode, Is.Zero, result.All);
            var made = File.ReadAllLines(calls);
            File.Delete(calls);
            return made;
        }

        // The first run leaves a record of Init, which has Packer's judgement of the same template. What it answered of itself
        // is kept in .tools, where tests beside this one write as well.
        Assert.That(Calls().Where(c => c is not ("plugins" or "version")), Is.EqualTo(new[] { "validate", "build" }));
        Assert.That(Calls().Where(c => c is not ("plugins" or "version")), Is.EqualTo(new[] { "validate", "build" }));
    }

    [Test]
    public void A_template_whose_clones_cannot_be_tested_says_why_and_so_does_its_record()
    {
        using var bench = installed.Bench();
        var file = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        var json = JObject.Parse(File.ReadAllText(file));
        json["smoke_test"] = new JObject { ["skip"] = "its clones need a GPU" };

        // Without a clone one VMID is enough.
        json["vmid"]!["last"] = json["vmid"]!["first"];
        File.WriteAllText(file, json.ToString());
        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", "--sandbox-fault=api:POST /nodes/*/qemu/*/clone=500 no clone is made");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        Assert.That(result.All, Does.Contain("No clone is tested, and the record says so: its clones need a GPU"));
        var record = bench.RecordsOf("rocky-9").Single();
        var test = Workbench.RunJson(record)["validation_test"]!;
        Assert.That(((string?)test["status"], (string?)test["reason"], test["guest_agent"]!.Type), Is.EqualTo(("skipped", "its clones need a GPU", JTokenType.Null)));
        Assert.That(File.ReadAllText(Path.Combine(record, "README.md")), Does.Contain("its clones need a GPU"));
        Assert.That(bench.Run("--target=Verify").ExitCode, Is.Zero);
    }

    [Test]
    public void Where_there_is_no_DHCP_the_guest_s_address_is_in_the_boot_command_and_in_the_file()
    {
        using var bench = installed.Bench();
        var file = Path.Combine(bench.CopyTemplates(), "templates", "rocky-9", "template.json");
        var json = JObject.Parse(File.ReadAllText(file));
        json["network"] = new JObject { ["address"] = "192.0.2.50/24", ["gateway"] = "192.0.2.1", ["dns"] = new JArray("192.0.2.53") };
        File.WriteAllText(file, json.ToString());
        foreach (var (template, told) in new[] { ("rocky-9,rocky-10", "an address of its own"), ("debian-13", "gateway") })
        {
            var refused = bench.Run("--target=Validate", $"--template={template}", "--guest-address=192.0.2.60/24");
            Assert.That(refused.ExitCode, Is.EqualTo(2), refused.All);
            Assert.That(refused.Error, Does.Contain("--guest-address=192.0.2.60/24").And.Contain(told));
        }

        var result = bench.Run("--target=BuildTemplate", "--template=rocky-9", "--guest-address=192.0.2.60/24");
        Assert.That(result.ExitCode, Is.Zero, result.All);
        var record = bench.RecordsOf("rocky-9").Single();
        Assert.That(File.ReadAllText(Path.Combine(record, "input.ks.cfg")), Does.Contain("--ip=192.0.2.60 --netmask=255.255.255.0 --gateway=192.0.2.1 --nameserver=192.0.2.53"));
        Assert.That(Workbench.RunJson(record)["parameters"]!.ToString(), Does.Contain("guest_address").And.Contain("192.0.2.60/24"));
    }

    private static List<string> Snapshot(string folder) =>
        [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
            .Select(f => $"{Path.GetFileName(f)} {FileHash.Sha256(f)} {File.GetLastWriteTimeUtc(f).Ticks}")];
}
