using System.Globalization;
using System.Text;
using Newtonsoft.Json;
using Scriban.Runtime;

namespace Templates;

/// <summary>The functions that assets have beside Scriban's own: each writes a value safely into one format.</summary>
internal sealed class AssetFunctions : ScriptObject
{
    internal AssetFunctions()
    {
        this.Import("yaml", (Func<object?, string>)Yaml);
        this.Import("xml", (Func<object?, string>)Xml);
        this.Import("sh", (Func<object?, string>)Shell);
        this.Import("ps", (Func<object?, string>)PowerShell);
        this.Import("preseed", (Func<object?, string>)Preseed);
        this.Import("hostname", (Func<object?, string>)HostName);
    }

    /// <summary>A double-quoted YAML scalar. YAML 1.2 takes every JSON string.</summary>
    internal static string Yaml(object? value) => JsonConvert.ToString(Text(value), '"', StringEscapeHandling.EscapeNonAscii);

    /// <summary>Text for an XML element or attribute.</summary>
    internal static string Xml(object? value)
    {
        var text = Text(value);
        return text.All(c => c is '\t' or '\n' or '\r' or (>= ' ' and not '\uFFFE' and not '\uFFFF'))
            ? text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal)
                .Replace("'", "&apos;", StringComparison.Ordinal).Replace("\r", "&#13;", StringComparison.Ordinal)
            : throw new ArgumentException("the value has a control character, which XML cannot express");
    }

    /// <summary>
    /// One word for a POSIX shell, and for a kickstart, which is split by the same rules. Words that need no quotes
    /// are left as they are.
    /// </summary>
    internal static string Shell(object? value)
    {
        var text = OneLine(value);
        return text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "@%_+=:,./-".Contains(c, StringComparison.Ordinal))
            ? text
            : "'" + text.Replace("'", "'\"'\"'", StringComparison.Ordinal) + "'";
    }

    /// <summary>The rest of a line of a preconfiguration file, which knows no quotation marks.</summary>
    internal static string Preseed(object? value)
    {
        var text = OneLine(value);
        return text == text.Trim() && !text.EndsWith('\\')
            ? text
            : throw new ArgumentException("the value begins or ends with white space, or ends with a backslash, which a preconfiguration file cannot express");
    }

    /// <summary>A PowerShell string in single quotes. PowerShell takes the typographic ones for quotes as well.</summary>
    internal static string PowerShell(object? value)
    {
        var quoted = new StringBuilder("'");
        foreach (var c in OneLine(value))
        {
            quoted.Append(c, c is '\'' or '\u2018' or '\u2019' or '\u201A' or '\u201B' ? 2 : 1);
        }

        return quoted.Append('\'').ToString();
    }

    /// <summary>A host name (RFC 1123, one label) made from any text.</summary>
    internal static string HostName(object? value)
    {
        var label = new string([.. Text(value).ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
        label = label.Length > 63 ? label[..63].TrimEnd('-') : label;
        return label.Length > 0 ? label : throw new ArgumentException("nothing of the value can be in a host name");
    }

    private static string OneLine(object? value)
    {
        var text = Text(value);
        return text.Any(char.IsControl) ? throw new ArgumentException("the value has a line break or another control character") : text;
    }

    private static string Text(object? value) => value switch
    {
        null => throw new ArgumentException("there is no value"),
        bool b => b ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
