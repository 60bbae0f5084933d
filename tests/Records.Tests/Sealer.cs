using System.Globalization;
using Foundation;
using Records.Sealing;
using Records.Signing;

namespace Records.Tests;

/// <summary>
/// The program that the crash and concurrency tests start: seals and publishes records. Arguments: the test's folder,
/// the template, how many.
/// </summary>
internal static class Sealer
{
    public const string Signer = "reviewer@example.net";

    public static int Main(string[] args)
    {
        var folder = args[0];
        using var signer = SigningKeyFile.Open(null, Path.Combine(folder, "runtime"), Signer);
        using var records = new TestRecords(folder, signer);
        var count = int.Parse(args[2], CultureInfo.InvariantCulture);
        try
        {
            // First of all, as every run does.
            Publication.RecoverInterrupted(records.Root);
            for (var i = 0; i < count; i++)
            {
                var log = Path.Combine(folder, "runtime", $"{Environment.ProcessId}-{i}.log");
                File.WriteAllText(log, $"record {i} of process {Environment.ProcessId}\n");
                var text = File.ReadAllBytes(log);
                records.Store.PublishLatest(records.Store.Seal(
                    records.Build(args[1]), TestRecords.Start,
                    new(log, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(text)), text.Length)));
            }

            return 0;
        }
        catch (FailureException e)
        {
            Console.Error.WriteLine(e.Message);
            return (int)e.Kind;
        }
    }
}
