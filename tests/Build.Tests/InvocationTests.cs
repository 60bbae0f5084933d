using Build.Stages;
using Records.Model;

namespace Build.Tests;

/// <summary>Who started the run and where, by the variables that the platforms' own pages name.</summary>
public sealed class InvocationTests
{
    [Test]
    public void At_a_terminal_it_is_the_user() => Assert.That(Of(), Is.EqualTo(new InvocationFacts { User = "ops" }));

    [Test]
    public void GitHub_says_run_actor_repository_and_job() => Assert.That(
        Of(
            ("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", "https://github.example.net"), ("GITHUB_REPOSITORY", "octo/templates"), ("GITHUB_RUN_ID", "1658821493"),
            ("GITHUB_RUN_ATTEMPT", "3"), ("GITHUB_ACTOR", "octocat"), ("GITHUB_JOB", "build"), ("GITHUB_WORKFLOW_REF", "octo/templates/.github/workflows/t.yml@refs/heads/main")),
        Is.EqualTo(new InvocationFacts
        {
            Ci = "github", Url = "https://github.example.net/octo/templates/actions/runs/1658821493/attempts/3", Actor = "octocat", Repository = "https://github.example.net/octo/templates",
            Job = "build", Builder = "https://github.example.net/octo/templates/.github/workflows/t.yml@refs/heads/main", User = "ops",
        }));

    [Test]
    public void GitLab_says_run_actor_repository_and_job() => Assert.That(
        Of(
            ("GITLAB_CI", "true"), ("CI_PROJECT_URL", "https://gitlab.example.net/infra/templates"), ("CI_JOB_URL", "https://gitlab.example.net/infra/templates/-/jobs/7"),
            ("CI_PIPELINE_URL", "https://gitlab.example.net/infra/templates/-/pipelines/6"), ("GITLAB_USER_LOGIN", "jane"), ("CI_JOB_NAME", "build"), ("CI_RUNNER_ID", "9")),
        Is.EqualTo(new InvocationFacts
        {
            Ci = "gitlab", Url = "https://gitlab.example.net/infra/templates/-/jobs/7", Actor = "jane", Repository = "https://gitlab.example.net/infra/templates", Job = "build",
            Builder = "https://gitlab.example.net/infra/templates/-/runners/9", User = "ops",
        }));

    [Test]
    public void Azure_says_run_actor_repository_and_job() => Assert.That(
        Of(
            ("TF_BUILD", "True"), ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/org/"), ("SYSTEM_TEAMPROJECT", "golden templates"), ("BUILD_BUILDID", "41"), ("SYSTEM_DEFINITIONID", "5"),
            ("BUILD_REQUESTEDFOR", "Jane Doe"), ("BUILD_REPOSITORY_URI", "https://user:secret@dev.azure.com/org/p/_git/r"), ("SYSTEM_JOBDISPLAYNAME", "Build")),
        Is.EqualTo(new InvocationFacts
        {
            Ci = "azure", Url = "https://dev.azure.com/org/golden%20templates/_build/results?buildId=41", Actor = "Jane Doe", Repository = "https://dev.azure.com/org/p/_git/r", Job = "Build",
            Builder = "https://dev.azure.com/org/golden%20templates/_build?definitionId=5", User = "ops",
        }));

    [Test]
    public void Jenkins_says_run_actor_repository_and_job() => Assert.That(
        Of(
            ("JENKINS_URL", "https://ci.example.net/"), ("BUILD_URL", "https://ci.example.net/job/t/12/"), ("JOB_URL", "https://ci.example.net/job/t/"), ("JOB_NAME", "t"),
            ("BUILD_USER_ID", "jane"), ("GIT_URL", "git@git.example.net:infra/t.git")),
        Is.EqualTo(new InvocationFacts
        {
            Ci = "jenkins", Url = "https://ci.example.net/job/t/12/", Actor = "jane", Repository = "ssh://git@git.example.net/infra/t.git", Job = "t",
            Builder = "https://ci.example.net/job/t/", User = "ops",
        }));

    [TestCase("not an address")]
    [TestCase("javascript:alert(1)")]
    [TestCase("file:///etc/passwd")]
    [TestCase("   ")]
    public void What_is_no_address_on_the_web_is_left_out(string address) => Assert.That(
        Of(("JENKINS_URL", "https://ci.example.net/"), ("BUILD_URL", address)).Url, Is.Null);

    [TestCase("GITHUB_ACTIONS")]
    [TestCase("GITLAB_CI")]
    [TestCase("TF_BUILD")]
    public void A_platform_that_says_nothing_more_is_named_alone(string variable)
    {
        var facts = Of((variable, "true"));
        Assert.That(facts.Ci, Is.Not.Null);
        Assert.That((facts.Url, facts.Actor, facts.Job), Is.EqualTo(((string?)null, (string?)null, (string?)null)));
    }

    private static InvocationFacts Of(params (string Name, string Value)[] variables) =>
        Invocation.Of(name => variables.FirstOrDefault(v => v.Name == name).Value, "ops");
}
