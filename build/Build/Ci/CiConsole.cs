using System.Collections;
using System.Globalization;
using Build.Output;
using Cake.Common.Build;
using Cake.Common.Build.AzurePipelines;
using Cake.Common.Build.GitHubActions;
using Cake.Common.Build.TeamCity;
using Cake.Core;
using Foundation;

namespace Build.Ci;

/// <summary>The console in a CI system: guarded against commands of others, and the way for the program's own.</summary>
internal sealed class CiConsole : IBuildSystemServiceMessageWriter
{
    private readonly CommandGuard output;
    private readonly CommandGuard error;

    private CiConsole(CiPlatform platform, CommandGuard output, CommandGuard error)
    {
        Platform = platform;
        this.output = output;
        this.error = error;
    }

    /// <summary>The CI system.</summary>
    public CiPlatform Platform { get; }

    // What is for a program alone on the standard output stays alone there; the systems read both streams.
    private CommandGuard Open => MachineOutput.IsReserved ? error : output;

    /// <summary>
    /// Guards the console where the environment tells of a CI system, also one that is not to be told anything: it takes
    /// commands all the same. Call it before anything is printed.
    /// </summary>
    /// <returns>The console; null where there is no such system.</returns>
    public static CiConsole? Guard(Func<string, string?> variable)
    {
        var platform = CiPlatforms.Of(variable);
        if (platform == CiPlatform.None)
        {
            return null;
        }

        var (output, error) = (new CommandGuard(Console.Out), new CommandGuard(Console.Error));
        Console.SetOut(output);
        Console.SetError(error);
        return new CiConsole(platform, output, error);
    }

    /// <summary>The report to this system.</summary>
    /// <param name="folder">Where its files are written.</param>
    /// <param name="root">The repository's root, for where the system does not say which folder its checkout is.</param>
    /// <param name="secrets">The secrets of the run; those that are added are masked by the system as well, where that is safe.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="time">The clock.</param>
    public CiReport Report(string folder, string root, SecretSet secrets, Func<string, string?> variable, TimeProvider time)
    {
        var provider = Provider(folder, time);
        if (JobOutput.IsReadByJob(MachineOutput.IsReserved ? 2 : 1))
        {
            secrets.OnAdded = secret => Mask(provider, secret);
        }

        var workspace = CiPlatforms.Workspace(Platform, variable) is { Length: > 0 } given ? Path.GetFullPath(given) : root;
        var checkout = root.StartsWith(workspace, StringComparison.Ordinal) ? workspace : root;
        return new CiReport(provider, folder, checkout, secrets, message => Console.Error.WriteLine($"Warning: The CI system could not be told: {message}"));
    }

    /// <inheritdoc/>
    void IBuildSystemServiceMessageWriter.Write(string format, params object[] args) =>
        Open.Command(args.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, args));

    private CiProvider Provider(string folder, TimeProvider time)
    {
        void Command(string line) => Open.Command(line);
        var environment = new CakeEnvironment(new CakePlatform(), new CakeRuntime());
        var files = new Cake.Core.IO.FileSystem();
        return Platform switch
        {
            CiPlatform.GitHub => new GitHubCi(new GitHubActionsProvider(environment, files, this)),
            CiPlatform.GitLab => new GitLabCi(folder, time, Command),
            CiPlatform.Azure => new AzureCi(new AzurePipelinesProvider(environment, this), Command),
            CiPlatform.TeamCity => new TeamCityCi(new TeamCityProvider(environment, files, this)),
            _ => new CiProvider(),
        };
    }

    // What the system has given the job it masks already, and printing it would only be a risk.
    private static void Mask(CiProvider provider, string secret)
    {
        var given = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Any(v => v.Value is string value && value.Contains(secret, StringComparison.Ordinal));
        if (!given)
        {
            provider.Mask(secret);
        }
    }
}
