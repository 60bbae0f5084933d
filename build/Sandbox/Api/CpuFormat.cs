namespace Sandbox.Api;

/// <summary>
/// The processor of a VM, as <c>PVE::QemuServer::CPUConfig</c> checks it: the type must be one that Proxmox VE knows (those
/// that <c>GET /nodes/N/capabilities/qemu/cpu</c> of 9.2 lists), and a VM may turn on and off only some of the flags.
/// </summary>
internal static class CpuFormat
{
    /// <summary>The types that QEMU and Proxmox VE bring along, those of other architectures included.</summary>
    public static IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "486", "Broadwell", "Broadwell-IBRS", "Broadwell-noTSX", "Broadwell-noTSX-IBRS", "Cascadelake-Server", "Cascadelake-Server-noTSX",
        "Cascadelake-Server-v2", "Cascadelake-Server-v4", "Cascadelake-Server-v5", "ClearwaterForest", "Conroe", "Cooperlake", "Cooperlake-v2",
        "EPYC", "EPYC-Genoa", "EPYC-Genoa-v2", "EPYC-IBPB", "EPYC-Milan", "EPYC-Milan-v2", "EPYC-Milan-v3", "EPYC-Rome", "EPYC-Rome-v2",
        "EPYC-Rome-v3", "EPYC-Rome-v4", "EPYC-Rome-v5", "EPYC-Turin", "EPYC-v3", "EPYC-v4", "EPYC-v5", "GraniteRapids", "GraniteRapids-v2",
        "GraniteRapids-v3", "Haswell", "Haswell-IBRS", "Haswell-noTSX", "Haswell-noTSX-IBRS", "Icelake-Client", "Icelake-Client-noTSX",
        "Icelake-Server", "Icelake-Server-noTSX", "Icelake-Server-v3", "Icelake-Server-v4", "Icelake-Server-v5", "Icelake-Server-v6",
        "Icelake-Server-v7", "IvyBridge", "IvyBridge-IBRS", "KnightsMill", "Nehalem", "Nehalem-IBRS", "Opteron_G1", "Opteron_G2", "Opteron_G3",
        "Opteron_G4", "Opteron_G5", "Penryn", "SandyBridge", "SandyBridge-IBRS", "SapphireRapids", "SapphireRapids-v2", "SapphireRapids-v3",
        "SapphireRapids-v4", "SierraForest", "SierraForest-v2", "SierraForest-v3", "Skylake-Client", "Skylake-Client-IBRS",
        "Skylake-Client-noTSX-IBRS", "Skylake-Client-v4", "Skylake-Server", "Skylake-Server-IBRS", "Skylake-Server-noTSX-IBRS", "Skylake-Server-v4",
        "Skylake-Server-v5", "Westmere", "Westmere-IBRS", "athlon", "core2duo", "coreduo", "host", "kvm32", "kvm64", "max", "pentium", "pentium2",
        "pentium3", "phenom", "qemu32", "qemu64", "x86-64-v2", "x86-64-v2-AES", "x86-64-v3", "x86-64-v4",
        "a64fx", "cortex-a35", "cortex-a53", "cortex-a55", "cortex-a57", "cortex-a710", "cortex-a72", "cortex-a76", "neoverse-n1",
        "neoverse-n2", "neoverse-v1",
    };

    private static readonly string[] OtherArchitectures = ["a64fx", "cortex-", "neoverse-"];

    /// <summary>The types that the list of an x86-64 node has.</summary>
    public static IEnumerable<string> Listed => Types.Where(t => !OtherArchitectures.Any(o => t.StartsWith(o, StringComparison.Ordinal)));

    /// <summary>The flags that a VM of version 9 may turn on and off.</summary>
    public static IReadOnlyList<string> Flags => FlagsOf9;

    /// <summary>The vendor that a guest sees: that of the host for types which are no processor of anybody's.</summary>
    public static string Vendor(string type) => type is "host" or "max" || type.StartsWith("kvm", StringComparison.Ordinal) || type.StartsWith("qemu", StringComparison.Ordinal) || type.StartsWith("x86-64-", StringComparison.Ordinal)
        ? "default"
        : type is "athlon" or "phenom" || type.StartsWith("EPYC", StringComparison.Ordinal) || type.StartsWith("Opteron", StringComparison.Ordinal) ? "AuthenticAMD" : "GenuineIntel";

    // In the order in which the refusal names them.
    private static readonly string[] FlagsOf9 =
        ["aes", "amd-no-ssb", "amd-ssbd", "hv-evmcs", "hv-tlbflush", "ibpb", "md-clear", "nested-virt", "pcid", "pdpe1gb", "spec-ctrl", "ssbd", "virt-ssbd"];

    private static readonly string[] FlagsOf8 =
        ["pcid", "spec-ctrl", "ibpb", "ssbd", "virt-ssbd", "amd-ssbd", "amd-no-ssb", "pdpe1gb", "md-clear", "hv-tlbflush", "hv-evmcs", "aes"];

    private static readonly PropertyFormat Of9 = For(FlagsOf9);

    private static readonly PropertyFormat Of8 = For(FlagsOf8);

    /// <summary>The format of the parameter <c>cpu</c>.</summary>
    public static PropertyFormat Of(PveVersionInfo? version) => version?.Before9 == true ? Of8 : Of9;

    private static PropertyFormat For(string[] flags) => new(
        "cputype",
        P.Text("cputype?"),
        P.Text("flags?", pattern: "[+-][a-zA-Z0-9_.-]+(;[+-][a-zA-Z0-9_.-]+)*"),
        P.Whole("guest-phys-bits?", 32, 64),
        P.Flag("hidden?"),
        P.Text("hv-vendor-id?", pattern: "[a-zA-Z0-9]{1,12}"),
        P.Whole("level?", 0, 4294967295),
        P.Text("phys-bits?", "pve-phys-bits"),
        P.Text("reported-model?"))
    { Validator = cpu => Problem(cpu, flags) };

    private static string? Problem(PropertyString cpu, string[] flags)
    {
        if (cpu["cputype"] is not { Length: > 0 } type)
        {
            return "CPU is missing cputype";
        }

        if (type.StartsWith("custom-", StringComparison.Ordinal))
        {
            // Nobody can define a model of his own here.
            return $"Custom cputype '{type["custom-".Length..]}' not found";
        }

        if (!Types.Contains(type))
        {
            return $"Built-in cputype '{type}' is not defined (missing 'custom-' prefix?)";
        }

        if (cpu["flags"] is { } chosen && chosen.Split(';').Any(f => !flags.Contains(f[1..])))
        {
            return "VM-specific CPU flags must be a subset of: " + string.Join(", ", flags);
        }

        return cpu["reported-model"] is null ? null : "Property 'reported-model' not allowed in VM-specific CPU config.";
    }
}
