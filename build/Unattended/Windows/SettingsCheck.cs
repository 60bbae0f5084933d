using System.Xml.Linq;
using Foundation;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// Settings against Microsoft's reference: the name, the place, the pass, how often, and the value. What Setup does not know it
/// does not pass over: "Windows could not parse or process the unattend answer file for pass […]. A component or setting
/// specified in the answer file does not exist", or "… components or non-list settings are specified more than once".
/// </summary>
internal static class SettingsCheck
{
    internal static void Check(AnswerFile file, FindingList findings)
    {
        foreach (var (pass, name, element) in file.All)
        {
            if (WindowsTables.Settings.TryGetValue(name, out var settings))
            {
                new Component(pass, name, settings, findings).Check(element, "");
            }
        }

        foreach (var twice in file.All.GroupBy(c => (c.Pass, c.Name)).Where(g => g.Count() > 1))
        {
            findings.Error("unattend-component-twice", Line(twice.ElementAt(1).Element),
                $"the component {twice.Key.Name} is there twice in the pass {twice.Key.Pass}: \"components or non-list settings are specified more than once\", and Setup stops");
        }
    }

    private sealed record Component(string Pass, string Name, Dictionary<string, SettingType> Settings, FindingList Findings)
    {
        internal void Check(XElement parent, string path)
        {
            foreach (var child in parent.Elements().Where(e => e.Name.Namespace == AnswerFile.Namespace))
            {
                var inner = path.Length == 0 ? child.Name.LocalName : $"{path}/{child.Name.LocalName}";
                if (!Settings.TryGetValue(inner, out var type))
                {
                    Unknown(child, path);
                }
                else if (type.Passes.Length > 0 && !type.Passes.Contains(Pass))
                {
                    Findings.Error("unattend-setting-pass", Line(child), $"{inner} does not belong to the pass {Pass} but to {string.Join(" or ", type.Passes)}: Setup stops in {Pass}");
                }
                else
                {
                    Known(child, inner, type);
                }
            }

            CheckRepeated(parent, path);
        }

        private void Known(XElement child, string path, SettingType type)
        {
            if (type.IsGroup)
            {
                Check(child, path);
            }
            else if (child.HasElements && !type.IsOpen)
            {
                Findings.Error("unattend-setting", Line(child), $"{path} takes a value, not the setting {child.Elements().First().Name.LocalName}: Setup stops in the pass {Pass}");
            }
            else if (type.Refusal(child.Value.Trim()) is { } refusal)
            {
                var code = path.EndsWith("ProductKey", StringComparison.Ordinal) || path.EndsWith("ProductKey/Key", StringComparison.Ordinal) ? "unattend-product-key" : "unattend-value";
                Findings.Error(code, Line(child), $"{path} {refusal}, not '{child.Value.Trim()}': Setup stops in the pass {Pass}");
            }
        }

        private void Unknown(XElement child, string path)
        {
            var name = child.Name.LocalName;
            var here = Settings.Keys.Where(k => (k.LastIndexOf('/') is var at && at < 0 ? "" : k[..at]) == path).Select(k => k[(k.LastIndexOf('/') + 1)..]).ToList();
            var place = path.Length == 0 ? Name : path;
            var near = NearMiss.Find(name, here);
            var elsewhere = Settings.Keys.Where(k => k.Split('/')[^1] == name).ToList();
            var meant = near.Count > 0 ? $"; is {near[0]} meant?" : elsewhere.Count == 1 ? $"; its place is {elsewhere[0]}" : "";
            Findings.Error("unattend-setting", Line(child), $"{place} has no setting {name}{meant}: \"Windows could not parse or process the unattend answer file for pass [{Pass}]\"");
        }

        private void CheckRepeated(XElement parent, string path)
        {
            foreach (var group in parent.Elements().Where(e => e.Name.Namespace == AnswerFile.Namespace).GroupBy(e => e.Name.LocalName))
            {
                if (!Settings.TryGetValue(path.Length == 0 ? group.Key : $"{path}/{group.Key}", out var type))
                {
                    continue;
                }

                if (!type.IsList && group.Count() > 1)
                {
                    Findings.Error("unattend-setting-twice", Line(group.ElementAt(1)), $"{group.Key} is there twice: \"components or non-list settings are specified more than once\", and Setup stops in the pass {Pass}");
                }
                else if (type.ItemKey is { } key)
                {
                    CheckItems(group, key);
                }
            }
        }

        private void CheckItems(IEnumerable<XElement> items, string key)
        {
            var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var item in items)
            {
                if (Text(item, key) is not { } value)
                {
                    Findings.Error("unattend-order", Line(item), $"a {item.Name.LocalName} without {key}, by which Setup tells the items of this list apart: it cannot process the answer file");
                }
                else if (!seen.Add(value))
                {
                    Findings.Error("unattend-order", Line(At(item, key)!), $"two {item.Name.LocalName} have the {key} {value}: Setup cannot process the answer file");
                }
            }
        }
    }
}
