using System.Collections;
using Packer.Staging;

namespace Packer.Running;

/// <summary>
/// Packer's environment: the program's own without what would change the build behind the record's back, and what
/// the workspace needs. Secrets reach Packer in here and never on its command line.
/// </summary>
internal static class PackerEnvironment
{
    private static readonly string[] Dropped = ["PACKER_LOG", "PACKER_LOG_PATH", "PACKER_WRAP_COOKIE", "PKR_VAR_", "PROXMOX_", "RECORD_SIGNING_KEY"];

    /// <summary>The whole environment.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="log">Whether Packer writes its log to its error output.</param>
    public static Dictionary<string, string> For(Workspace workspace, bool log)
    {
        var environment = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (!Dropped.Any(d => name == d || (d.EndsWith('_') && name.StartsWith(d, StringComparison.OrdinalIgnoreCase))))
            {
                environment[name] = (string)entry.Value!;
            }
        }

        // Packer's temporary files hold its log unmasked, its cache the image of the assets.
        var temporary = workspace.Secrets.Folder("tmp");
        environment["TMPDIR"] = temporary;
        environment["TMP"] = temporary;
        environment["TEMP"] = temporary;
        environment["PACKER_CACHE_DIR"] = workspace.Secrets.Folder("cache");
        environment["CHECKPOINT_DISABLE"] = "1";
        environment["PACKER_NO_COLOR"] = "1";
        environment["PACKER_LOG"] = log ? "1" : "";
        foreach (var (name, value) in workspace.Environment)
        {
            environment[name] = value;
        }

        return environment;
    }
}
