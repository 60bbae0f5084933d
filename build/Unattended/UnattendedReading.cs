namespace Unattended;

/// <summary>What reading an unattended file gave.</summary>
/// <param name="Plan">The system that it leads to, or null when the installer would refuse the file as a whole.</param>
/// <param name="Findings">What its author should know, in the order of the lines.</param>
public sealed record UnattendedReading(UnattendedPlan? Plan, IReadOnlyList<Finding> Findings)
{
    /// <summary>The findings with which the installation cannot succeed.</summary>
    public IEnumerable<Finding> Errors => Findings.Where(f => f.IsError);

    /// <summary>Whether the installation would run to its end without a question.</summary>
    public bool Installs => Plan is not null && !Errors.Any();

    /// <summary>
    /// What the rest of the build would miss in the installed system; nothing when there will be none
    /// (<see cref="Plan"/> is null), because the findings say why.
    /// </summary>
    /// <param name="expectations">What the build relies on.</param>
    /// <param name="fileName">The file's name, for the findings.</param>
    public IReadOnlyList<Finding> Check(UnattendedExpectations expectations, string fileName) =>
        Plan is null ? [] : ExpectationCheck.Check(Plan, expectations, fileName);
}
