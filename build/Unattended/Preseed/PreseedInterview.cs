namespace Unattended.Preseed;

/// <summary>The questions that the installer would ask somebody, each a finding and a phrase of the plan.</summary>
/// <param name="answers">What it knows already.</param>
/// <param name="boot">What the boot line says, or null when it is not known.</param>
/// <param name="debian">Whether it is Debian's installer; of Ubuntu's, which has other defaults, nothing can be said for sure.</param>
/// <param name="findings">Where a question is written down.</param>
internal sealed class PreseedInterview(PreseedAnswers answers, PreseedBoot? boot, bool debian, FindingList findings)
{
    private readonly List<string> asked = [];

    /// <summary>The titles of what would be asked.</summary>
    internal IReadOnlyList<string> Asked => asked;

    /// <summary>A question that is always asked unless it is answered.</summary>
    internal void Critical(string title, string question, string example) => Ask(title, question, example, debian);

    /// <summary>A question like that, which a boot line that is not known answers as often as a file.</summary>
    internal void CriticalOrBoot(string title, string question, string example) => Ask(title, question, example, debian && boot is not null);

    /// <summary>A question that is asked unless it is answered or the priority is critical.</summary>
    internal void High(string title, string question, string example)
    {
        if (boot is { Critical: false })
        {
            Ask(title, question, example, debian);
        }
    }

    /// <summary>Something that the installer shows and waits for, whatever the priority is.</summary>
    internal void Stop(string title, int line, string why) => Stop(title, line, why, debian);

    /// <summary>The same, where the rule may not be sure.</summary>
    internal void Stop(string title, int line, string why, bool sure)
    {
        if (boot is { Noninteractive: true })
        {
            findings.Warn("preseed-question", line, $"{why}: the boot line lets the installer ask nothing, so that it goes on with what it has at \"{title}\"");
            return;
        }

        if (sure)
        {
            asked.Add(title);
        }

        findings.Judge(sure, "preseed-question", line, $"{why}: the installer stops at \"{title}\" and waits for somebody to answer");
    }

    private void Ask(string title, string question, string example, bool sure)
    {
        if (!answers.Has(question))
        {
            Stop(title, 0, $"nothing answers {question} ({example})", sure);
        }
    }
}
