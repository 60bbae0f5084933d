using System.Text;

namespace Build.Output;

/// <summary>
/// JSON for another program: it alone is on standard output, so that it can be piped as it is. Cake's headings and
/// report, and everything else that is for people, go to standard error then.
/// </summary>
internal static class MachineOutput
{
    /// <summary>Keeps standard output free for <see cref="Write"/>. Call it before anything is printed.</summary>
    public static void Reserve() => Console.SetOut(Console.Error);

    /// <summary>Writes a line to standard output.</summary>
    public static void Write(string line)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }
}
