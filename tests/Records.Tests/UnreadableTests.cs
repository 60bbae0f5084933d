using Foundation;
using Records.Sealing;

namespace Records.Tests;

/// <summary>What cannot be read or looked at has a finding of its own, and the rest is judged all the same.</summary>
[Platform("Linux"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class UnreadableTests
{
    [TestCase(".", "")]
    [TestCase("builds", "")]
    [TestCase("builds/rocky-9", "builds/ubuntu-24.04/2026-11-22T191627Z: ok")]
    [TestCase("builds/rocky-9/2026-11-22T191627Z", "builds/ubuntu-24.04/2026-11-22T191627Z: ok")]
    [TestCase(".state", "builds/rocky-9/2026-11-22T191627Z: ok")]
    [TestCase("joins", "builds/rocky-9/2026-11-22T191627Z: ok")]
    [TestCase("allowed_signers", "builds/rocky-9/2026-11-22T191627Z: unknown-signer")]
    public void What_cannot_be_read_is_named_and_the_rest_is_judged(string place, string rest)
    {
        using var records = new TestRecords();
        records.Publish();
        records.Publish(template: "ubuntu-24.04");
        Directory.CreateDirectory(Path.Combine(records.Root.Path, "joins"));
        var lines = Denied(records, place, "verify");
        Assert.That(lines, Does.Contain($"{place}: unreadable"));
        Assert.That(lines, rest.Length > 0 ? Does.Contain(rest) : Has.Length.GreaterThan(0));
        if (place.StartsWith("builds", StringComparison.Ordinal))
        {
            Assert.That(Denied(records, place, "verify", "rocky-9"), Is.EqualTo(new[] { $"{place}: unreadable" }));
        }
    }

    [Test]
    public void A_latest_that_cannot_be_read_is_named()
    {
        using var records = new TestRecords();
        var latest = Tampering.Latest(records.Publish().Path);
        File.Delete(latest);
        File.WriteAllText(latest, LatestPointer.TextContent(TestRecords.Start));
        Assert.That(Denied(records, "builds/rocky-9/latest", "verify"), Does.Contain("builds/rocky-9/latest: unreadable"));
        Assert.That(Denied(records, "builds/rocky-9/latest", "record", latest), Is.EqualTo(new[] { "builds/rocky-9/latest: unreadable" }));
    }

    [TestCase("builds")]
    [TestCase("builds/rocky-9")]
    [TestCase("joins")]
    public void No_index_is_written_that_leaves_out_what_could_not_be_read(string place)
    {
        using var records = new TestRecords();
        records.Publish();
        Directory.CreateDirectory(Path.Combine(records.Root.Path, "joins"));
        var before = File.ReadAllText(records.Root.Index);
        Assert.That(Denied(records, place, "publish").Single(), Does.Contain("cannot be").And.Contain(Path.Combine(records.Root.Path, place)));
        Assert.That(File.ReadAllText(records.Root.Index), Is.EqualTo(before));
    }

    [Test]
    public void Allowed_signers_as_a_link_are_named_and_the_rest_is_judged()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var elsewhere = Path.Combine(records.Folder, "elsewhere");
        File.Move(records.Root.AllowedSigners, elsewhere);
        foreach (var target in (string[])[elsewhere, "nowhere"])
        {
            File.Delete(records.Root.AllowedSigners);
            File.CreateSymbolicLink(records.Root.AllowedSigners, target);
            Assert.That(records.Findings(), Is.EquivalentTo(new[] { "allowed_signers: link-not-allowed", $"builds/rocky-9/{made.Stamp}: unknown-signer" }));
            Assert.That(records.Verify(o => o with { RecordPath = made.Path }).Select(v => v.Path), Is.EqualTo(new[] { "allowed_signers", $"builds/rocky-9/{made.Stamp}" }));
        }
    }

    [Test]
    public void Allowed_signers_that_the_user_names_may_be_a_link()
    {
        using var records = new TestRecords();
        records.Publish();
        var own = Path.Combine(records.Folder, "own");
        File.Copy(records.Root.AllowedSigners, own);
        File.CreateSymbolicLink(own + "-link", own);
        File.CreateSymbolicLink(own + "-second", own + "-link");
        Assert.That(records.Said(o => o with { AllowedSigners = own + "-second" }), Is.Empty);
        File.WriteAllText(own, "# nobody\n");
        Assert.That(records.Said(o => o with { AllowedSigners = own + "-second" }), Has.Some.Contains("unknown-signer"));
    }

    [TestCase("record", "unexpected-file")]
    [TestCase("template", "unexpected-file", "unexpected-folder")]
    [TestCase("builds", "unexpected-file", "unexpected-folder")]
    public void A_name_that_is_no_UTF_8_is_no_link(string place, params string[] findings)
    {
        using var records = new TestRecords();
        var made = records.Publish();
        TestRecords.Unlock(records.Root.Path);
        var folder = place switch { "record" => made.Path, "template" => Path.GetDirectoryName(made.Path)!, _ => Path.Combine(records.Root.Path, "builds") };
        Assert.That(Shell.Run("touch \"$(printf '\\377\\376')\" && mkdir \"$(printf '\\376\\377')\"", folder).Code, Is.Zero);
        try
        {
            Assert.That(records.Verify().SelectMany(v => v.Findings).Select(f => f.Name).Distinct(), Is.EquivalentTo(findings));
        }
        finally
        {
            _ = Shell.Run("rm \"$(printf '\\377\\376')\"; rmdir \"$(printf '\\376\\377')\"", folder);
        }
    }

    [Test]
    public void Allowed_signers_that_are_too_long_are_named_by_verify_and_nothing_is_sealed_or_added()
    {
        using var records = new TestRecords();
        var made = records.Publish();
        var path = records.Root.AllowedSigners;
        var line = File.ReadAllText(path);
        var text = string.Concat(Enumerable.Repeat("# a comment\n", 100_000)) + line;
        File.WriteAllText(path, text);
        Assert.That(records.Said(), Has.Some.EqualTo("allowed_signers: unreadable: : it has more than 1048576 bytes: no signature counts"));
        Assert.That(records.Findings(), Does.Contain($"builds/rocky-9/{made.Stamp}: unknown-signer"));
        Assert.That(
            Assert.Throws<FailureException>(() => records.Verify(o => o with { AllowedSigners = path }))!.Message,
            Is.EqualTo($"The allowed signers {path} cannot be read: it has more than 1048576 bytes."));
        foreach (var act in (Action[])[() => records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment), () => records.Seal(), () => Publication.PublishAll(records.Root)])
        {
            Assert.That(
                Assert.Throws<FailureException>(() => act())!.Message,
                Is.EqualTo($"The allowed signers {path} cannot be read: it has more than 1048576 bytes. Correct that file, or restore it from version control."));
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(text));
        File.WriteAllText(path, string.Concat(Enumerable.Repeat("#\n", 1024 * 512)));
        foreach (var act in (Action[])[() => records.Store.RequireSealable("rocky-9", TestRecords.Start.Moment), () => records.Seal()])
        {
            Assert.That(Assert.Throws<FailureException>(() => act())!.Message, Does.StartWith($"The line of {records.Signer.Name} cannot be added to {path}: "));
        }

        File.WriteAllText(path, line);
        Assert.That(records.Findings(), Is.Empty);
    }

    /// <summary>What a user who is not root is told while a file or folder cannot be read.</summary>
    private static string[] Denied(TestRecords records, string place, params string[] arguments)
    {
        var path = Path.GetFullPath(Path.Combine(records.Root.Path, place));
        var before = File.GetUnixFileMode(path);
        File.SetUnixFileMode(path, UnixFileMode.None);
        try
        {
            return Unprivileged.Run([records.Folder, .. arguments]);
        }
        finally
        {
            File.SetUnixFileMode(path, before);
        }
    }
}
