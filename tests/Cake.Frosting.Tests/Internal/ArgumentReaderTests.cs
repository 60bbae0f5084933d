using Cake.Frosting.Internal;
using CsCheck;
using Spectre.Console.Cli;

namespace Cake.Frosting.Tests.Internal;

public sealed class ArgumentReaderTests
{
    private static readonly Gen<string> Name = Gen.OneOf(
        "--target", "-t", "--working", "-w", "--verbosity", "-v", "--description", "--descriptions", "--showdescription",
        "--showdescriptions", "--tree", "--showtree", "--dryrun", "--noop", "--whatif", "--exclusive", "-e", "--version",
        "--ver", "--info", "--no-report", "--template", "--var", "--records", "--runtime-root", "--Target", "--TREE", "-x",
        "--x", "--1st", "--a_b", "--foo-", "--foo.bar", "--settings_noreport", "-te", "--é", "--fooé", "---foo", "--");

    private static readonly Gen<string> Value = Gen.Frequency(
        (6, Gen.OneOf("A", "BuildTemplate", "quiet", "Diagnostic", "d", "7", "a,b", "key=value", "a:b", "/tmp/x", "a b", "true", "false", "", "-", "-1", "-x", "\"q\"", "'q'", "=x", "[x]", "@x", "C:\\x")),
        (1, Gen.Char["ab=:,-\"' /\\.[]{}1\té"].Array[0, 5].Select(characters => new string(characters))));

    private static readonly Gen<string[]> Part = Gen.OneOf(
        Name.Select(name => new[] { name }),
        Gen.Select(Name, Value, (name, value) => new[] { name, value }),
        Gen.Select(Name, Value, (name, value) => new[] { name + "=" + value }),
        Gen.Select(Name, Value, (name, value) => new[] { name + ":" + value }));

    [Test]
    public void What_it_reads_it_reads_as_Spectre_does()
    {
        var read = 0;
        Part.Array[0, 4].Select(parts => parts.SelectMany(part => part).ToArray()).Sample(
            args =>
            {
                if (!ArgumentReader.TryRead(args, out var options, out var remaining))
                {
                    return;
                }

                Interlocked.Increment(ref read);
                Assert.That(Text(options, remaining), Is.EqualTo(ReadWithSpectre(args)), string.Join('␣', args));
            },
            iter: 3000,
            threads: 1);
        Assert.That(read, Is.GreaterThan(300), "hardly any line was read");
    }

    [TestCase("")]
    [TestCase("--target=BuildTemplate --template=rocky-9 --environment sandbox --var a=1 --var b=2 --parallel=2")]
    [TestCase("-t A --target B --target=C -e -v Diagnostic -w /tmp")]
    [TestCase("--tree")]
    [TestCase("--dryrun --verbosity=quiet --no-report")]
    [TestCase("--description")]
    [TestCase("--version")]
    public void It_reads_the_usual_lines(string line)
    {
        var args = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(ArgumentReader.TryRead(args, out var options, out var remaining), Is.True);
        Assert.That(Text(options!, remaining!), Is.EqualTo(ReadWithSpectre(args)));
    }

    private static string ReadWithSpectre(string[] args)
    {
        var text = "refused";
        SpectreCommand.Run(args, (options, remaining) =>
        {
            text = Text(options, remaining);
            return 0;
        });
        return text;
    }

    private static string Text(HostOptions options, IRemainingArguments remaining)
        => options with { Targets = [] }
            + " targets: " + string.Join('|', options.Targets)
            + " parsed: " + string.Join(' ', remaining.Parsed.Select(group => group.Key + "=" + string.Join('|', group.Select(value => value ?? "null"))))
            + " raw: " + string.Join('|', remaining.Raw);
}
