namespace Qemu.Arguments;

/// <summary>The processors.</summary>
internal static class Processor
{
    public static readonly string[] Keys = ["cpu", "sockets", "cores", "vcpus"];

    private const string Default = "kvm64";

    // The server's own models are flags on one of QEMU's (PVE::QemuServer::CPUConfig).
    private static readonly Dictionary<string, string> Levels = new(StringComparer.Ordinal)
    {
        ["x86-64-v2"] = "+popcnt;+pni;+sse4.1;+sse4.2;+ssse3",
        ["x86-64-v2-AES"] = "+aes;+popcnt;+pni;+sse4.1;+sse4.2;+ssse3",
        ["x86-64-v3"] = "+aes;+popcnt;+pni;+sse4.1;+sse4.2;+ssse3;+avx;+avx2;+bmi1;+bmi2;+f16c;+fma;+abm;+movbe;+xsave",
        ["x86-64-v4"] = "+aes;+popcnt;+pni;+sse4.1;+sse4.2;+ssse3;+avx;+avx2;+bmi1;+bmi2;+f16c;+fma;+abm;+movbe;+xsave;+avx512f;+avx512bw;+avx512cd;+avx512dq;+avx512vl",
    };

    public static void Write(Writer to)
    {
        var (sockets, cores) = (to.Number("sockets", 1), to.Number("cores", 1));
        var all = sockets * cores;
        to.Add("-smp", new OptionText($"{to.Number("vcpus", all)}").Add("sockets", sockets).Add("cores", cores).Add("maxcpus", all));
        to.Add("-cpu", Model(to));
    }

    private static OptionText Model(Writer to)
    {
        var cpu = PropertyList.Parse(to["cpu"] ?? Default, "cputype");
        var type = cpu["cputype"] ?? Default;
        if (type.StartsWith("custom-", StringComparison.Ordinal))
        {
            throw new QemuException($"the processor '{type}' is defined on a cluster, and the sandbox with real machines has none of its own");
        }

        var emulated = to.Host.Accelerator.IsEmulation;
        var flags = new List<string>();
        if (Levels.TryGetValue(type, out var level))
        {
            flags.AddRange(level.Split(';'));
        }
        else if (type == Default)
        {
            flags.AddRange(["+lahf_lm", "+sep"]);
        }

        flags.AddRange((cpu["flags"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries));
        if (emulated && !flags.Contains("-pclmulqdq") && (flags.Contains("+aes") || type.Contains("AES", StringComparison.OrdinalIgnoreCase)))
        {
            // Linux uses both as one: with AES alone its self-tests fail, and it stops.
            flags.Add("+pclmulqdq");
        }

        if (to.Host.Accelerator.Name == "kvm")
        {
            flags.AddRange(["+kvm_pv_eoi", "+kvm_pv_unhalt"]);
        }

        var model = new OptionText(type switch
        {
            "host" or "max" => emulated ? "max" : "host",
            _ when Levels.ContainsKey(type) => "qemu64",
            _ => type,
        });

        // An emulated processor lacks much of what a model names; a guest that needs it says so itself.
        if (!emulated)
        {
            model.Add("enforce");
        }

        foreach (var flag in flags.Distinct())
        {
            model.Add(flag);
        }

        return model.Add("phys-bits", cpu["phys-bits"] is "host" ? null : cpu["phys-bits"]).Add("hv_vendor_id", cpu["hv-vendor-id"]).Add("kvm", cpu.IsOn("hidden") ? "off" : null);
    }
}

/// <summary>The memory.</summary>
internal static class Memory
{
    public static readonly string[] Keys = ["memory", "balloon"];

    public static void Write(Writer to)
    {
        to.Add("-m", PropertyList.Parse(to["memory"] ?? "512", "current")["current"] ?? "512");
        if (to["balloon"] != "0")
        {
            to.Add("-device", new OptionText("virtio-balloon-pci").Add("id", "balloon0").At("balloon0").Add("free-page-reporting", "on"));
        }
    }
}
