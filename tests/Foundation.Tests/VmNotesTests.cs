using CsCheck;

namespace Foundation.Tests;

public sealed class VmNotesTests
{
    private static readonly UtcStamp Stamp = UtcStamp.From(new DateTimeOffset(2026, 11, 22, 19, 16, 27, TimeSpan.Zero));

    private readonly List<string> unreadable = [];
    private string root = "";

    private RuntimePaths Paths => new(root);

    private VmNotes Notes => new(Paths);

    [SetUp]
    public void MakeRoot()
    {
        unreadable.Clear();
        root = Directory.CreateTempSubdirectory("notes-").FullName;
    }

    [TearDown]
    public void DeleteRoot() => Directory.Delete(root, recursive: true);

    [Test]
    public void What_is_noted_is_told_as_it_was_until_it_is_removed() =>
        (from server in Gen.OneOf(Gen.Const(VmNote.Sandbox), Gen.Const("https://pve1.example.net:8006"), Gen.Const("https://[fd00::1]:8006"))
         from node in Gen.String[Gen.Char.AlphaNumeric, 1, 20]
         from vmid in Gen.Int[100, 999_999_999]
         from name in Gen.String[0, 30]
         from subject in Gen.OneOf(Gen.Const("rocky-9"), Gen.Const("a.b_c-d"))
         from kept in Gen.Bool
         select new VmNote(server, node, vmid, string.Concat(name.Where(c => !char.IsSurrogate(c))), new ChainId(Stamp, subject)) { Kept = kept })
        .Sample(
            note =>
            {
                Notes.Write(note);
                Assert.That(Notes.Left(unreadable.Add), Is.EqualTo(new[] { note }));
                Notes.Remove(note);
                Assert.That(Notes.Left(unreadable.Add), Is.Empty);
            },
            iter: 30, threads: 1);

    [Test]
    public void The_VM_of_a_run_that_is_still_at_work_is_not_left()
    {
        var note = new VmNote("https://pve1:8006", "pve1", 9100, "rocky-9-20261122t191627z", new ChainId(Stamp, "rocky-9"));
        Notes.Write(note);
        using (RunClaim.Take(Paths, Stamp))
        {
            Assert.That(Notes.Left(unreadable.Add), Is.Empty);
        }

        Assert.That(Notes.Left(unreadable.Add), Is.EqualTo(new[] { note }));
    }

    [TestCase(""), TestCase("{"), TestCase("[]"), TestCase("null"), TestCase("{}")]
    [TestCase("""{"server":"s","node":"n","vmid":"9100","name":"x"}"""), TestCase("""{"server":null,"node":"n","vmid":9100,"name":"x"}""")]
    [TestCase("""{"server":"s","node":"n","vmid":99999999999,"name":"x"}""")]
    public void A_note_that_cannot_be_read_is_named(string text)
    {
        var file = Path.Combine(Paths.VmNotes, $"{Stamp}-rocky-9.json");
        AtomicFile.Write(file, text);
        Assert.Multiple(() =>
        {
            Assert.That(Notes.Left(unreadable.Add), Is.Empty);
            Assert.That(unreadable, Is.EqualTo(new[] { file }));
        });
    }

    [Test]
    public void Other_files_are_nobody_s_notes()
    {
        AtomicFile.Write(Path.Combine(Paths.VmNotes, "notes.json"), "{}");
        AtomicFile.Write(Path.Combine(Paths.VmNotes, $"{Stamp}.json"), "{}");
        Assert.Multiple(() =>
        {
            Assert.That(Notes.Left(unreadable.Add), Is.Empty);
            Assert.That(unreadable, Is.Empty);
        });
    }

    [Test]
    public void Notes_of_the_sandbox_go_with_its_state_and_those_of_a_cluster_stay()
    {
        var real = new VmNote("https://pve1:8006", "pve1", 9100, "rocky-9-20261122t191627z", new ChainId(Stamp, "rocky-9"));
        Notes.Write(real);
        Notes.Write(real with { Server = VmNote.Sandbox });
        AtomicFile.Write(Path.Combine(Paths.SandboxState, "node.json"), "{}");
        new RuntimeCleanup(Paths).Run();
        Assert.That(Notes.Left(unreadable.Add), Is.EqualTo(new[] { real }));
    }
}
