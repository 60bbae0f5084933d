using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>A <c>template.json</c> that was read, with the positions of its values.</summary>
internal sealed class TemplateDocument
{
    private static readonly JsonSerializerSettings Settings = new() { MaxDepth = 32 };

    private readonly Lazy<Template> template;

    private TemplateDocument(string id, string path, string file, JObject json)
    {
        Id = id;
        Json = json;
        File = file;
        template = new Lazy<Template>(() => Bind(id, path, file, json));
    }

    /// <summary>The template's id.</summary>
    internal string Id { get; }

    /// <summary>The parsed text.</summary>
    internal JObject Json { get; }

    /// <summary>The file as messages name it.</summary>
    internal string File { get; }

    /// <summary>The template.</summary>
    /// <exception cref="FailureException">A value is missing or of the wrong type.</exception>
    internal Template Template => template.Value;

    /// <summary>Parses a file.</summary>
    /// <exception cref="FailureException">It is not JSON, or not an object.</exception>
    internal static TemplateDocument Read(string id, string path, string file)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(System.IO.File.ReadAllText(path))) { MaxDepth = 32, DateParseHandling = DateParseHandling.None };
            var json = JToken.ReadFrom(reader, new JsonLoadSettings
            {
                LineInfoHandling = LineInfoHandling.Load,
                DuplicatePropertyNameHandling = DuplicatePropertyNameHandling.Error,
                CommentHandling = CommentHandling.Ignore,
            });
            while (reader.Read())
            {
                if (reader.TokenType != JsonToken.Comment)
                {
                    throw new JsonReaderException("there is more text after its end", "", reader.LineNumber, reader.LinePosition, null);
                }
            }

            return json is JObject found
                ? new TemplateDocument(id, path, file, found)
                : throw new JsonReaderException("it is not an object", "", 1, 1, null);
        }
        catch (JsonReaderException e)
        {
            throw Unreadable(file, e.LineNumber, Plain(e.Message), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, 0, e.Message, e);
        }
    }

    /// <summary>Changes a value, before the template is asked for.</summary>
    /// <param name="path">The names of fields with dots between them: <c>hardware.cores</c>.</param>
    /// <param name="value">The new value.</param>
    internal void Set(string path, JToken value)
    {
        var names = path.Split('.');
        var at = Json;
        foreach (var name in names[..^1])
        {
            if (at[name] is not JObject below)
            {
                at[name] = below = [];
            }

            at = below;
        }

        at[names[^1]] = value;
    }

    /// <summary>Leaves a value out, before the template is asked for.</summary>
    internal void Remove(string path)
    {
        if (path.Length > 0)
        {
            Find(path)?.Parent?.Remove();
        }
    }

    /// <summary>The line of a value, or of the nearest one around it that is there.</summary>
    /// <param name="path">The path in JSONPath's short form: <c>boot.command[0]</c>.</param>
    internal int LineOf(string path)
    {
        for (; ; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
        {
            // What was given beside the file has no line in it.
            if (Find(path) is { } token && (((IJsonLineInfo)token).HasLineInfo() || path.Length == 0))
            {
                return ((IJsonLineInfo)token).LineNumber;
            }
        }
    }

    /// <summary>The value at a path, or null. Field names can be anything, so that a path need not be one.</summary>
    internal JToken? Find(string path)
    {
        try
        {
            return path.Length == 0 ? Json : Json.SelectToken(path);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Template Bind(string id, string path, string file, JObject json)
    {
        try
        {
            var template = json.ToObject<Template>(JsonSerializer.Create(Settings))!;
            return template with { Id = id, Folder = Path.GetDirectoryName(path)! };
        }
        catch (JsonException e)
        {
            var line = e switch
            {
                JsonSerializationException s => s.LineNumber,
                JsonReaderException r => r.LineNumber,
                _ => 0,
            };
            throw Unreadable(file, line, Plain(e.Message), e);
        }
        catch (Exception e) when (e is OverflowException or FormatException or ArgumentException)
        {
            throw Unreadable(file, 0, Plain(e.Message), e);
        }
    }

    private static FailureException Unreadable(string file, int line, string why, Exception cause) => new(
        FailureKind.Validation,
        $"The template {(line == 0 ? file : $"{file}:{line}")} cannot be read",
        why,
        "Correct the file; templates/template.schema.json says what it may contain, and an editor checks it",
        cause: cause);

    // Newtonsoft's messages end in "Path 'x', line 3, position 4."; the line is said already.
    private static string Plain(string message)
    {
        var end = message.IndexOf(" Path '", StringComparison.Ordinal);
        var text = (end < 0 ? message : message[..end]).Trim();

        // Its own type names mean nothing to who wrote the file.
        return text.StartsWith("Error reading J", StringComparison.Ordinal) ? "it is empty, or no JSON"
            : text.StartsWith("Unterminated string", StringComparison.Ordinal) ? "it ends in the middle of a text, whose quote is not closed"
            : text.StartsWith("Unexpected end ", StringComparison.Ordinal) ? "it ends before its last bracket or quote is closed"
            : text;
    }
}
