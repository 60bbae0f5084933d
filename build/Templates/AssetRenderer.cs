using System.Text;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Templates;

/// <summary>An unattended asset as the installer gets it.</summary>
/// <param name="Target">The path under which the installer finds it, with forward slashes.</param>
/// <param name="Text">Its text; UTF-8 without a byte order mark on the wire and on the disk.</param>
/// <param name="Format">What it is: <c>kickstart</c>, <c>autoinstall</c>, <c>unattend</c>, <c>preseed</c> or <c>text</c>.</param>
/// <param name="Source">The file that it comes from, relative to <c>infra/packer</c>.</param>
/// <param name="Secret">Whether it has a secret in it, so that it must not lie where others can read it.</param>
public sealed record RenderedAsset(string Target, string Text, string Format, string Source, bool Secret)
{
    /// <summary>The bytes that the installer gets.</summary>
    public byte[] Bytes => Encoding.UTF8.GetBytes(Text);
}

/// <summary>
/// Renders assets with Scriban. They see <c>template</c> (the fields of <c>template.json</c> by the same names, and
/// <c>id</c>), <c>vars</c> (its own values) and <c>build</c> (<c>username</c>, <c>chain_id</c>, and <c>ssh_public_key</c>
/// or <c>password</c>). The functions <c>yaml</c>, <c>xml</c>, <c>sh</c>, <c>ps</c>, <c>preseed</c> write a value into a format,
/// <c>hostname</c> makes a host name. A name that does not exist is an error, never an empty text.
/// </summary>
/// <param name="catalogue">The catalogue.</param>
public sealed class AssetRenderer(TemplateCatalogue catalogue)
{
    /// <summary>The ending of files that are rendered; all others are taken as they are.</summary>
    public const string Extension = ".scriban";

    private readonly TemplateFiles files = new(catalogue);

    /// <summary>Renders all assets of a template.</summary>
    /// <exception cref="FailureException">One cannot be found or rendered.</exception>
    public IReadOnlyList<RenderedAsset> Render(Template template, BuildAccess access) =>
        [.. template.Assets.Select(asset => Render(template, asset, access))];

    /// <summary>Renders one asset.</summary>
    /// <exception cref="FailureException">It cannot be found or rendered.</exception>
    public RenderedAsset Render(Template template, Asset asset, BuildAccess access)
    {
        try
        {
            return TryRender(template, asset, access);
        }
        catch (AssetException e)
        {
            throw new FailureException(
                FailureKind.Validation, $"The asset {asset.Target} of {template.Id} cannot be rendered", e.Place + e.Message, e.Remedy, cause: e);
        }
    }

    /// <summary>Renders one asset.</summary>
    /// <exception cref="AssetException">It cannot be found or rendered.</exception>
    internal RenderedAsset TryRender(Template template, Asset asset, BuildAccess access)
    {
        var file = files.TryFind(template, asset.Source)
            ?? throw new AssetException("asset-missing", "", 0, $"there is no file {asset.Source} in {files.Where(template)}", "Add the file or correct the name");
        var text = File.ReadAllText(file.Path);
        var rendered = file.Name.EndsWith(Extension, StringComparison.Ordinal) ? Render(file, text, Model(template, access)) : text;
        var secret = text.Contains("build.password", StringComparison.Ordinal)
            || (access.Password is { Length: > 0 } password && rendered.Contains(password, StringComparison.Ordinal));
        return new RenderedAsset(asset.Target, rendered, asset.Format, file.File, secret);
    }

    private static string Render(TemplateFile file, string text, ScriptObject model)
    {
        var parsed = Scriban.Template.Parse(text, file.File);
        if (parsed.HasErrors)
        {
            var first = parsed.Messages.First(m => m.Type == ParserMessageType.Error);
            throw new AssetException("asset-syntax", file.File, first.Span.Start.Line + 1, first.Message.TrimEnd('.'), "Correct the Scriban expression");
        }

        var context = new TemplateContext
        {
            StrictVariables = true,
            EnableRelaxedFunctionAccess = false,
            EnableRelaxedIndexerAccess = false,
            EnableRelaxedMemberAccess = false,
            EnableRelaxedTargetAccess = false,
            LoopLimit = 10_000,
        };
        context.PushGlobal(new AssetFunctions());
        context.PushGlobal(model);
        try
        {
            return parsed.Render(context).ReplaceLineEndings("\n");
        }
        catch (ScriptRuntimeException e)
        {
            var why = (e.InnerException?.Message ?? e.OriginalMessage).TrimEnd('.');
            throw new AssetException(
                "asset-render", file.File, e.Span.Start.Line + 1, why, "Assets may use template, vars and build; see infra/packer/README.md");
        }
    }

    private static ScriptObject Model(Template template, BuildAccess access)
    {
        var fields = (ScriptObject)Value(JObject.FromObject(template, JsonSerializer.CreateDefault()))!;
        fields["id"] = template.Id;

        // What a run has not is not there, so that using it is an error.
        var build = new ScriptObject { ["username"] = access.Username, ["chain_id"] = access.ChainId };
        if (access.SshPublicKey is not null)
        {
            build["ssh_public_key"] = access.SshPublicKey;
        }

        if (access.Password is not null)
        {
            build["password"] = access.Password;
        }

        return new ScriptObject { ["template"] = fields, ["vars"] = Value(template.Vars), ["build"] = build };
    }

    private static object? Value(JToken token)
    {
        switch (token)
        {
            case JObject o:
                var fields = new ScriptObject();
                foreach (var (name, value) in o)
                {
                    fields[name] = Value(value!);
                }

                return fields;
            case JArray a:
                return new ScriptArray(a.Select(Value));
            default:
                return ((JValue)token).Value;
        }
    }
}

/// <summary>An asset cannot be found or rendered.</summary>
internal sealed class AssetException(string code, string file, int line, string message, string remedy) : Exception(message)
{
    internal string Code { get; } = code;

    internal string File { get; } = file;

    internal int Line { get; } = line;

    internal string Remedy { get; } = remedy;

    internal string Place => File.Length == 0 ? "" : $"{File}:{Line}: ";
}
