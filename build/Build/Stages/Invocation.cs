using Foundation;
using Records.Model;

namespace Build.Stages;

/// <summary>
/// Who started the run and where, from what CI platforms tell their jobs: GitHub Actions ("Default environment
/// variables"), GitLab ("Predefined CI/CD variables"), Azure Pipelines ("Use predefined variables"), Jenkins ("Using
/// environment variables"). What is no address on the web is left out, and credentials in one are.
/// </summary>
internal static class Invocation
{
    /// <summary>Reads the environment.</summary>
    /// <param name="variable">Reads one variable.</param>
    /// <param name="user">The user that this program runs as.</param>
    public static InvocationFacts Of(Func<string, string?> variable, string user)
    {
        string? Value(string name) => variable(name) is { } value && value.Trim().Length > 0 ? value.Trim() : null;
        bool IsSet(string name) => string.Equals(Value(name), "true", StringComparison.OrdinalIgnoreCase);
        var facts = IsSet("GITHUB_ACTIONS") ? GitHub(Value)
            : IsSet("GITLAB_CI") ? GitLab(Value)
            : IsSet("TF_BUILD") ? Azure(Value)
            : Value("JENKINS_URL") is not null ? Jenkins(Value)
            : new InvocationFacts();
        return facts with { User = user, Url = Address(facts.Url), Builder = Address(facts.Builder), Repository = Repository(facts.Repository) };
    }

    private static InvocationFacts GitHub(Func<string, string?> value)
    {
        var server = (value("GITHUB_SERVER_URL") ?? "https://github.com").TrimEnd('/');
        var repository = value("GITHUB_REPOSITORY");
        var attempt = value("GITHUB_RUN_ATTEMPT") is { } number ? $"/attempts/{number}" : "";
        return new()
        {
            Ci = "github",
            Builder = value("GITHUB_WORKFLOW_REF") is { } workflow ? $"{server}/{workflow}" : null,
            Url = repository is not null && value("GITHUB_RUN_ID") is { } run ? $"{server}/{repository}/actions/runs/{run}{attempt}" : null,
            Actor = value("GITHUB_TRIGGERING_ACTOR") ?? value("GITHUB_ACTOR"),
            Repository = repository is null ? null : $"{server}/{repository}",
            Job = value("GITHUB_JOB"),
        };
    }

    private static InvocationFacts GitLab(Func<string, string?> value) => new()
    {
        Ci = "gitlab",
        Builder = value("CI_PROJECT_URL") is { } project && value("CI_RUNNER_ID") is { } runner ? $"{project}/-/runners/{runner}" : value("CI_PROJECT_URL"),
        Url = value("CI_JOB_URL") ?? value("CI_PIPELINE_URL"),
        Actor = value("GITLAB_USER_LOGIN"),
        Repository = value("CI_PROJECT_URL") ?? value("CI_PROJECT_PATH"),
        Job = value("CI_JOB_NAME"),
    };

    private static InvocationFacts Azure(Func<string, string?> value)
    {
        var project = (value("SYSTEM_COLLECTIONURI") ?? value("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")) is { } collection && value("SYSTEM_TEAMPROJECT") is { } name
            ? $"{collection.TrimEnd('/')}/{Uri.EscapeDataString(name)}"
            : null;
        return new()
        {
            Ci = "azure",
            Builder = project is not null && value("SYSTEM_DEFINITIONID") is { } definition ? $"{project}/_build?definitionId={definition}" : null,
            Url = project is not null && value("BUILD_BUILDID") is { } build ? $"{project}/_build/results?buildId={build}" : null,
            Actor = value("BUILD_REQUESTEDFOR"),
            Repository = value("BUILD_REPOSITORY_URI") ?? value("BUILD_REPOSITORY_NAME"),
            Job = value("SYSTEM_JOBDISPLAYNAME") ?? value("AGENT_JOBNAME"),
        };
    }

    private static InvocationFacts Jenkins(Func<string, string?> value) => new()
    {
        Ci = "jenkins",
        Builder = value("JOB_URL") ?? value("JENKINS_URL"),
        Url = value("BUILD_URL"),
        Actor = value("BUILD_USER_ID") ?? value("BUILD_USER") ?? value("CHANGE_AUTHOR"),
        Repository = value("GIT_URL"),
        Job = value("JOB_NAME"),
    };

    /// <summary>An address on the web without credentials; null when it is none. The provenance must have URIs.</summary>
    private static string? Address(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped)
            : null;

    private static string? Repository(string? text) => text is not null && (text.Contains("://", StringComparison.Ordinal) || text.Contains('@'))
        ? GitState.WithoutCredentials(text)
        : text;
}
