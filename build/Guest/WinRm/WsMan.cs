using System.Xml;
using System.Xml.Linq;

namespace Guest.WinRm;

/// <summary>A request's parts that matter.</summary>
internal sealed record WsManRequest(string Action, string ResourceUri, string ShellId, string MessageId, string To, XElement Body);

/// <summary>SOAP 1.2 messages of WS-Management (DSP0226) as Windows' remote shell uses it (MS-WSMV §2.2).</summary>
internal static class WsMan
{
    public const string Transfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
    public const string ShellAction = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/";
    public const string CommandShell = ShellAction + "cmd";

    public static readonly XNamespace Soap = "http://www.w3.org/2003/05/soap-envelope";
    public static readonly XNamespace Addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
    public static readonly XNamespace Wsman = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";
    public static readonly XNamespace Wsmid = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd";
    public static readonly XNamespace Rsp = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
    public static readonly XNamespace XmlTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
    private static readonly XNamespace Microsoft = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault";

    /// <summary>Reads an envelope; null when it is not one. Document type definitions are refused.</summary>
    public static WsManRequest? Parse(byte[] bytes)
    {
        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(bytes), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = bytes.Length });
            var envelope = XDocument.Load(reader).Root;
            if (envelope?.Name != Soap + "Envelope" || envelope.Element(Soap + "Body") is not { } body)
            {
                return null;
            }

            var header = envelope.Element(Soap + "Header") ?? new XElement("none");
            return new WsManRequest(
                Text(Addressing + "Action"),
                Text(Wsman + "ResourceURI"),
                header.Element(Wsman + "SelectorSet")?.Elements(Wsman + "Selector").FirstOrDefault(s => (string?)s.Attribute("Name") == "ShellId")?.Value.Trim() ?? "",
                Text(Addressing + "MessageID"),
                Text(Addressing + "To"),
                body);

            string Text(XName name) => header.Element(name)?.Value.Trim() ?? "";
        }
        catch (Exception e) when (e is XmlException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A successful answer to a request.</summary>
    public static Answer Reply(WsManRequest request, string action, params object[] body) => Message(Envelope(request, action, body));

    /// <summary>A fault; Windows sends them with status 500.</summary>
    /// <param name="request">What it answers.</param>
    /// <param name="subcode">The fault's qualified name, with the prefix <c>wsman</c> or <c>wsa</c>.</param>
    /// <param name="code">Windows' number for it.</param>
    /// <param name="why">The reason for people.</param>
    public static Answer Fault(WsManRequest request, string subcode, uint code, string why) => Message(
        Envelope(request, "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
            new XElement(Soap + "Fault",
                new XElement(Soap + "Code",
                    new XElement(Soap + "Value", "s:Sender"),
                    new XElement(Soap + "Subcode", new XElement(Soap + "Value", subcode))),
                new XElement(Soap + "Reason", new XElement(Soap + "Text", new XAttribute(XNamespace.Xml + "lang", "en-US"), why)),
                new XElement(Soap + "Detail",
                    new XElement(Microsoft + "WSManFault", new XAttribute("Code", code), new XElement(Microsoft + "Message", why))))),
        500,
        "Internal Server Error");

    /// <summary>An envelope as an answer.</summary>
    public static Answer Message(XElement envelope, int status = 200, string reason = "OK") =>
        new(status, reason, envelope.ToString(SaveOptions.DisableFormatting));

    private static XElement Envelope(WsManRequest request, string action, params object[] body) => new(
        Soap + "Envelope",
        new XAttribute(XNamespace.Xmlns + "s", Soap),
        new XAttribute(XNamespace.Xmlns + "a", Addressing),
        new XAttribute(XNamespace.Xmlns + "wsa", Addressing),
        new XAttribute(XNamespace.Xmlns + "wsman", Wsman),
        new XAttribute(XNamespace.Xmlns + "w", Wsman),
        new XAttribute(XNamespace.Xmlns + "x", XmlTransfer),
        new XAttribute(XNamespace.Xmlns + "rsp", Rsp),
        new XElement(Soap + "Header",
            new XElement(Addressing + "Action", action),
            new XElement(Addressing + "MessageID", "uuid:" + Guid.NewGuid().ToString().ToUpperInvariant()),
            new XElement(Addressing + "To", "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"),
            new XElement(Addressing + "RelatesTo", request.MessageId)),
        new XElement(Soap + "Body", body));
}
