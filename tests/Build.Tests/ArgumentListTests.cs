using Build.CommandLine;
using CsCheck;
using Foundation;

namespace Build.Tests;

internal sealed class ArgumentListTests
{
    private static FailureException Refused(params string[] arguments)
    {
        var failure = Assert.Throws<FailureException>(() => ArgumentList.Parse(arguments))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        return failure;
    }

    [TestCase("--template=rocky-9")]
    [TestCase("--template", "rocky-9")]
    [TestCase("--template:rocky-9")]
    [TestCase("--TEMPLATE=rocky-9")]
    public void An_option_may_be_written_in_every_way_that_Cake_knows(params string[] arguments) =>
        Assert.That(ArgumentList.Parse(arguments).Get("template"), Is.EqualTo("rocky-9"));

    [Test]
    public void A_value_may_contain_equals_signs_and_colons() =>
        Assert.That(ArgumentList.Parse(["--var=url=https://a/?b=c"]).GetAll("var"), Is.EqualTo(["url=https://a/?b=c"]));

    [Test]
    public void A_repeatable_option_keeps_all_values_in_order() =>
        Assert.That(ArgumentList.Parse(["--var=a=1", "--var", "b=2"]).GetAll("var"), Is.EqualTo(["a=1", "b=2"]));

    [Test]
    public void The_same_option_twice_with_different_values_is_refused() =>
        Assert.That(Refused("--template=a", "--template=b").Message, Does.Contain("--template=a,b"));

    [Test]
    public void A_secret_on_the_command_line_is_refused_without_repeating_it()
    {
        var failure = Refused("--proxmox-password=hunter2");
        Assert.That(failure.Message, Does.Contain("PROXMOX_PASSWORD").And.Not.Contain("hunter2"));
    }

    [Test]
    public void A_missing_value_is_named() => Assert.That(Refused("--template", "--tree").Message, Does.Contain("--template=<id>"));

    [TestCase("--working=elsewhere", "--working")]
    [TestCase("-w=elsewhere", "-w")]
    [TestCase("--settings_verbosity=quiet", "--settings_verbosity")]
    public void What_Cake_knows_and_this_program_does_not_offer_is_refused(string argument, string option) =>
        Assert.That(Refused(argument).Message, Does.StartWith($"Unknown option {option}"));

    [TestCase("--keep-workspace", true)]
    [TestCase("--keep-workspace=true", true)]
    [TestCase("--keep-workspace=false", false)]
    [TestCase("--keep-workspace:FALSE", false)]
    public void A_switch_may_be_turned_on_and_off(string argument, bool on) =>
        Assert.That(ArgumentList.Parse([argument]).IsOn("keep-workspace"), Is.EqualTo(on));

    [TestCase("--dryrun=yes", "--dryrun")]
    [TestCase("--dryrun=1", "--dryrun")]
    [TestCase("--dryrun=", "--dryrun")]
    [TestCase("-e=yes", "--exclusive")]
    [TestCase("--rotate-token=no", "--rotate-token")]
    [TestCase("--keep-workspace:no", "--keep-workspace")]
    public void A_switch_with_any_other_value_is_refused(string argument, string option) =>
        Assert.That(Refused(argument).Message, Does.Contain(option + "=").And.Contain($"{option}=false"));

    [TestCase("rocky-9", "--target=BuildTemplate --template=rocky-9")]
    [TestCase("Validat", "--target=Validate?")]
    [TestCase("List", "--target=List?")]
    [TestCase("-", "--help")]
    public void A_bare_word_is_told_what_it_probably_stands_for(string word, string meant) =>
        Assert.That(Refused(word).Message, Does.Contain(meant));

    [TestCase("--template=rocky-9", "--target=BuildTemplate --template=rocky-9")]
    [TestCase("--var=a=1", "--target=BuildTemplate --template=<id> --var…")]
    public void What_is_meant_for_a_build_is_not_given_to_the_list(string argument, string meant)
    {
        var failure = Assert.Throws<FailureException>(() => Targets.CheckOptions(ArgumentList.Parse([argument])))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain(meant));
        Assert.DoesNotThrow(() => Targets.CheckOptions(ArgumentList.Parse([argument, "--target=Validate"])));
        Assert.DoesNotThrow(() => Targets.CheckOptions(ArgumentList.Parse([argument, "--tree"])));
    }

    [Test]
    public void Whatever_is_given_is_read_or_refused_as_wrong_usage() =>
        Gen.String[0, 40].Array[0, 5].Sample(arguments =>
        {
            try
            {
                ArgumentList.Parse(arguments);
            }
            catch (FailureException failure) when (failure.Kind == FailureKind.Usage)
            {
            }
        });
}
