using Foundation;

namespace Unattended.Autoinstall;

/// <summary>
/// The keys of autoinstall version 1 and their types, from subiquity's JSON schema. Types are JSON Schema's;
/// <c>commands</c> is a list of strings and lists of strings, <c>strings</c> a list of strings.
/// </summary>
internal static class AutoinstallSchema
{
    internal static readonly IReadOnlyDictionary<string, string> Keys = new Dictionary<string, string>
    {
        ["version"] = "integer",
        ["interactive-sections"] = "strings",
        ["early-commands"] = "commands",
        ["error-commands"] = "commands",
        ["late-commands"] = "commands",
        ["reporting"] = "object",
        ["user-data"] = "object",
        ["packages"] = "strings",
        ["debconf-selections"] = "string",
        ["locale"] = "string",
        ["refresh-installer"] = "object",
        ["kernel"] = "object",
        ["kernel-crash-dumps"] = "object",
        ["keyboard"] = "object",
        ["source"] = "object",
        ["network"] = "object",
        ["proxy"] = "string|null",
        ["apt"] = "object",
        ["mirror"] = "object",
        ["storage"] = "object",
        ["identity"] = "object",
        ["active-directory"] = "object",
        ["ubuntu-pro"] = "object",
        ["ubuntu-advantage"] = "object",
        ["ssh"] = "object",
        ["snaps"] = "array",
        ["codecs"] = "object",
        ["drivers"] = "object",
        ["oem"] = "object",
        ["timezone"] = "string",
        ["updates"] = "string",
        ["shutdown"] = "string",
        ["zdevs"] = "array",
    };

    /// <summary>The sections that allow these keys only (<c>additionalProperties: false</c>); <c>!</c> marks required ones.</summary>
    private static readonly Dictionary<string, string> ClosedSections = new()
    {
        ["identity"] = "realname:string username:string! hostname:string! password:string! groups:any",
        ["keyboard"] = "layout:string! variant:string toggle:string|null",
        ["refresh-installer"] = "update:boolean channel:string",
        ["kernel-crash-dumps"] = "enabled:boolean|null!",
        ["ssh"] = "install-server:boolean authorized-keys:strings allow-pw:boolean",
        ["source"] = "search_drivers:boolean id:string",
        ["codecs"] = "install:boolean",
        ["drivers"] = "install:boolean",
    };

    private static readonly Dictionary<string, string[]> Choices = new()
    {
        ["updates"] = ["security", "all"],
        ["shutdown"] = ["reboot", "poweroff"],
    };

    /// <summary>Checks the mapping below <c>autoinstall</c> and adds what subiquity would say.</summary>
    internal static void Check(MappingNode autoinstall, FindingList findings)
    {
        foreach (var (key, value) in autoinstall.Entries)
        {
            if (!Keys.TryGetValue(key.Text, out var type))
            {
                var near = NearMiss.Find(key.Text, Keys.Keys) is [var first, ..] ? first : null;
                findings.Warn("autoinstall-unknown-key", key.Line,
                    $"Unrecognized key '{key.Text}': subiquity ignores it{(near is null ? "" : $"; did you mean '{near}'?")}", key.Column);
                continue;
            }

            if (!IsA(value, type, out var culprit))
            {
                Malformed(key.Text, culprit, $"{Describe(culprit)} is not of type {type.Replace("|", " or ", StringComparison.Ordinal)}");
            }
            else if (Choices.TryGetValue(key.Text, out var choices) && value is ScalarNode scalar && !choices.Contains(scalar.Text))
            {
                Malformed(key.Text, value, $"'{scalar.Text}' is not one of {string.Join(", ", choices)}");
            }
            else if (ClosedSections.TryGetValue(key.Text, out var section) && value is MappingNode mapping)
            {
                CheckSection(key.Text, mapping, section);
            }
        }

        if (autoinstall["version"] is not ScalarNode version)
        {
            Malformed("version", autoinstall, "'version' is a required property");
        }
        else if (version.Text != "1")
        {
            Malformed("version", version, $"{version.Text} is not version 1, the only one that there is");
        }

        void CheckSection(string name, MappingNode mapping, string section)
        {
            var properties = section.Split(' ').Select(p => p.Split(':')).ToDictionary(p => p[0], p => p[1]);
            foreach (var (key, value) in mapping.Entries)
            {
                if (!properties.TryGetValue(key.Text, out var type))
                {
                    // Only ssh admits keys that it does not know.
                    if (name == "ssh")
                    {
                        findings.Warn("autoinstall-unknown-key", key.Line, $"Unrecognized key 'ssh.{key.Text}': subiquity ignores it", key.Column);
                    }
                    else
                    {
                        Malformed(name, key, $"additional properties are not allowed ('{key.Text}' was unexpected)");
                    }
                }
                else if (!IsA(value, type.TrimEnd('!'), out var culprit))
                {
                    Malformed(name, culprit, $"{key.Text}: {Describe(culprit)} is not of type {type.TrimEnd('!')}");
                }
            }

            foreach (var (key, _) in properties.Where(p => p.Value.EndsWith('!') && mapping[p.Key] is null))
            {
                Malformed(name, mapping, $"'{key}' is a required property");
            }
        }

        void Malformed(string section, Node at, string why) => findings.Error(
            "autoinstall-malformed", at.Line, $"Malformed autoinstall in '{section}' section: {why}; the installer stops with this error", at.Column);
    }

    private static bool IsA(Node node, string type, out Node culprit)
    {
        culprit = node;
        if (type is "strings" or "commands")
        {
            if (node is not SequenceNode sequence)
            {
                return false;
            }

            culprit = sequence.Items.FirstOrDefault(i => i.TypeName != "string"
                && !(type == "commands" && i is SequenceNode words && words.Items.All(w => w.TypeName == "string"))) ?? node;
            return culprit == node;
        }

        return type == "any" || type.Split('|').Contains(node.TypeName);
    }

    private static string Describe(Node node) => node is ScalarNode scalar ? $"'{scalar.Text}'" : node.TypeName == "array" ? "a list" : "a mapping";
}
