using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates.Tests;

public sealed class ChosenTemplateTests
{
    private static readonly TemplateCatalogue Catalogue = new(CatalogueCopy.Shipped);

    private static IEnumerable<string> Variables => PackerVariables.Read(Catalogue).All.Keys;

    private static ChosenTemplate Choose(params (string Name, string Text)[] given) =>
        ChosenTemplate.Of(Catalogue, "rocky-9", [.. given.Select(g => GivenVariable.Argument(g.Name, g.Text))]);

    private static FailureException Refused(params (string Name, string Text)[] given) => Assert.Throws<FailureException>(() => Choose(given))!;

    [Test]
    public void Nothing_given_changes_nothing()
    {
        var chosen = Choose();
        Assert.That(JToken.FromObject(chosen.Template), Is.EqualTo(JToken.FromObject(Catalogue.Load("rocky-9"))).Using<JToken>(JToken.DeepEquals));
        Assert.That((chosen.Given.Count, chosen.Values.Count), Is.EqualTo((0, 0)));
    }

    /// <summary>A variable that stands for a field of the template.</summary>
    [TestCase("os_type", "l24", "hardware.os_type", "\"l24\"")]
    [TestCase("sockets", "2", "hardware.sockets", "2")]
    [TestCase("cores", "3", "hardware.cores", "3")]
    [TestCase("cpu_type", "host", "hardware.cpu_type", "\"host\"")]
    [TestCase("memory_mb", "4096", "hardware.memory_mb", "4096")]
    [TestCase("bios", "ovmf", "hardware.bios", "\"ovmf\"")]
    [TestCase("tpm", "true", "hardware.tpm", "true")]
    [TestCase("scsi_controller", "lsi", "hardware.scsi_controller", "\"lsi\"")]
    [TestCase("disk_type", "sata", "hardware.disk_type", "\"sata\"")]
    [TestCase("disk_size", "1T", "hardware.disk_gb", "1024")]
    [TestCase("network_model", "e1000", "hardware.network_model", "\"e1000\"")]
    [TestCase("boot_wait", "3s", "boot.wait", "\"3s\"")]
    [TestCase("boot_command", "[\"<enter>\"]", "boot.command", "[\"<enter>\"]")]
    [TestCase("communicator", "winrm", "communicator", "\"winrm\"")]
    [TestCase("login_timeout", "15s", "login_timeout", "\"15s\"")]
    [TestCase("provision_scripts", "[\"scripts/01-first-boot.sh\", \"cleanup.sh\"]", "provision", "[\"first-boot.sh\", \"cleanup.sh\"]")]
    [TestCase("cloud_init", "false", "cloud_init", "false")]
    public void A_variable_of_the_template_changes_the_template(string name, string text, string path, string field)
    {
        var chosen = Choose((name, text));
        Assert.Multiple(() =>
        {
            Assert.That(JToken.FromObject(chosen.Template).SelectToken(path), Is.EqualTo(JToken.Parse(field)).Using<JToken>(JToken.DeepEquals));
            Assert.That(chosen.Values, Is.Empty, "what the template says already is not said twice");
        });
    }

    [TestCase("disk_format", "qcow2"), TestCase("task_timeout", "30m"), TestCase("boot_key_interval", "1ms"), TestCase("http_port_min", "8500"), TestCase("http_port_max", "8500")]
    public void A_variable_of_Packer_alone_is_handed_on(string name, string text) =>
        Assert.That(Choose((name, text)).Values.Select(v => (v.Key, v.Value.ToString())), Is.EqualTo(new[] { (name, text) }));

    /// <summary>No variable is exempt: whatever is declared is changed in the template, Packer's own, or refused with the right way to say it.</summary>
    [TestCaseSource(nameof(Variables))]
    public void Every_variable_has_a_rule(string name)
    {
        Assert.That(VariableRules.Names, Does.Contain(name), "say in VariableRules what it stands for");
        var rule = VariableRules.Of(name);
        if (rule.Use == VariableUse.Program)
        {
            var failure = Refused((name, "x"));
            Assert.Multiple(() =>
            {
                Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
                Assert.That(failure.Message, Does.Contain(name).And.Contain(rule.Remedy));
            });
        }
        else if (rule.Use == VariableUse.Field)
        {
            var schema = JObject.Parse(File.ReadAllText(Path.Combine(Catalogue.Root, "templates", "template.schema.json")));
            Assert.That(schema.SelectToken("properties." + rule.Field.Replace(".", ".properties.", StringComparison.Ordinal)), Is.Not.Null, rule.Field);
        }
    }

    [Test]
    public void No_rule_is_left_of_a_variable_that_is_gone() => Assert.That(VariableRules.Names.Except(Variables), Is.EqualTo(new[] { ChosenTemplate.TagsVariable }));

    [Test]
    public void A_variable_without_a_rule_is_the_program_s() => Assert.That(VariableRules.Of("brand_new").Use, Is.EqualTo(VariableUse.Program));

