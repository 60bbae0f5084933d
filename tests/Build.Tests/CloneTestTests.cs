using Build.Stages;
using Newtonsoft.Json.Linq;
using Templates;

namespace Build.Tests;

/// <summary>What is sent to a clone to be sought in it: secrets only where nobody can take the clone's place.</summary>
internal sealed class CloneTestTests
{
    private const string Key = "ecdsa-sha2-nistp256 AAAAkey build@here";

    private static Template With(params string[] secret)
    {
        var vars = new JObject { ["release"] = "9", ["token"] = "first line of it\nsecond line of it" };
        return new Template { Vars = vars, SecretVars = secret };
    }

    [Test]
    public void On_this_machine_secrets_and_the_build_s_key_are_sought() =>
        Assert.That(CloneTest.Sought(With("token"), Key, isHere: true), Is.EqualTo(((string[])["first line of it", "second line of it", "AAAAkey"], true)));

    [Test]
    public void To_a_clone_of_a_cluster_no_secret_is_sent_and_finding_nothing_says_nothing() =>
        Assert.That(CloneTest.Sought(With("token"), Key, isHere: false), Is.EqualTo(((string[])["AAAAkey"], false)));

    [Test]
    public void Where_nothing_is_secret_the_key_alone_is_all() =>
        Assert.That(CloneTest.Sought(With(), Key, isHere: false), Is.EqualTo(((string[])["AAAAkey"], true)));
}
