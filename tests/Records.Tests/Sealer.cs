using System.Globalization;
using Foundation;
using Records.Sealing;
using Records.Signing;
using Records.Verification;

namespace Records.Tests;

/// <summary>
/// The program that tests start to be killed, or to have other rights than the tests: seals and publishes records.
/// Arguments: the test's folder, the template, how many; or the folder and what else to do.
/// </summary>
internal static class Sealer
{
    public const string Signer = "reviewer@example.net";

    public static int Main(string[] args)
    {
        var folder = args[0];
        using var signer = SigningKeyFile.Open(null, Path.Combine(folder, "runtime"), Signer);
        using var records = new TestRecords(folder, signer);
        try
        {
            switch (args[1..])
            {
                case ["verify"]:
                    return Tell(records.Verify());
                case ["verify", var template]:
                    return Tell(records.Verify(o => o with { Template = template }));
                case ["record", var path]:
                    return Tell(records.Verify(o => o with { RecordPath = path }));
                case ["publish"]:
                    Publication.PublishAll(records.Root, signer);
                    return 0;
                case ["destroy", var chain, var vmid]:
                    var now = UtcStamp.From(TestRecords.Start.Moment.AddDays(1));
                    var by = new DestructionBy("https://pve1.example.net:8006", "CHAIN-20261201T075500Z-rocky-9", "builder", "ci");
                    Destruction.Begin(records.Root, signer, "rocky-9", by, [new DoomedBuild(chain, int.Parse(vmid, CultureInfo.InvariantCulture), "pve1", "rocky-9-old")], now)
                        .Complete(new Dictionary<int, string>(), now.Moment);
                    return 0;
                case ["sealable", var template]:
                    records.Store.RequireSealable(template, TestRecords.Start.Moment);
                    return 0;
            }

            var count = int.Parse(args[2], CultureInfo.InvariantCulture);

            // First of all, as every run does.
            Publication.RecoverInterrupted(records.Root);
            for (var i = 0; i < count; i++)
            {
                var log = Path.Combine(folder, "runtime", $"{Environment.ProcessId}-{i}.log");
                File.WriteAllText(log, $"record {i} of process {Environment.ProcessId}\n");
                var text = File.ReadAllBytes(log);
                records.Store.PublishLatest(records.Store.Seal(
                    records.Build(args[1]), TestRecords.Start,
                    new(log, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(text)), text.Length), records.Attachments()));
            }

            return 0;
        }
        catch (FailureException e)
        {
            Console.Error.WriteLine(e.Message);
            return (int)e.Kind;
        }
    }

    private static int Tell(IReadOnlyList<RecordVerdict> verdicts)
    {
        foreach (var verdict in verdicts)
        {
            Console.WriteLine(verdict.IsValid ? $"{verdict.Path}: ok" : string.Join('\n', verdict.Findings.Select(f => $"{verdict.Path}: {f.Name}")));
        }

        return 0;
    }
}
