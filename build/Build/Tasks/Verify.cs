using Build.Context;
using Build.Output;
using Cake.Frosting;
using Foundation;
using Records.Verification;

namespace Build.Tasks;

[TaskName(nameof(Verify))]
[TaskDescription("Checks every record: hashes, signatures, chain, README, latest and index.")]
public sealed class Verify : AsyncFrostingTask<BuildContext>
{
    public override async Task RunAsync(BuildContext context)
    {
        var failed = 0;
        var verdicts = await new RecordVerifier().VerifyAsync(context.Settings.VerifyOptions, context.Interruption.Stop);
        VerdictTable.Print(verdicts, context.Settings.JsonOutput);
        failed = verdicts.Count(v => !v.IsValid);
        if (failed > 0)
        {
            throw new FailureException(
                FailureKind.Verification, $"{failed} of {verdicts.Count} checks failed",
                string.Join("; ", verdicts.Where(v => !v.IsValid).Take(3).Select(v => $"{v.Path}: {v.Findings[0].Name}")),
                "Compare with the records in version control before you trust them");
        }
    }
}
