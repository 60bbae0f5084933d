namespace Build.Ci;

/// <summary>The CI systems that this program speaks to.</summary>
internal enum CiPlatform
{
    /// <summary>None of them: a terminal, or another system.</summary>
    None,

    /// <summary>GitHub Actions.</summary>
    GitHub,

    /// <summary>GitLab CI/CD.</summary>
    GitLab,

    /// <summary>Azure Pipelines.</summary>
    Azure,

    /// <summary>Jenkins.</summary>
    Jenkins,

    /// <summary>TeamCity.</summary>
    TeamCity,
}

/// <summary>Recognizes a CI system by the variables that it gives every job.</summary>
internal static class CiPlatforms
{
    /// <summary>The system that the environment tells of.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    public static CiPlatform Of(Func<string, string?> variable)
    {
        bool IsTrue(string name) => string.Equals(variable(name), "true", StringComparison.OrdinalIgnoreCase);
        bool IsThere(string name) => !string.IsNullOrWhiteSpace(variable(name));
        return IsTrue("GITHUB_ACTIONS") ? CiPlatform.GitHub
            : IsTrue("GITLAB_CI") ? CiPlatform.GitLab
            : IsTrue("TF_BUILD") ? CiPlatform.Azure
            : IsThere("TEAMCITY_VERSION") ? CiPlatform.TeamCity
            : IsThere("JENKINS_URL") ? CiPlatform.Jenkins
            : CiPlatform.None;
    }

    /// <summary>The folder of the checkout, to which paths in annotations are relative; null where the system does not say.</summary>
    public static string? Workspace(CiPlatform platform, Func<string, string?> variable) => platform switch
    {
        CiPlatform.GitHub => variable("GITHUB_WORKSPACE"),
        CiPlatform.GitLab => variable("CI_PROJECT_DIR"),
        CiPlatform.Azure => variable("BUILD_SOURCESDIRECTORY"),
        CiPlatform.Jenkins => variable("WORKSPACE"),
        _ => null,
    };
}
