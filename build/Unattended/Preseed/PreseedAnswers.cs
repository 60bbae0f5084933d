namespace Unattended.Preseed;

/// <summary>The answers that the installer has: those of the boot line, then those of the file; the last one counts.</summary>
internal sealed class PreseedAnswers
{
    private readonly Dictionary<string, PreseedEntry> last = [];
    private readonly HashSet<string> unseen = [];

    internal PreseedAnswers(PreseedBoot? boot, IEnumerable<PreseedEntry> entries)
    {
        foreach (var (question, value) in boot?.Answers ?? new Dictionary<string, string>())
        {
            last[question] = new PreseedEntry("d-i", question, "string", value, 0);
        }

        foreach (var entry in entries)
        {
            if (entry.Type != "seen")
            {
                last[entry.Question] = entry;
                unseen.Remove(entry.Question);
            }
            else if (entry.Value.Trim() == "false")
            {
                // A default that is asked all the same.
                unseen.Add(entry.Question);
            }
            else
            {
                unseen.Remove(entry.Question);
            }
        }
    }

    /// <summary>Whether a question is answered, so that it is not asked; an empty answer is one.</summary>
    internal bool Has(string question) => last.ContainsKey(question) && !unseen.Contains(question);

    /// <summary>The answer, or an empty text.</summary>
    internal string this[string question] => last.TryGetValue(question, out var entry) ? entry.Value : "";

    /// <summary>Whether a boolean is true; the default when there is no answer.</summary>
    internal bool IsTrue(string question, bool otherwise = false) => last.TryGetValue(question, out var entry) ? entry.Value.Trim() == "true" : otherwise;

    /// <summary>The line of the answer, or 0.</summary>
    internal int LineOf(string question) => last.TryGetValue(question, out var entry) ? entry.Line : 0;
}
