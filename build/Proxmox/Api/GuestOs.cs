using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Proxmox.Api;

/// <summary>An operating system as its guest agent tells it; what it does not tell is empty.</summary>
/// <param name="Name">The name for people, such as <c>Rocky Linux 9.8 (Blue Onyx)</c>.</param>
/// <param name="Id">The id of <c>/etc/os-release</c>, or <c>mswindows</c>.</param>
/// <param name="Version">The version, such as <c>9.8</c>; the year of Windows Server.</param>
public sealed partial record GuestOs(string Name, string Id, string Version)
{
    /// <summary>Reads the answer of <c>get-osinfo</c>.</summary>
    internal static GuestOs Of(JObject result)
    {
        string Text(string name) => ((string?)result[name] ?? "").Trim();
        var name = Text("pretty-name") is { Length: > 0 } pretty ? pretty : Text("name");
        var id = Text("id");

        // An agent that is older than the Windows that it runs in knows no year (N/A), or takes the newest one that it knows:
        // the product's name in the registry does not depend on the agent.
        var year = id == "mswindows" ? Year().Match(name) : Match.Empty;
        var version = Text("version-id");

        // Windows 11 began with build 22000; an agent from before calls it 10, as its registry does.
        version = id == "mswindows" && version == "10" && int.TryParse(Text("kernel-release"), out var build) && build >= 22000 ? "11" : version;
        return new GuestOs(name, id, year.Success ? year.Value : version.Length > 0 && char.IsAsciiDigit(version[0]) ? version : "");
    }

    [GeneratedRegex(@"\b20\d\d\b")]
    private static partial Regex Year();
}