    [TestCase("cores", "many", "number"), TestCase("cores", "0x10", "number"), TestCase("cores", "99999999999", "cores"), TestCase("cores", "", "number"), TestCase("cores", "2 3", "number")]
    [TestCase("tpm", "yes", "true or false"), TestCase("tpm", "1", "true or false")]
    [TestCase("boot_command", "<enter>", "list"), TestCase("boot_command", "[1]", "list"), TestCase("boot_command", "[", "list")]
    [TestCase("disk_size", "20", "20G"), TestCase("disk_size", "20480M", "20G"), TestCase("disk_size", "-1G", "20G"), TestCase("disk_size", "999999999T", "20G")]
    [TestCase("task_timeout", "0s", "longer than nothing"), TestCase("login_timeout", "-5m", "longer than nothing")]
    [TestCase("task_timeout", "soon", "duration"), TestCase("login_timeout", "15", "duration"), TestCase("boot_wait", "", "duration")]
    [TestCase("http_port_min", "0", "port"), TestCase("http_port_max", "65536", "port"), TestCase("http_port_min", "1.5", "port")]
    [TestCase("http_port_min", "9500", "9500 to 9000")]
    [TestCase("disk_format", "vhd", "raw")]
    public void A_value_that_a_variable_cannot_have_is_refused(string name, string text, string told)
    {
        var failure = Refused((name, text));
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage), failure.Message);
        Assert.That(failure.Message, Does.Contain(told).And.Contain($"--var={name}"));
    }

    [Test]
    public void A_variable_that_does_not_exist_is_named_with_what_was_meant()
    {
        var failure = Refused(("memory", "1"));
        Assert.That((failure.Kind, failure.Message), Is.EqualTo((FailureKind.Usage, "There is no Packer variable 'memory' (--var=memory=…). Did you mean memory_mb?")));
    }

    [Test]
    public void A_secret_is_not_repeated() =>
        Assert.That(Assert.Throws<FailureException>(() => ChosenTemplate.Of(Catalogue, "rocky-9", [GivenVariable.Variable("winrm_password", "s3cret")]))!.ToString(), Does.Not.Contain("s3cret"));

    [Test]
    public void Of_two_values_the_last_counts() => Assert.That(Choose(("cores", "3"), ("cores", "4")).Template.Hardware.Cores, Is.EqualTo(4));

    [Test]
    public void A_step_that_restarts_the_machine_stays_one()
    {
        using var copy = new CatalogueCopy();
        copy.Change("rocky-9", t => t["provision"] = JArray.Parse("""["first-boot.sh", {"script": "restart.sh", "reboot": true}, "remove-build-user.sh"]"""));
        var chosen = ChosenTemplate.Of(copy.Catalogue, "rocky-9", [GivenVariable.Argument("provision_scripts", """["scripts/02-restart.sh", "remove-build-user.sh"]""")]);
        Assert.That(chosen.Template.Provision, Is.EqualTo(new ProvisionStep[] { new("restart.sh", true), new("remove-build-user.sh") }));
    }

    /// <summary>What is given is checked as the file is, and it is the command line that is wrong, not the file.</summary>
    [TestCase("memory_mb", "512", "512 MiB")]
    [TestCase("disk_size", "2G", "2048 MiB")]
    [TestCase("provision_scripts", "[\"scripts/01-first-boot.sh\"]", "build user")]
    [TestCase("boot_command", "[\"<entre>\"]", "entre")]
    [TestCase("bios", "ovmf", "needs Packer 1.11 or later")]
    [TestCase("tpm", "true", "needs Packer 1.11 or later")]
    [TestCase("disk_type", "floppy", "floppy")]
    [TestCase("cores", "0", "cores")]
    public void A_template_that_is_not_valid_with_what_is_given_is_wrong_usage(string name, string text, string told)
    {
        var validation = new TemplateValidation(Catalogue);
        Assert.That(validation.Require("rocky-9", PackerGeneration.Builtin), Has.None.Property(nameof(TemplateFinding.IsError)).True);
        var failure = Assert.Throws<FailureException>(() => validation.Require(Choose((name, text)), PackerGeneration.Builtin))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage), failure.Message);
        Assert.That(failure.Message, Does.Contain(told).And.Contain($"--var={name}"));
    }

    [Test]
    public void A_file_that_is_not_valid_itself_is_not_blamed_on_what_is_given()
    {
        using var copy = new CatalogueCopy();
        copy.Change("rocky-9", t => t["hardware"]!["memory_mb"] = 512);
        var chosen = ChosenTemplate.Of(copy.Catalogue, "rocky-9", [GivenVariable.Argument("cores", "4")]);
        Assert.That(Assert.Throws<FailureException>(() => new TemplateValidation(copy.Catalogue).Require(chosen))!.Kind, Is.EqualTo(FailureKind.Validation));
    }
}
