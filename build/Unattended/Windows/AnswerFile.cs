using System.Xml;
using System.Xml.Linq;

namespace Unattended.Windows;

/// <summary>An answer file's components, and reading their settings with the place in the text.</summary>
internal sealed class AnswerFile
{
    private const int DeepestLevel = 64;

    internal static readonly XNamespace Namespace = "urn:schemas-microsoft-com:unattend";
    private static readonly XNamespace Configuration = "http://schemas.microsoft.com/WMIConfig/2002/State";

    private static readonly string[] Passes =
        ["windowsPE", "offlineServicing", "generalize", "specialize", "auditSystem", "auditUser", "oobeSystem"];

    /// <summary>The components that are known, and the passes in which Setup applies them; none means several.</summary>
    private static readonly Dictionary<string, string[]> KnownComponents = new()
    {
        ["Microsoft-Windows-International-Core-WinPE"] = ["windowsPE"],
        ["Microsoft-Windows-Setup"] = ["windowsPE"],
        ["Microsoft-Windows-PnpCustomizationsWinPE"] = ["windowsPE"],
        ["Microsoft-Windows-PnpCustomizationsNonWinPE"] = ["offlineServicing", "auditSystem"],
        ["Microsoft-Windows-PnpSysprep"] = ["generalize"],
        ["Microsoft-Windows-Shell-Setup"] = [],
        ["Microsoft-Windows-International-Core"] = ["specialize", "oobeSystem"],
        ["Microsoft-Windows-Deployment"] = ["generalize", "specialize", "auditUser", "oobeSystem"],
        ["Microsoft-Windows-SecureStartup-FilterDriver"] = [],
        ["Microsoft-Windows-EnhancedStorage-Adm"] = [],
        ["Microsoft-Windows-TerminalServices-LocalSessionManager"] = [],
        ["Microsoft-Windows-TerminalServices-RDP-WinStationExtensions"] = [],
        ["Networking-MPSSVC-Svc"] = [],
        ["Microsoft-Windows-IE-ESC"] = [],
        ["Microsoft-Windows-IE-InternetExplorer"] = [],
        ["Microsoft-Windows-ServerManager-SvrMgrNc"] = [],
        ["Microsoft-Windows-OutOfBoxExperience"] = [],
        ["Microsoft-Windows-LUA-Settings"] = [],
        ["Microsoft-Windows-Security-SPP"] = [],
        ["Microsoft-Windows-Security-SPP-UX"] = [],
        ["Microsoft-Windows-TCPIP"] = [],
        ["Microsoft-Windows-DNS-Client"] = [],
        ["Microsoft-Windows-UnattendedJoin"] = [],
        ["Microsoft-Windows-SQMApi"] = [],
        ["Microsoft-Windows-ErrorReportingCore"] = [],
        ["Microsoft-Windows-WinRE-RecoveryAgent"] = [],
        ["Microsoft-Windows-powercpl"] = [],
        ["Security-Malware-Windows-Defender"] = [],
        ["OpenSSH-Server"] = [],
    };

    private readonly List<(string Pass, string Name, XElement Element)> components = [];

    private AnswerFile()
    {
    }

    /// <summary>The components of one name in one pass; none when Setup would not apply any.</summary>
    internal IEnumerable<XElement> Components(string pass, string name) =>
        components.Where(c => c.Pass == pass && c.Name == name).Select(c => c.Element);

    /// <summary>The components of all passes, in their order.</summary>
    internal IEnumerable<(string Pass, string Name, XElement Element)> All => components;

