using Foundation;

namespace Unattended.Autoinstall;

/// <summary>Values that the schema allows and subiquity's controllers refuse.</summary>
internal static class AutoinstallSectionCheck
{
    private static readonly Lazy<HashSet<string>> Timezones = new(() => [.. DataTable.Read("timezones.tsv").Select(r => r[0])]);

    private static readonly string[] ReportingTypes = ["print", "log", "webhook", "journald", "hyperv", "none", "rsyslog"];

    internal static void Check(MappingNode autoinstall, UbuntuMedium medium, FindingList findings)
    {
        Timezone(autoinstall, findings);
        Source(autoinstall, medium, findings);
        foreach (var (key, value) in autoinstall.Mapping("reporting")?.Entries ?? [])
        {
            if (value is MappingNode reporter && reporter["type"] is ScalarNode type && !ReportingTypes.Contains(type.Text))
            {
                findings.Warn("autoinstall-reporting", type.Line, $"reporting.{key.Text}: there is no type of reporting handler '{type.Text}' (print, webhook)", type.Column);
            }
        }
    }

    // controllers/timezone.py: what timedatectl lists, "geoip", or nothing.
    private static void Timezone(MappingNode autoinstall, FindingList findings)
    {
        if (autoinstall["timezone"] is ScalarNode { TypeName: "string" } zone && zone.Text is not ("" or "geoip") && !Timezones.Value.Contains(zone.Text))
        {
            var near = NearMiss.Find(zone.Text, Timezones.Value) is [var first, ..] ? $"; perhaps {first} is meant" : "";
            findings.Error("autoinstall-timezone", zone.Line, $"unknown timezone: {zone.Text}{near}; the installer stops with an error", zone.Column);
        }
    }

    // models/source.py, get_matching_source.
    private static void Source(MappingNode autoinstall, UbuntuMedium medium, FindingList findings)
    {
        if (autoinstall.Mapping("source")?["id"] is ScalarNode { TypeName: "string" } id && medium.Sources.Count > 0 && !medium.Sources.Contains(id.Text))
        {
            findings.Error("autoinstall-source", id.Line, $"source.id: the medium has no source '{id.Text}' ({string.Join(", ", medium.Sources)}); the installer stops with an error", id.Column);
        }
    }
}
