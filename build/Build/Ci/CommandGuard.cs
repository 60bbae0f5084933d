using System.Globalization;
using System.Text;

namespace Build.Ci;

/// <summary>
/// A stream of the console in a CI system. These systems take commands out of what a job prints, and much of what is
/// printed here was said by guests, Packer and servers. A space goes into whatever would be a command:
/// <c>::</c> where a line begins and <c>##[</c> anywhere (GitHub Actions; Azure Pipelines formats by the latter),
/// <c>##vso[</c> (Azure Pipelines), <c>##teamcity[</c> (TeamCity), <c>section_start:</c> and <c>section_end:</c> (GitLab).
/// Only <see cref="Command"/> writes commands. Safe for use by several threads.
/// </summary>
/// <param name="inner">The stream itself.</param>
internal sealed class CommandGuard(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    /// <summary>The longest beginning of a command that has to be remembered to recognize its end.</summary>
    private const int Longest = 13;

    private static readonly string[] Commands = ["##[", "##vso[", "##teamcity[", "section_start:", "section_end:"];

    private readonly Lock gate = new();

    /// <summary>The last characters of the line that is being written.</summary>
    private readonly StringBuilder tail = new(Longest + 1);

    /// <summary>Whether nothing but white space has been written in this line.</summary>
    private bool blank = true;

    /// <summary>How many colons stand behind that white space.</summary>
    private int colons;

    /// <summary>Whether the line has anything in it.</summary>
    private bool begun;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Writes a command to the CI system, on a line of its own and as it is.</summary>
    public void Command(string line)
    {
        lock (gate)
        {
            if (begun)
            {
                inner.WriteLine();
            }

            inner.WriteLine(line);
            inner.Flush();
            BeginLine();
        }
    }

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        lock (gate)
        {
            var text = new StringBuilder(buffer.Length + 4);
            foreach (var character in buffer)
            {
                if (EndsCommand(character))
                {
                    text.Append(' ');
                }

                text.Append(character);
                Note(character);
            }

            inner.Write(text);
        }
    }

    // A line in one piece, so that no other thread's is in the middle of it.

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write((value + inner.NewLine).AsSpan());

    /// <inheritdoc/>
    public override void WriteLine() => Write(inner.NewLine);

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    private bool EndsCommand(char character) => character switch
    {
        ':' when blank && colons == 1 => true,
        '[' or ':' => Commands.Any(c => c[^1] == character && Ends(c.AsSpan(0, c.Length - 1))),
        _ => false,
    };

    private bool Ends(ReadOnlySpan<char> beginning) =>
        tail.Length >= beginning.Length
        && tail.ToString(tail.Length - beginning.Length, beginning.Length).AsSpan().Equals(beginning, StringComparison.OrdinalIgnoreCase);

    private void Note(char character)
    {
        if (character is '\r' or '\n')
        {
            BeginLine();
            return;
        }

        begun = true;
        colons = character == ':' && blank ? colons + 1 : colons;
        blank = blank && (character == ':' ? colons == 1 : char.IsWhiteSpace(character) && colons == 0);
        tail.Append(character);
        if (tail.Length > Longest)
        {
            tail.Remove(0, 1);
        }
    }

    private void BeginLine()
    {
        tail.Clear();
        (blank, colons, begun) = (true, 0, false);
    }
}
