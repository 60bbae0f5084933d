using Foundation;

namespace Build;

/// <summary>Finds the repository that the program works in.</summary>
internal static class RepositoryRoot
{
    /// <summary>Set by build.sh and build.ps1, which lie in the root.</summary>
    private const string Variable = "BUILD_RECORDS_ROOT";

    /// <summary>The root, as a full path.</summary>
    /// <exception cref="FailureException">Usage: the program was started outside of the repository.</exception>
    public static string Find(Func<string, string?> variable, string workingDirectory)
    {
        if (variable(Variable) is { Length: > 0 } root)
        {
            return Path.GetFullPath(root);
        }

        for (var folder = new DirectoryInfo(workingDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "infra", "packer")))
            {
                return folder.FullName;
            }
        }

        throw new FailureException(FailureKind.Usage, $"No repository was found at or above {workingDirectory}", "there is no infra/packer", "Start the program with ./build.sh");
    }
}
