using Foundation;

namespace Templates.Tests;

public sealed class BuildPlanTests
{
    private static readonly TemplateCatalogue Catalogue = new(CatalogueCopy.Shipped);

    private static readonly BuildPlace Place = new()
    {
        Api = "https://pve1:8006/api2/json", Node = "pve1", Pool = "packer", StorageVm = "local-lvm", StorageType = "lvmthin", StorageIso = "local", Bridge = "vmbr0",
    };

    private static BuildPlan Plan(string id, Func<BuildPlanRequest, BuildPlanRequest>? change = null, params (string Name, string Text)[] given)
    {
        var chosen = ChosenTemplate.Of(Catalogue, id, [.. given.Select(g => GivenVariable.Argument(g.Name, g.Text))]);
        var request = new BuildPlanRequest
        {
            Template = chosen.Template, Given = chosen.Given, Values = chosen.Values, Generation = PackerGeneration.Builtin, Place = Place, Vmid = 9100,
            Chain = new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), id), VmName = "vm-1", Username = "build-abc",
        };
        return BuildPlan.Of(Catalogue, change?.Invoke(request) ?? request);
    }

    [Test]
    public void It_has_a_value_for_every_variable_that_is_no_secret()
    {
        var declared = PackerVariables.Read(Catalogue).All.Values.Where(v => !v.Sensitive).Select(v => v.Name);
        Assert.That(Plan("rocky-9").Variables.Properties().Select(p => p.Name), Is.EqualTo(declared));
    }

    [Test]
    public void Place_run_and_template_are_in_it()
    {
        var plan = Plan("rocky-9", r => r with { Place = Place with { Vlan = 42 } }, ("memory_mb", "4096"));
        Assert.Multiple(() =>
        {
            Assert.That(plan.Number("memory_mb"), Is.EqualTo(4096));
            Assert.That(plan.Template.Hardware.MemoryMb, Is.EqualTo(4096));
            Assert.That((plan.Text("node"), plan.Text("pool"), plan.Text("bridge"), plan.Text("vlan_tag")), Is.EqualTo(("pve1", "packer", "vmbr0", "42")));
            Assert.That((plan.Text("storage_pool"), plan.Text("storage_pool_type")), Is.EqualTo(("local-lvm", "lvm-thin")));
            Assert.That(plan.InstallationMedium, Is.EqualTo("local:iso/" + plan.Template.Iso.File));
            Assert.That((plan.Text("build_username"), plan.Text("vm_name"), plan.Number("vm_id")), Is.EqualTo(("build-abc", "vm-1", 9100)));
        });
    }

    [Test]
    public void Packer_of_today_gets_further_media_and_beside_the_old_one_the_program_attaches_them()
    {
        var old = Plan("windows-2022");
        var today = Plan("windows-2022", r => r with { Generation = PackerGeneration.Plugin });
        var drivers = "local:iso/" + old.Template.AdditionalIsos[0].File;
        Assert.Multiple(() =>
        {
            Assert.That((old.AttachesMedia, old.Text("boot_wait"), old.Variables["additional_iso_files"]!.Count()), Is.EqualTo((true, "60s", 0)));
            Assert.That(today.AttachesMedia, Is.False);
            Assert.That(today.Variables["additional_iso_files"]!.Select(m => ((string?)m["device"], (string?)m["iso_file"])), Is.EqualTo(new[]
            {
                ("sata1", "local:iso/vm-1-assets.iso"), ("sata2", drivers),
            }));
            Assert.That(old.FurtherMedia, Is.EqualTo(new[] { "local:iso/vm-1-assets.iso", drivers }));
        });
    }

    [Test]
    public void The_sandbox_gets_no_waits_but_those_that_were_asked_for()
    {
        var quick = Plan("rocky-9", r => r with { BootWaitFactor = 0 });
        var asked = Plan("rocky-9", r => r with { BootWaitFactor = 0 }, ("boot_wait", "3s"), ("boot_key_interval", "7ms"));
        Assert.Multiple(() =>
        {
            Assert.That((quick.Text("boot_wait"), quick.Text("boot_key_interval")), Is.EqualTo(("-1s", "1ms")));
            Assert.That(quick.Variables["boot_command"]!.ToString(), Does.Not.Contain("<wait"));
            Assert.That((asked.Text("boot_wait"), asked.Text("boot_key_interval")), Is.EqualTo(("3s", "7ms")));
        });
    }

    [Test]
    public void An_emulated_machine_is_waited_for_longer_and_told_the_address_at_which_it_sees_Packer()
    {
        var plan = Plan("ubuntu-24.04", r => r with { BootWaitFactor = 3, HttpAddressForGuests = "192.0.2.2" });
        Assert.Multiple(() =>
        {
            Assert.That((plan.Text("boot_wait"), plan.Text("boot_key_interval")), Is.EqualTo(("24s", "100ms")));
            Assert.That(plan.Variables["boot_command"]!.ToObject<string[]>()![0], Is.EqualTo("c<wait2><wait2><wait2>"));
            Assert.That(plan.Variables["boot_command"]!.ToString(), Does.Contain("http://192.0.2.2:{{ .HTTPPort }}/").And.Not.Contain("HTTPIP"));
        });
    }

    [Test]
    public void In_the_sandbox_windows_waits_a_moment_for_its_media_and_nothing_is_typed_while_it_is_off_for_them()
    {
        var plan = Plan("windows-2022", r => r with { BootWaitFactor = 0 });
        Assert.That(plan.Text("boot_wait"), Is.EqualTo("-1s"));
        Assert.That(plan.Variables["boot_command"]!.ToObject<string[]>(), Is.EqualTo(new[] { "<wait1s>" }));
    }

    [TestCase("lvmthin"), TestCase("zfspool"), TestCase("rbd")]
    public void A_storage_of_blocks_has_no_formats(string type)
    {
        var failure = Assert.Throws<FailureException>(() => Plan("rocky-9", r => r with { Place = Place with { StorageType = type } }, ("disk_format", "qcow2")))!;
        Assert.That((failure.Kind, failure.Message.Contains("raw", StringComparison.Ordinal)), Is.EqualTo((FailureKind.Usage, true)), failure.Message);
        Assert.That(Plan("rocky-9", r => r with { Place = Place with { StorageType = "dir" } }, ("disk_format", "qcow2")).Text("disk_format"), Is.EqualTo("qcow2"));
    }
}
