using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.IO;

namespace Cake.Frosting.Internal;

/// <summary>Cake's configuration: the build's own settings, the environment, <c>cake.config</c>, the command line; the later ones win.</summary>
/// <remarks>Made on first use, after the host has set the working directory in which <c>cake.config</c> is looked for.</remarks>
internal sealed class FrostingConfiguration : ICakeConfiguration
{
    private readonly ICakeConfiguration _configuration;

    public FrostingConfiguration(
        IEnumerable<FrostingConfigurationValue> values,
        IFileSystem fileSystem,
        ICakeEnvironment environment,
        ICakeArguments arguments)
    {
        var own = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var value in values)
        {
            own[value.Key] = value.Value;
        }

        var commandLine = arguments.GetArguments()
            .ToDictionary(argument => argument.Key, argument => argument.Value?.FirstOrDefault() ?? string.Empty);
        _configuration = new CakeConfigurationProvider(fileSystem, environment)
            .CreateConfiguration(environment.WorkingDirectory, own, commandLine);
    }

    public string GetValue(string key) => _configuration.GetValue(key);
}
