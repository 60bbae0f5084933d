using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Build.Output;

/// <summary>
/// JSON for another program: it alone is on standard output, so that it can be piped as it is. Cake's headings and
/// report, and everything else that is for people, go to standard error then.
/// </summary>
internal static class MachineOutput
{
    /// <summary>Whether the standard output is kept free.</summary>
    public static bool IsReserved { get; private set; }

    /// <summary>Keeps standard output free for <see cref="Write"/>. Call it before anything is printed.</summary>
    public static void Reserve()
    {
        IsReserved = true;
        Console.SetOut(Console.Error);
    }

    /// <summary>
    /// How strings are written: <c>#</c> is escaped, with which Azure Pipelines, TeamCity and GitHub Actions find their
    /// commands in whatever a job prints.
    /// </summary>
    public static JavaScriptEncoder Encoder { get; } = JavaScriptEncoder.Create(Allowed());

    /// <summary>JSON on one line.</summary>
    /// <param name="write">Writes it.</param>
    public static string Json(Action<Utf8JsonWriter> write)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = Encoder }))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static TextEncoderSettings Allowed()
    {
        var allowed = new TextEncoderSettings(UnicodeRanges.BasicLatin);
        allowed.ForbidCharacter('#');
        return allowed;
    }

    /// <summary>Writes a line to standard output.</summary>
    public static void Write(string line)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }
}
