using Foundation;
using Newtonsoft.Json.Linq;
using Proxmox.Api;
using Proxmox.Machines;
using Templates;

namespace Proxmox.Tests;

/// <summary>
/// Every variable of <c>variables.pkr.hcl</c>, none left out: a value that is given for it is refused as wrong usage, or the
/// plan has it and a template without it is no template of that build. What is Packer's own is tried in whole builds
/// (<c>OverriddenVariablesTests</c> of the EndToEnd tests).
/// </summary>
public sealed class OverriddenVariableTests
{
    private const string Id = "rocky-9";

    /// <summary>A value that rocky-9 does not have, with what else has to be given for it to make sense.</summary>
    private static readonly Dictionary<string, (string Value, (string Name, string Value)[] With)> Machine = new()
    {
        ["os_type"] = ("other", []), ["sockets"] = ("2", []), ["cores"] = ("3", []), ["cpu_type"] = ("host", []), ["memory_mb"] = ("3072", []),
        ["bios"] = ("ovmf", []), ["tpm"] = ("true", []), ["pre_enrolled_keys"] = ("false", [("bios", "ovmf")]), ["machine"] = ("q35", []), ["numa"] = ("true", []), ["serials"] = ("[\"socket\"]", []),
        ["scsi_controller"] = ("virtio-scsi-pci", []), ["disk_type"] = ("virtio", []), ["disk_size"] = ("20G", []), ["disk_cache_mode"] = ("writeback", []), ["disk_discard"] = ("false", []),
        ["disk_ssd"] = ("true", []), ["disk_asyncio"] = ("native", []), ["network_model"] = ("e1000", []), ["cloud_init"] = ("false", [("provision_scripts", "[\"first-boot.sh\", \"cleanup.sh\", \"remove-build-user.sh\"]")]), ["cloud_init_disk_type"] = ("scsi", []), ["tags"] = ("golden", []),
    };

    /// <summary>What the VM does not show.</summary>
    private static readonly Dictionary<string, string> OfPacker = new()
    {
        ["boot_wait"] = "3s", ["boot_command"] = "[\"<up><tab> inst.text inst.ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/ks.cfg <enter>\"]", ["boot_key_interval"] = "7ms", ["login_timeout"] = "40m", ["task_timeout"] = "30m",
        ["http_port_min"] = "8600", ["http_port_max"] = "8700", ["provision_scripts"] = "[\"first-boot.sh\", \"cloud-init.sh\", \"cleanup.sh\", \"remove-build-user.sh\"]", ["vm_interface"] = "eth1",
    };

    /// <summary>Options under another name: the program reads them, and their own tests are those of the options.</summary>
    private static readonly string[] OfOptions = ["http_bind_address", "http_interface"];

    private static IEnumerable<string> Variables => PackerVariables.Read(BuildComparisonTests.Catalogue).All.Keys.Append("tags");

    [Test]
    public void It_is_refused_or_the_template_has_to_have_it([ValueSource(nameof(Variables))] string name, [Values] PackerGeneration generation)
    {
        var (value, with) = Machine.TryGetValue(name, out var ofMachine) ? ofMachine : (OfPacker.GetValueOrDefault(name, "x"), []);
        GivenVariable[] given = [.. with.Append((name, value)).Select(g => GivenVariable.Argument(g.Item1, g.Item2))];
        BuildPlan plan;
        Template changed;
        try
        {
            var chosen = ChosenTemplate.Of(BuildComparisonTests.Catalogue, Id, given);
            new TemplateValidation(BuildComparisonTests.Catalogue).Require(chosen, generation);
            changed = Named(chosen.Template);
            plan = BuildComparisonTests.Plan(changed, generation, name == "tags" ? value : "", chosen);
        }
        catch (FailureException refused)
        {
            Assert.That(refused.Kind, Is.EqualTo(FailureKind.Usage), refused.Message);
            Assert.That(refused.Message, Does.Contain(name));
            Assert.That(generation == PackerGeneration.Builtin || !(Machine.ContainsKey(name) || OfPacker.ContainsKey(name)), $"Packer of today takes it: {refused.Message}");
            return;
        }

        if (name != "tags" && !OfOptions.Contains(name))
        {
            var variable = PackerVariables.Read(BuildComparisonTests.Catalogue).All[name];
            var planned = plan.Variables[name]!;
            Assert.That(name == "provision_scripts" ? planned.Select(s => ((string)s!)[11..]) : [planned.ToString(Newtonsoft.Json.Formatting.None)], Is.EqualTo(
                name == "provision_scripts" ? JArray.Parse(value).Select(s => (string?)s) : [variable.Type == "string" ? JToken.FromObject(value).ToString(Newtonsoft.Json.Formatting.None) : JToken.Parse(value).ToString(Newtonsoft.Json.Formatting.None)]));
        }

        Assert.That(plan.Given.Select(g => g.Name), Does.Contain(name), "what is recorded as given");
        if (!Machine.ContainsKey(name))
        {
            Assert.That(OfPacker.Keys.Concat(OfOptions), Does.Contain(name), "whoever lets a variable be given says here what shows it");
            return;
        }

        IEnumerable<string> Differing(Template template, string tags) => BuildComparison.Of(
            plan, new VmConfig(BuildComparisonTests.Server(template, generation, tags, terse: true)), "packer").Where(f => !f.Agrees).Select(f => f.ToString());
        Assert.That(Differing(changed, name == "tags" ? value : ""), Is.Empty, "a server that did what it was asked");

        // Packer 1.6 never sets discard: a value that asks for none agrees with what is there.
        Assert.That(Differing(Named(BuildComparisonTests.Catalogue.Load(Id)), ""), name == "disk_discard" && generation == PackerGeneration.Builtin ? Is.Empty : Is.Not.Empty, "a server that has the template's own value");
    }

    private static Template Named(Template template) => template with { Id = "t", Title = "A title" };
}
