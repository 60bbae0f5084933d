using Build.Ci;
using Build.Context;
using Build.Output;
using Build.Stages;
using Cake.Frosting;
using Foundation;

namespace Build.Tasks;

[TaskName(nameof(Verify))]
[TaskDescription("Checks every record: hashes, signatures, chain, README, latest and index.")]
public sealed class Verify : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        IReadOnlyList<Records.Verification.RecordVerdict> verdicts;
        try
        {
            verdicts = await RecordVerification.VerifyAsync(context.Settings, context.Interruption.Stop);
        }
        catch (OperationCanceledException) when (context.Interruption.Stop.IsCancellationRequested)
        {
            throw new FailureException(FailureKind.Interrupted, "Verify was interrupted", "not every record was checked", "Run it again");
        }

        VerdictTable.Print(verdicts, context.Settings.JsonOutput);
        context.Ci.Verified(verdicts.Select(v => new CheckResult("Verify", VerdictTable.Visible(v.Path), v.IsValid ? null : string.Join('\n', v.Findings.Select(f => VerdictTable.Visible($"{f.Name}: {f.Message}"))))));
        var failed = verdicts.Where(v => !v.IsValid).ToList();
        if (failed.Count > 0)
        {
            throw new FailureException(
                FailureKind.Verification, $"{failed.Count} of {verdicts.Count} checks failed",
                string.Join("; ", failed.Take(3).Select(v => VerdictTable.Visible($"{v.Path}: {v.Findings[0].Name}"))) + (failed.Count > 3 ? "; …" : ""),
                "Compare with the records in version control before you trust them");
        }
    }
}
