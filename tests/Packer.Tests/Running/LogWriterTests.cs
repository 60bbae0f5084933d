using Packer.Running;

namespace Packer.Tests.Running;

public sealed class LogWriterTests
{
    [Test]
    [Platform("Linux")]
    public void A_log_that_is_begun_anew_leaves_the_sealed_one_as_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("log-test-").FullName;
        try
        {
            var (log, sealedLog) = (Path.Combine(folder, "packer.log"), Path.Combine(folder, "sealed.log"));
            File.WriteAllText(log, "first");
            System.Diagnostics.Process.Start("ln", [log, sealedLog]).WaitForExit();
            using (var writer = new LogWriter(log))
            {
                writer.Append("second"u8);
                writer.Complete();
            }

            Assert.That((File.ReadAllText(log), File.ReadAllText(sealedLog)), Is.EqualTo(("second", "first")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
