using System.Text.RegularExpressions;

namespace Unattended;

/// <summary>
/// The x86-64 levels (x86-64 psABI: v1 to v4) of QEMU's and Proxmox's CPU types. <c>host</c> and <c>max</c> depend on the
/// machine, and a type of somebody's own (<c>custom-…</c>) on its definition.
/// </summary>
public static partial class CpuLevel
{
    // Beginnings of the names; the longest that fits counts.
    private static readonly Dictionary<string, int> Levels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["x86-64-v1"] = 1, ["x86-64-v2"] = 2, ["x86-64-v3"] = 3, ["x86-64-v4"] = 4,
        ["486"] = 0, ["pentium"] = 0, ["kvm32"] = 0, ["qemu32"] = 0, ["athlon"] = 0, ["coreduo"] = 0, ["n270"] = 0,
        ["kvm64"] = 1, ["qemu64"] = 1, ["phenom"] = 1, ["core2duo"] = 1, ["Conroe"] = 1, ["Penryn"] = 1,
        ["Opteron_G1"] = 1, ["Opteron_G2"] = 1, ["Opteron_G3"] = 1, ["Opteron_G4"] = 2, ["Opteron_G5"] = 2,
        ["Nehalem"] = 2, ["Westmere"] = 2, ["SandyBridge"] = 2, ["IvyBridge"] = 2, ["Denverton"] = 2, ["Snowridge"] = 2,
        ["Haswell"] = 3, ["Broadwell"] = 3, ["Skylake-Client"] = 3, ["Skylake-Server"] = 4, ["Cascadelake-Server"] = 4, ["Cooperlake"] = 4,
        ["Icelake-Client"] = 4, ["Icelake-Server"] = 4, ["SapphireRapids"] = 4, ["GraniteRapids"] = 4, ["SierraForest"] = 3, ["ClearwaterForest"] = 3, ["DiamondRapids"] = 4,
        ["KnightsMill"] = 3, ["EPYC"] = 3, ["EPYC-Genoa"] = 4, ["EPYC-Turin"] = 4, ["Dhyana"] = 3, ["YongFeng"] = 3,
    };

    /// <summary>The level of a CPU type (0: no 64 bits), or null when it cannot be known.</summary>
    public static int? Of(string cpuType) =>
        Levels.Keys.Where(k => cpuType.StartsWith(k, StringComparison.OrdinalIgnoreCase)).MaxBy(k => k.Length) is { } known ? Levels[known] : null;

    /// <summary>The CPU type in Proxmox's value of <c>cpu</c>, which may have flags: <c>cputype=x86-64-v3,flags=+aes</c>.</summary>
    public static string TypeIn(string value) => CpuType().Match(value) is { Success: true } match ? match.Groups["type"].Value : value.Split(',')[0];

    [GeneratedRegex(@"(^|,)cputype=(?<type>[^,]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CpuType();
}