    internal static AnswerFile? Parse(string text, FindingList findings)
    {
        XDocument document;
        try
        {
            CheckDepth(text);
            using var reader = Open(text);
            document = XDocument.Load(reader, LoadOptions.SetLineInfo);
        }
        catch (XmlException error)
        {
            findings.Error("xml-syntax", error.LineNumber, $"{error.Message.TrimEnd('.')}: Windows Setup cannot read the answer file and stops", error.LinePosition);
            return null;
        }

        var root = document.Root!;
        if (root.Name != Namespace + "unattend")
        {
            findings.Error("unattend-root", Line(root), root.Name.LocalName == "unattend"
                ? $"the namespace of unattend is '{root.Name.NamespaceName}' instead of '{Namespace.NamespaceName}': Windows Setup ignores the file"
                : $"the root element is {root.Name.LocalName} instead of unattend: Windows Setup ignores the file");
            return null;
        }

        var file = new AnswerFile();
        foreach (var settings in root.Elements(Namespace + "settings"))
        {
            var pass = (string?)settings.Attribute("pass");
            if (pass is null || !Passes.Contains(pass))
            {
                findings.Error("unattend-pass", Line(settings), $"there is no pass '{pass}' ({string.Join(", ", Passes)}): Windows Setup cannot process the answer file");
                continue;
            }

            foreach (var component in settings.Elements(Namespace + "component"))
            {
                file.Add(pass, component, findings);
            }
        }

        return file;
    }

    /// <summary>The element at a path such as <c>UserData/AcceptEula</c>, or null.</summary>
    internal static XElement? At(XElement? element, string path)
    {
        foreach (var name in path.Split('/'))
        {
            element = element?.Element(Namespace + name);
        }

        return element;
    }

    /// <summary>The text at a path, trimmed, or null when the element is not there.</summary>
    internal static string? Text(XElement? element, string path) => At(element, path)?.Value.Trim();

    /// <summary>Whether the element at a path says true.</summary>
    internal static bool IsTrue(XElement? element, string path) => string.Equals(Text(element, path), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The items of a list, those that are to be removed left out.</summary>
    internal static IEnumerable<XElement> Items(XElement? element, string path, string item) =>
        At(element, path)?.Elements(Namespace + item).Where(e => (string?)e.Attribute(Configuration + "action") != "remove") ?? [];

    internal static int Line(XObject element) => ((IXmlLineInfo)element).LineNumber;

    private void Add(string pass, XElement component, FindingList findings)
    {
        var name = (string?)component.Attribute("name") ?? "";
        foreach (var attribute in new[] { "name", "processorArchitecture", "publicKeyToken", "language", "versionScope" })
        {
            if (string.IsNullOrEmpty((string?)component.Attribute(attribute)))
            {
                findings.Error("unattend-component", Line(component),
                    $"the component {name} has no {attribute}: \"Windows could not parse or process the unattend answer file for pass [{pass}]\"");
                return;
            }
        }

        var architecture = (string)component.Attribute("processorArchitecture")!;
        if (!architecture.Equals("amd64", StringComparison.OrdinalIgnoreCase))
        {
            // Setup silently leaves out what is for another architecture; that is normal beside a twin for amd64.
            if (!component.Parent!.Elements(component.Name).Any(c => (string?)c.Attribute("name") == name && (string?)c.Attribute("processorArchitecture") == "amd64"))
            {
                findings.Error("unattend-architecture", Line(component), $"the component {name} is for {architecture}: Setup for amd64 leaves it out");
            }

            return;
        }

        if (!KnownComponents.TryGetValue(name, out var passes))
        {
            findings.Warn("unattend-component", Line(component), $"the component {name} is not known here: if Windows does not know it either, Setup stops in the pass {pass}");
        }
        else if (passes.Length > 0 && !passes.Contains(pass))
        {
            findings.Error("unattend-component-pass", Line(component), $"the component {name} does not belong to the pass {pass} but to {string.Join(" or ", passes)}: Setup cannot process the answer file");
            return;
        }

        components.Add((pass, name, component));
    }

    // Reading the text of an element is recursive in the base library.
    private static void CheckDepth(string text)
    {
        using var reader = Open(text);
        while (reader.Read())
        {
            if (reader.Depth > DeepestLevel)
            {
                var at = (IXmlLineInfo)reader;
                throw new XmlException($"Elements are nested deeper than {DeepestLevel} levels", null, at.LineNumber, at.LinePosition);
            }
        }
    }

    private static XmlReader Open(string text) => XmlReader.Create(new StringReader(text), new XmlReaderSettings
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = UnattendedFile.MaximumLength,
    });
}
