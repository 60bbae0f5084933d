using CsCheck;
using Foundation;
using Records.Verification;

namespace Records.Tests;

/// <summary>Every file, every folder and <c>latest</c>, changed in every way and at random places.</summary>
public sealed class TamperTests
{
    [TestCase(60)]
    [TestCase(3000, Category = "Long")]
    public void Whatever_is_done_to_a_file_is_found_by_its_name(int cases)
    {
        using var records = new TestRecords();
        var folders = Make(records);
        Assert.That(records.Findings(), Is.Empty, "untouched: none");
        var files = folders.SelectMany(f => Directory.EnumerateFiles(f)).Order(StringComparer.Ordinal).ToArray();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var operations = new[] { "flip", "truncate", "append", "delete", "swap", "rename" };
        var gen = Gen.Select(Gen.Int[0, files.Length - 1], Gen.Int[0, operations.Length - 1], Gen.Double[0, 0.999999], Gen.Byte);
        gen.Sample(
            (fileIndex, operationIndex, place, value) =>
            {
                var file = files[fileIndex];
                var operation = operations[operationIndex];
                var name = Path.GetFileName(file);
                var folder = Path.GetDirectoryName(file)!;
                var original = File.ReadAllBytes(file);
                var position = (int)(place * original.Length);
                switch (operation)
                {
                    case "flip":
                        original[position] ^= (byte)(1 << (value % 8));
                        File.WriteAllBytes(file, original);
                        original[position] ^= (byte)(1 << (value % 8));
                        break;
                    case "truncate":
                        File.WriteAllBytes(file, original[..position]);
                        break;
                    case "append":
                        File.WriteAllBytes(file, [.. original, value]);
                        break;
                    case "delete":
                        File.Delete(file);
                        break;
                    case "rename":
                        File.Move(file, file + "x");
                        break;
                    default:
                        var others = files.Where(f => f != file && Path.GetFileName(f) == name).ToArray();
                        File.Copy(others[value % others.Length], file, overwrite: true);
                        break;
                }

                var found = records.Findings();
                if (operation == "rename")
                {
                    File.Delete(file + "x");
                }

                File.WriteAllBytes(file, original);
                var record = Path.GetRelativePath(records.Root.Path, folder).Replace('\\', '/');
                var expected = Expected(name, operation);
                lock (counts)
                {
                    counts[expected] = counts.GetValueOrDefault(expected) + 1;
                }

                return found.Contains($"{record}: {expected}");
            },
            iter: cases, threads: 1);
        Assert.That(records.Findings(), Is.Empty, "put back: none");
        TestContext.Out.WriteLine($"{counts.Values.Sum()} cases: {string.Join(", ", counts.OrderBy(c => c.Key).Select(c => $"{c.Value} {c.Key}"))}");
    }

    [Test]
    public void Folders_that_are_renamed_copied_or_deleted_are_found()
    {
        using var records = new TestRecords();
        foreach (var folder in Make(records))
        {
            var parent = Path.GetDirectoryName(folder)!;
            var subject = Path.GetRelativePath(records.Root.Path, parent).Replace('\\', '/');
            var later = Directory.EnumerateDirectories(parent, "2*").Where(f => string.CompareOrdinal(f, folder) > 0).Order(StringComparer.Ordinal).FirstOrDefault();
            foreach (var name in new[] { "2020-01-01T000000Z", "2026-11-22T191628Z", "2030-01-01T000000Z" })
            {
                var other = Path.Combine(parent, name);
                Directory.Move(folder, other);
                Assert.That(records.Findings(), Does.Contain($"{subject}/{name}: {FindingName.TimestampMismatch}"), "renamed");
                Directory.Move(other, folder);
                Tampering.CopyFolder(folder, other);
                Assert.That(records.Findings(), Does.Contain($"{subject}/{name}: {FindingName.TimestampMismatch}"), "copied");
                Directory.Delete(other, recursive: true);
            }

            var away = Path.Combine(records.Folder, "away");
            Directory.Move(folder, away);
            Assert.That(records.Findings(), Does.Contain(later is not null
                ? $"{subject}/{Path.GetFileName(later)}: {FindingName.ChainBroken}"
                : $"README.md: {FindingName.IndexDisagrees}"), "deleted");
            if (later is null && subject != "init")
            {
                Assert.That(records.Findings(), Does.Contain($"{subject}/latest: {FindingName.LatestDangling}"));
            }

            Directory.Move(away, folder);
            Assert.That(records.Findings(), Is.Empty);
        }
    }

