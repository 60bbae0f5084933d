namespace Unattended;

/// <summary>The findings of one file while it is read.</summary>
internal sealed class FindingList(string file)
{
    // A hostile file could have one on each of a million lines; nobody reads more than the first few.
    private const int Most = 200;

    private readonly List<Finding> findings = [];

    /// <summary>Whether further findings are dropped, so that looking for them is of no use.</summary>
    internal bool IsFull => findings.Count >= Most;

    internal bool HasErrors => findings.Exists(f => f.IsError);

    /// <summary>Whether the installation itself completes with all errors so far.</summary>
    internal bool OnlyAfterInstallation => findings.TrueForAll(f => !f.IsError || f.AfterInstallation);

    internal void Error(string code, int line, string message, int column = 0) => Add(FindingSeverity.Error, code, message, line, column);

    /// <summary>Adds an error with which the installation completes, but leaves a system that is of no use.</summary>
    internal void Useless(string code, int line, string message, int column = 0) =>
        Add(FindingSeverity.Error, code, message, line, column, afterInstallation: true);

    /// <summary>Adds an error of that kind where the rule is sure, and otherwise a warning.</summary>
    internal void JudgeUseless(bool sure, string code, int line, string message, int column = 0) =>
        Add(sure ? FindingSeverity.Error : FindingSeverity.Warning, code, message, line, column, afterInstallation: sure);

    internal void Warn(string code, int line, string message, int column = 0) => Add(FindingSeverity.Warning, code, message, line, column);

    /// <summary>The findings in the order of the lines, those about the whole file last.</summary>
    internal IReadOnlyList<Finding> InOrder() => [.. findings.OrderBy(f => f.Line == 0 ? int.MaxValue : f.Line).ThenBy(f => f.Column)];

    /// <summary>Adds an error where the rule is sure, and otherwise a warning.</summary>
    internal void Judge(bool sure, string code, int line, string message, int column = 0)
    {
        if (sure)
        {
            Error(code, line, message, column);
        }
        else
        {
            Warn(code, line, message, column);
        }
    }

    private void Add(FindingSeverity severity, string code, string message, int line, int column, bool afterInstallation = false)
    {
        if (findings.Count < Most || (severity == FindingSeverity.Error && !HasErrors))
        {
            findings.Add(new Finding(severity, code, message, file, line, column) { AfterInstallation = afterInstallation });
        }
    }
}
