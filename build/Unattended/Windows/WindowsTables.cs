namespace Unattended.Windows;

/// <summary>What Windows knows of answer files, from the tables beside this code; each names its source.</summary>
internal static class WindowsTables
{
    /// <summary>The passes in which Setup applies a component, by its name.</summary>
    internal static readonly IReadOnlyDictionary<string, string[]> Components = DataTable.Read("windows-components.tsv")
        .ToDictionary(r => r[0], r => r[1].Split(','), StringComparer.OrdinalIgnoreCase);

    /// <summary>The settings of the components whose settings are listed wholly, by the component's name and the path within it.</summary>
    internal static readonly IReadOnlyDictionary<string, Dictionary<string, SettingType>> Settings = DataTable.Read("windows-settings.tsv")
        .GroupBy(r => r[0], StringComparer.OrdinalIgnoreCase)
        .ToDictionary(g => g.Key, g => g.ToDictionary(r => r[1], r => new SettingType(r[2], r.Length > 3 ? r[3].Split(',') : []), StringComparer.Ordinal), StringComparer.OrdinalIgnoreCase);

    internal static readonly IReadOnlySet<string> TimeZones = Names("windows-timezones.tsv");

    internal static readonly IReadOnlySet<string> Locales = Names("windows-locales.tsv");

    /// <summary>The languages of installation media.</summary>
    internal static readonly IReadOnlySet<string> Languages = Names("windows-languages.tsv");

    internal static readonly IReadOnlySet<string> Keyboards = Names("windows-keyboards.tsv");

    private static HashSet<string> Names(string table) => DataTable.Read(table).Select(r => r[0]).ToHashSet(StringComparer.OrdinalIgnoreCase);
}
