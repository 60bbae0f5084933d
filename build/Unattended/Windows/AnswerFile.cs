using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Foundation;

namespace Unattended.Windows;

/// <summary>An answer file's components, and reading their settings with the place in the text.</summary>
internal sealed partial class AnswerFile
{
    private const int DeepestLevel = 64;

    internal static readonly XNamespace Namespace = "urn:schemas-microsoft-com:unattend";
    private static readonly XNamespace Configuration = "http://schemas.microsoft.com/WMIConfig/2002/State";

    private static readonly string[] Passes =
        ["windowsPE", "offlineServicing", "generalize", "specialize", "auditSystem", "auditUser", "oobeSystem"];

    /// <summary>What all components of Windows have in common (the identity of an assembly in its manifest).</summary>
    private static readonly (string Attribute, string Value)[] Identity =
        [("publicKeyToken", "31bf3856ad364e35"), ("language", "neutral"), ("versionScope", "nonSxS")];

    /// <summary>The components without which an installation stops or leaves no login.</summary>
    private static readonly string[] Needed =
    [
        "Microsoft-Windows-International-Core-WinPE", "Microsoft-Windows-PnpCustomizationsWinPE", "Microsoft-Windows-Setup", "Microsoft-Windows-Shell-Setup", "Microsoft-Windows-Deployment",
    ];

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
            // What stands before the declaration is an error of XML; Setup passes over white space and comments there, as files show that work.
            text = WithoutSpaceBefore(text, findings);
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
        foreach (var attribute in new[] { "name", "processorArchitecture", "publicKeyToken", "language" })
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
                findings.Judge(Needed.Contains(name), "unattend-architecture", Line(component), $"the component {name} is for {architecture}: Setup for amd64 leaves it out");
            }

            return;
        }

        foreach (var (attribute, value) in Identity)
        {
            if ((string?)component.Attribute(attribute) is { } found && !found.Equals(value, StringComparison.OrdinalIgnoreCase))
            {
                findings.Error("unattend-component", Line(component), $"the component {name} has the {attribute} '{found}' instead of {value}: it is none that Windows has, and Setup leaves it out");
                return;
            }
        }

        if (!WindowsTables.Components.TryGetValue(name, out var passes))
        {
            // Answer files overview: "if there are settings in the answer file for components that are not in the image, those settings are ignored".
            var near = NearMiss.Find(name, WindowsTables.Components.Keys);
            var meant = near.Count > 0 ? $" (is {near[0]} meant?)" : "";
            findings.Warn("unattend-component", Line(component), $"the component {name} is not known here{meant}: if Windows does not know it either, Setup leaves it out");
        }
        else if (!passes.Contains(pass))
        {
            // Windows PE reads what is its own and leaves out the rest.
            findings.Judge(pass != "windowsPE", "unattend-component-pass", Line(component), $"the component {name} does not belong to the pass {pass} but to {string.Join(" or ", passes)}: Setup {(pass == "windowsPE" ? "leaves it out" : "cannot process the answer file")}");
            return;
        }

        components.Add((pass, name, component));
    }

    private static string WithoutSpaceBefore(string text, FindingList findings)
    {
        if (Before().Match(text) is not { Success: true, Length: > 0 } before || !text.AsSpan(before.Length).StartsWith("<?xml "))
        {
            return text;
        }

        findings.Warn("xml-syntax", 1, "there are white space or comments before the XML declaration, which must stand at the very beginning");
        // As many lines as before, so that each keeps its number.
        var rest = text[before.Length..];
        var end = rest.IndexOf("?>", StringComparison.Ordinal) + 2;
        return rest.Insert(Math.Max(end, 2), new string('\n', before.Value.Count(c => c == '\n')));
    }

    [GeneratedRegex(@"^(\s|<!--([^-]|-[^-])*-->)+", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Before();

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
