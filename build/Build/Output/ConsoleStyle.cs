namespace Build.Output;

/// <summary>
/// Whether a stream of the console may be coloured. Only what has to be found at a glance is: warnings and errors.
/// Everything else has the terminal's own foreground, which can be read on every background.
/// </summary>
internal static class ConsoleStyle
{
    /// <summary>Decides by the conventions of no-color.org (<c>NO_COLOR</c>) and bixense.com/clicolors (<c>CLICOLOR_FORCE</c>, <c>CLICOLOR</c>).</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="redirected">Whether the stream is a file or a pipe.</param>
    public static bool MayColour(Func<string, string?> variable, bool redirected)
    {
        if (!string.IsNullOrEmpty(variable("NO_COLOR")))
        {
            return false;
        }

        if (variable("CLICOLOR_FORCE") is { Length: > 0 } and not "0")
        {
            return true;
        }

        return !redirected && variable("CLICOLOR") != "0" && variable("TERM") is not ("dumb" or "");
    }

    /// <summary>A text in one of the terminal's own sixteen colours, which its owner has chosen to be readable.</summary>
    /// <param name="text">The text; what is in it is shown as it is.</param>
    /// <param name="code">The SGR code, such as 31 for red.</param>
    public static string Coloured(string text, int code) => $"\u001b[{code}m{text}\u001b[0m";
}
