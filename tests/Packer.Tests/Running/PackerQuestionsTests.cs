using Packer.Running;

namespace Packer.Tests.Running;

/// <summary>The questions of <c>packer build -debug</c>, which have no line end.</summary>
[Platform("Linux,MacOsX")]
public sealed class PackerQuestionsTests
{
    private const string First = "==> proxmox-iso.vm: Pausing after run of step 'StepDownload'. Press enter to continue. ";
    private const string Second = "==> proxmox-iso.vm: Pausing after run of step 'stepUploadISO'. Press enter to continue. ";

    private static async Task<IReadOnlyList<string>> AskedAsync(Action<PackerQuestions> packer, int count)
    {
        using var terminal = PseudoTerminal.Open();
        var asked = new List<string>();
        using var ended = new CancellationTokenSource();
        var questions = new PackerQuestions(terminal, (question, _) =>
        {
            asked.Add(question);
            if (asked.Count == count)
            {
                ended.Cancel();
            }

            return Task.FromResult<string?>(null);
        });
        packer(questions);
        await questions.AnswerAsync(ended.Token);
        return asked;
    }

    [Test]
    public async Task Each_is_asked_once_however_the_line_grows()
    {
        var asked = await AskedAsync(
            q =>
            {
                q.TakePart(First[..40]);
                q.TakePart(First);
                q.TakePart(First + Second);
                q.TakePart(First + Second + "==> proxmox-iso.vm: Creat");
                Assert.That(q.TakeLine(First + Second + "==> proxmox-iso.vm: Creating VM"), Is.EqualTo("==> proxmox-iso.vm: Creating VM"), "the line without them");
                q.TakePart(First);
            },
            3);
        Assert.That(asked, Is.EqualTo(new[] { First.Trim(), Second.Trim(), First.Trim() }), "and again on the next line");
    }

    [TestCase("==> proxmox-iso.vm: Creating VM")]
    [TestCase("    proxmox-iso.vm: a script that says Press enter to continue.")]
    public async Task Other_lines_are_none(string line)
    {
        var asked = await AskedAsync(
            q =>
            {
                q.TakePart(line);
                Assert.That(q.TakeLine(line), Is.EqualTo(line));
                q.TakePart(First);
            },
            1);
        Assert.That(asked, Is.EqualTo(new[] { First.Trim() }));
    }
}
