namespace Unattended.Preseed;

/// <summary>The questions that the installer would ask somebody, each a finding and a phrase of the plan.</summary>
/// <param name="answers">What it knows already.</param>
/// <param name="critical">Whether it asks only what has no sensible default (<c>priority=critical</c>).</param>
/// <param name="findings">Where a question is written down.</param>
internal sealed class PreseedInterview(PreseedAnswers answers, bool critical, FindingList findings)
{
    private readonly List<string> asked = [];

    /// <summary>The titles of what would be asked.</summary>
    internal IReadOnlyList<string> Asked => asked;

    /// <summary>A question that is always asked unless it is answered.</summary>
    internal void Critical(string title, string question, string example) => Ask(title, question, example);

    /// <summary>A question that is asked unless it is answered or the priority is critical.</summary>
    internal void High(string title, string question, string example)
    {
        if (!critical)
        {
            Ask(title, question, example);
        }
    }

    /// <summary>Something that the installer shows and waits for, whatever the priority is.</summary>
    internal void Stop(string title, int line, string why)
    {
        asked.Add(title);
        findings.Error("preseed-question", line, $"{why}: the installer stops at \"{title}\" and waits for somebody to answer");
    }

    private void Ask(string title, string question, string example)
    {
        if (!answers.Has(question))
        {
            Stop(title, 0, $"nothing answers {question} ({example})");
        }
    }
}
