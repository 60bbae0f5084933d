using CsCheck;

namespace Templates.Tests;

/// <summary>Medium, <c>os_version</c> and what the guest says of itself.</summary>
public sealed class SystemAgreementTests
{
    private static Template Template(string medium, string version, string system = "l26") =>
        new() { Iso = new IsoImage { File = medium }, OsVersion = version, Hardware = new Hardware { OsType = system } };

    [TestCase("Rocky-10.0-x86_64-minimal.iso", "9.6", false)]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "9.6", false)]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "9.8", true)]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "9", true)]
    [TestCase("Rocky-9-latest-x86_64-minimal.iso", "9.8", true)]
    [TestCase("AlmaLinux-10.2-x86_64-minimal.iso", "10.1", false)]
    [TestCase("CentOS-Stream-9-latest-x86_64-dvd1.iso", "10", false)]
    [TestCase("ubuntu-24.04.5-live-server-amd64.iso", "24.04", true)]
    [TestCase("ubuntu-24.04.5-live-server-amd64.iso", "22.04", false)]
    [TestCase("ubuntu-26.04.1-live-server-amd64.iso", "26.10", false)]
    [TestCase("debian-12.15.0-amd64-netinst.iso", "12", true)]
    [TestCase("debian-13.7.0-amd64-netinst.iso", "12", false)]
    [TestCase("windows-server-2022-eval.iso", "2022", true)]
    [TestCase("windows-server-2025-eval.iso", "2022", false)]
    [TestCase("26100.32230.260111-0550.lt_release_svc_refresh_SERVER_EVAL_x64FRE_en-us.iso", "2022", false)]
    [TestCase("17763.3650.221105-1748.rs5_release_svc_refresh_SERVER_EVAL_x64FRE_en-us.iso", "2019", true)]
    [TestCase("SERVER_EVAL_x64FRE_en-us.iso", "2019", true, Description = "the name tells no version")]
    [TestCase("own-system.iso", "7", true, Description = "the name tells nothing")]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "", true, Description = "nothing is said")]
    public void The_version_agrees_with_the_medium(string medium, string version, bool agrees)
    {
        var why = SystemAgreement.WithMedium(Template(medium, version));
        Assert.That(why, agrees ? Is.Null : Does.Contain($"os_version is {version}").And.Contain(medium));
    }

    [TestCase("rocky-9", "Rocky-10.0-x86_64-minimal.iso", "os-version", "os_version is 9.8, and the medium Rocky-10.0-x86_64-minimal.iso has 10.0")]
    [TestCase("ubuntu-24.04", "ubuntu-26.04.1-live-server-amd64.iso", "os-version", "26.04.1")]
    [TestCase("debian-12", "debian-13.7.0-amd64-netinst.iso", "os-version", "13.7.0")]
    [TestCase("windows-2022", "windows-server-2025-eval.iso", "os-version", "2025")]
    public void A_template_with_the_medium_of_another_release_is_not_valid(string id, string medium, string code, string word)
    {
        using var copy = new CatalogueCopy();
        copy.Change(id, t => t["iso"]!["file"] = medium);
        var finding = copy.Error(id, code);
        Assert.That(finding.Message, Does.Contain(word));
        Assert.That(File.ReadAllLines(copy.Document(id))[finding.Line - 1], Does.Contain("os_version"));
    }

    [Test]
    public void Package_sources_of_another_release_than_the_medium_s_are_found()
    {
        using var copy = new CatalogueCopy();
        copy.Change("rocky-9", t => (t["iso"]!["file"], t["os_version"]) = ("Rocky-10.0-x86_64-minimal.iso", "10.0"));
        Assert.That(copy.Error("rocky-9", "os-release").Message, Does.Contain("vars.release is 9").And.Contain("10.0"));
    }

    [TestCase("Rocky-9.8-x86_64-minimal.iso", "9.8", "rocky", "9.8", true)]
    [TestCase("Rocky-9.6-x86_64-minimal.iso", "9.6", "rocky", "9.8", true, Description = "it brought itself up to date")]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "9.8", "rocky", "9.6", false, Description = "older than its medium")]
    [TestCase("Rocky-9.6-x86_64-minimal.iso", "9.6", "rocky", "10.0", false)]
    [TestCase("Rocky-10.0-x86_64-minimal.iso", "10.0", "rocky", "9.9", false)]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "9.8", "almalinux", "9.8", false)]
    [TestCase("ubuntu-24.04.5-live-server-amd64.iso", "24.04", "ubuntu", "24.04", true)]
    [TestCase("ubuntu-24.04.5-live-server-amd64.iso", "24.04", "ubuntu", "24.10", false)]
    [TestCase("ubuntu-24.04.5-live-server-amd64.iso", "24.04", "debian", "12", false)]
    [TestCase("debian-12.15.0-amd64-netinst.iso", "12", "debian", "12", true)]
    [TestCase("debian-12.15.0-amd64-netinst.iso", "12", "debian", "13", false)]
    [TestCase("debian-12.15.0-amd64-netinst.iso", "", "debian", "13", false, Description = "the medium tells")]
    [TestCase("windows-server-2022-eval.iso", "2022", "mswindows", "2022", true)]
    [TestCase("windows-server-2022-eval.iso", "2022", "mswindows", "2025", false)]
    [TestCase("own-system.iso", "", "own", "7", true, Description = "nobody has said what it should be")]
    [TestCase("own-system.iso", "7.2", "own", "8", false)]
    [TestCase("Rocky-9.8-x86_64-minimal.iso", "9.8", "", "", true, Description = "the agent does not tell")]
    public void The_guest_is_the_system_that_was_asked_for(string medium, string version, string id, string says, bool agrees)
    {
        var why = SystemAgreement.WithGuest(Template(medium, version), id, says);
        Assert.That(why, agrees ? Is.Null : Does.Contain(medium).Or.Contain(version));
    }

    [Test]
    public void A_guest_is_newer_within_its_release_or_the_same_and_nothing_else() =>
        Gen.Select(Gen.Int[7, 12], Gen.Int[0, 10], Gen.Int[7, 12], Gen.Int[0, 10]).Sample((major, minor, guestMajor, guestMinor) =>
        {
            var why = SystemAgreement.WithGuest(Template($"Rocky-{major}.{minor}-x86_64-minimal.iso", $"{major}.{minor}"), "rocky", $"{guestMajor}.{guestMinor}");
            return why is null == (guestMajor == major && guestMinor >= minor);
        });
}
