using Build.Ci;

namespace Build.Tests.Ci;

internal sealed class CiPlatformsTests
{
    [TestCase("GITHUB_ACTIONS", "true", "GitHub")]
    [TestCase("GITLAB_CI", "true", "GitLab")]
    [TestCase("TF_BUILD", "True", "Azure")]
    [TestCase("TEAMCITY_VERSION", "2026.1", "TeamCity")]
    [TestCase("JENKINS_URL", "https://jenkins.example.net/", "Jenkins")]
    [TestCase("CI", "true", "None")]
    [TestCase("GITHUB_ACTIONS", "false", "None")]
    [TestCase("JENKINS_URL", "", "None")]
    public void A_system_is_recognized_by_the_variable_that_it_gives_every_job(string name, string value, string platform) =>
        Assert.That(CiPlatforms.Of(n => n == name ? value : null).ToString(), Is.EqualTo(platform));
}
