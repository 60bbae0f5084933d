namespace EndToEnd.Tests;

/// <summary>Trust in a server's certificate is given by a person, kept, and ends when the certificate changes.</summary>
internal sealed class ClusterTrustTests
{
    private static string Error(RunResult result) => result.Error.Split('\n').FirstOrDefault(l => l.StartsWith("Error:", StringComparison.Ordinal)) ?? "";

    [Test]
    public async Task A_certificate_that_nobody_vouches_for_is_shown_and_accepted_by_its_fingerprint_alone()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        cluster.Bench.Set("PROXMOX_USERNAME", "root@pam").Set("PROXMOX_PASSWORD", cluster.Password);
        var unknown = cluster.Bench.Run("--target=Init", $"--proxmox-url={cluster.Url}");
        Assert.That(unknown.ExitCode, Is.EqualTo(3), unknown.All);
        Assert.That(Error(unknown), Does.Contain(cluster.Fingerprint));
        var other = cluster.Bench.Run("--target=Init", $"--proxmox-url={cluster.Url}", "--trust-fingerprint=" + new string('0', 64));
        Assert.That(other.ExitCode, Is.EqualTo(3), other.All);
        Assert.That(Error(other), Does.Contain(cluster.Fingerprint).And.Contain(new string('0', 64)));
        Assert.That(File.Exists(cluster.CertificateFile), Is.False);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        Assert.That(File.ReadAllText(cluster.CertificateFile), Is.EqualTo(File.ReadAllText((string)cluster.Facts["certificate_file"]!)));
    }

    [Test]
    public async Task A_certificate_may_be_given_as_its_text_and_Init_keeps_it()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        cluster.Bench.Set("PROXMOX_USERNAME", "root@pam").Set("PROXMOX_PASSWORD", cluster.Password)
            .Set("PROXMOX_CERTIFICATE", File.ReadAllText((string)cluster.Facts["certificate_file"]!));
        var init = cluster.Bench.Run("--target=Init", $"--proxmox-url={cluster.Url}");
        Assert.That(init.ExitCode, Is.Zero, init.All);
        cluster.Bench.Set("PROXMOX_USERNAME", null).Set("PROXMOX_PASSWORD", null).Set("PROXMOX_CERTIFICATE", null);
        var kept = cluster.Bench.Run("--target=Init");
        Assert.That(kept.ExitCode, Is.Zero, kept.All);
        Assert.That(cluster.Env()["PROXMOX_CERTIFICATE"], Does.EndWith("proxmox-given.pem"));
    }

    [Test]
    public async Task A_changed_certificate_stops_everything_with_both_fingerprints_until_it_is_accepted()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        Assert.That(cluster.Init().ExitCode, Is.Zero);
        // A node makes a new certificate at each start: this one is another node's.
        await using var other = await ClusterBench.StartAsync(Packers.All[0]);
        File.Copy((string)other.Facts["certificate_file"]!, cluster.CertificateFile, overwrite: true);
        foreach (var result in new[] { cluster.Bench.Run("--target=Init"), cluster.Build("rocky-9") })
        {
            Assert.That(result.ExitCode, Is.Not.Zero, result.All);
            Assert.That(Error(result), Does.Contain("has changed").And.Contain(cluster.Fingerprint).And.Contain(other.Fingerprint));
        }

        Assert.That(await cluster.VmidsAsync(), Is.Empty);
        Assert.That(cluster.Bench.Run("--target=Init", $"--trust-fingerprint={cluster.Fingerprint}").ExitCode, Is.Zero);
    }

    [Test]
    public async Task Checks_that_are_switched_off_warn_each_time_and_the_record_says_so()
    {
        await using var cluster = await ClusterBench.StartAsync(Packers.All[0]);
        cluster.Bench.Set("PROXMOX_INSECURE", "true");
        var result = cluster.Init();
        Assert.That(result.Output + result.Error, Does.Contain("certificate is not checked"), result.All);
        cluster.Bench.Set("PROXMOX_INSECURE", null);
        var build = cluster.Build("rocky-9");
        Assert.That(build.ExitCode, Is.Zero, build.All);
        Assert.That(build.Output + build.Error, Does.Contain("certificate is not checked"), "the env file keeps it");
        Assert.That((bool?)Workbench.RunJson(cluster.Records("builds/rocky-9").Single())["proxmox"]!["insecure"], Is.True);
    }
}
