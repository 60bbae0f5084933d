namespace Sandbox.Tests.Verdicts;

/// <summary>
/// The differences that are known: one a line, with the case (a <c>*</c> at its end stands for any rest), the version or
/// <c>*</c>, and the reason, separated by tabs.
/// </summary>
internal sealed class KnownDifferences
{
    private readonly List<(string Id, string Version, string Reason)> lines;

    private KnownDifferences(List<(string Id, string Version, string Reason)> lines) => this.lines = lines;

    public static KnownDifferences Read(string file) => new(
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", file))
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split('\t'))
            .Select(p => p is [var id, var version, { Length: > 0 } reason] ? (id, version, reason) : throw new InvalidDataException($"{file}: '{string.Join('\t', p)}'")),
    ]);

    /// <summary>Fails when there are differences that nobody knows of, or when a known one has gone.</summary>
    public void Compare(string id, string version, IEnumerable<string> differences)
    {
        var found = differences.ToList();
        var known = lines.FirstOrDefault(l => (l.Version == "*" || l.Version == version) && (l.Id.EndsWith('*') ? id.StartsWith(l.Id[..^1], StringComparison.Ordinal) : l.Id == id));
        if (known.Id is null)
        {
            Assert.That(found, Is.Empty, string.Join('\n', found));
        }
        else if (found.Count == 0)
        {
            Assert.Fail($"It agrees now: take '{known.Id}' ({known.Reason}) off the list.");
        }
        else
        {
            TestContext.Out.WriteLine($"{known.Reason}: {string.Join('\n', found)}");
        }
    }
}
