using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace Packer.Running;

/// <summary>Answers a question of Packer's.</summary>
/// <param name="question">It, in Packer's words.</param>
/// <param name="cancellation">Packer has ended.</param>
/// <returns>The answer; null when nobody answers, which is Enter.</returns>
public delegate Task<string?> PackerAnswer(string question, CancellationToken cancellation);

/// <summary>
/// The questions of <c>packer build -debug</c>: in Packer's output they have no line end, and what it says next stands behind
/// them. Source: <c>packer-plugin-sdk</c>, <c>multistep/commonsteps/multistep_debug.go</c>, and <c>packer/provisioner.go</c> of Packer.
/// </summary>
internal sealed partial class PackerQuestions(PseudoTerminal terminal, PackerAnswer answer)
{
    private readonly Channel<string> asked = Channel.CreateUnbounded<string>();
    private int known;

    /// <summary>Takes what a line has so far. Called by one thread, as <see cref="TakeLine"/>.</summary>
    public void TakePart(string part)
    {
        foreach (var question in Question().Matches(part).Skip(known))
        {
            known++;
            asked.Writer.TryWrite(question.Value.Trim());
        }
    }

    /// <summary>Takes a whole line, and returns what is in it beside questions.</summary>
    public string TakeLine(string line)
    {
        known = 0;
        return Question().Replace(line, "");
    }

    /// <summary>Has the questions answered, one after another, until Packer has ended.</summary>
    public async Task AnswerAsync(CancellationToken ended)
    {
        try
        {
            await foreach (var question in asked.Reader.ReadAllAsync(ended))
            {
                terminal.Type(await answer(question, ended) ?? "");
            }
        }
        catch (OperationCanceledException)
        {
            // Packer has ended, or is being interrupted.
        }
    }

    [GeneratedRegex(@"(?:==> [A-Za-z0-9_.-]{1,100}: )?Pausing [^\r\n]{1,300}?Press enter to continue\. ?")]
    private static partial Regex Question();
}