    [TestCase("2026-11-22T191627Z", FindingName.LatestPointsElsewhere)]
    [TestCase("../windows-2022/2026-11-22T191627Z", FindingName.LatestPointsElsewhere)]
    [TestCase("/etc", FindingName.LatestPointsElsewhere)]
    [TestCase(".", FindingName.LatestPointsElsewhere)]
    [TestCase("2026-11-22T191628Z", FindingName.LatestDangling)]
    public void Latest_that_is_moved_is_found(string target, string finding)
    {
        using var records = new TestRecords();
        var folder = Make(records)[0];
        Tampering.PointLatest(folder, target);
        Assert.That(records.Findings(), Is.EqualTo(new[] { $"builds/rocky-9/latest: {finding}" }));
    }

    [Test]
    public void Latest_may_be_a_text_file_as_we_or_git_write_it()
    {
        using var records = new TestRecords();
        var newest = records.Publish();
        var latest = Tampering.Latest(newest.Path);
        foreach (var text in new[] { $"{newest.Stamp}", Sealing.LatestPointer.TextContent(newest.Stamp) })
        {
            File.Delete(latest);
            File.WriteAllText(latest, text);
            Assert.That(records.Findings(), Is.Empty);
        }
    }

    [Test]
    public void One_record_alone_and_one_template_alone_can_be_verified()
    {
        using var records = new TestRecords();
        var folders = Make(records);
        Assert.That(records.Verify(o => o with { RecordPath = folders[1] }).Single().IsValid);
        Assert.That(records.Verify(o => o with { RecordPath = Tampering.Latest(folders[1]) }).Single().Path, Does.EndWith(Path.GetFileName(folders[2])));
        Assert.That(records.Verify(o => o with { Template = "rocky-9" }), Has.Count.EqualTo(3));
        File.AppendAllText(Path.Combine(folders[0], "SHA256SUMS"), "x");
        Assert.That(records.Verify(o => o with { RecordPath = folders[1] }).Single().Findings.Single().Name, Is.EqualTo(FindingName.ChainBroken));
        Assert.Throws<FailureException>(() => records.Verify(o => o with { RecordPath = records.Folder }));
        Assert.Throws<FailureException>(() => records.Verify(o => o with { Template = "../x" }));
    }

    private static string Expected(string file, string operation) => operation switch
    {
        "delete" or "rename" => FindingName.MissingFile,
        _ => file switch
        {
            "packer.log" or "init-packer.log" or "build.log" => FindingName.LogHashMismatch,
            "SHA256SUMS" or "SHA256SUMS.sig" => FindingName.BadSignature,
            _ => FindingName.FileHashMismatch,
        },
    };

    /// <summary>Three records of rocky-9, two of windows-2022 and two of init, each with its own log.</summary>
    private static string[] Make(TestRecords records)
    {
        var folders = new List<string>();
        foreach (var template in new[] { "rocky-9", "rocky-9", "rocky-9", "windows-2022", "windows-2022", "init", "init" })
        {
            var run = template == "init" ? records.Init() : records.Build(template);
            var stamp = UtcStamp.From(TestRecords.Start.Moment.AddMinutes(folders.Count(f => f.Contains(template, StringComparison.Ordinal))));
            var made = records.Seal(stamp, record: run, log: records.Log($"log {folders.Count}\n"), attachments: template == "init" ? null : records.Attachments($" {folders.Count}"));
            records.Store.PublishLatest(made);
            folders.Add(made.Path);
        }

        TestRecords.Unlock(records.Root.Path);
        return [.. folders];
    }
}
