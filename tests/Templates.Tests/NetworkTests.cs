using CsCheck;
using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates.Tests;

/// <summary>Sites without DHCP: the address reaches the boot command, the unattended file, and nothing else has to be written.</summary>
public sealed class NetworkTests
{
    private const string Network = "{address: '192.0.2.50/24', gateway: '192.0.2.1', dns: ['192.0.2.53', '192.0.2.54']}";

    private CatalogueCopy copy = null!;

    [SetUp]
    public void SetUp() => copy = new CatalogueCopy();

    [TearDown]
    public void TearDown() => copy.Dispose();

    private static IEnumerable<string> Ids => new TemplateCatalogue(CatalogueCopy.Shipped).Ids();

    [TestCaseSource(nameof(Ids))]
    public void The_address_is_one_field_away_in_every_template(string id)
    {
        foreach (var bios in new[] { "seabios", "ovmf" })
        {
            copy.Change(id, t =>
            {
                t["network"] = JObject.Parse(Network);
                t["hardware"]!["bios"] = bios;
            });
            Assert.That(copy.Check(id, PackerGeneration.Plugin).Where(f => f.IsError).Select(f => f.ToString()), Is.Empty, bios);
            var template = copy.Catalogue.Load(id);
            var files = string.Join('\n', new AssetRenderer(copy.Catalogue).Render(template, BuildAccess.Sample(template)).Select(a => a.Text));
            var typed = string.Concat(template.BootCommand);
            Assert.Multiple(() =>
            {
                if (id.StartsWith("rocky", StringComparison.Ordinal))
                {
                    Assert.That(files, Does.Contain("network --bootproto=static --device=link --ip=192.0.2.50 --netmask=255.255.255.0 --gateway=192.0.2.1 --nameserver=192.0.2.53,192.0.2.54 --onboot=on"));
                    Assert.That(typed, Does.Contain($" ip=192.0.2.50::192.0.2.1:255.255.255.0:{id}::none nameserver=192.0.2.53 nameserver=192.0.2.54 inst.ks="));
                }
                else if (id.StartsWith("ubuntu", StringComparison.Ordinal))
                {
                    Assert.That(files, Does.Contain("          - \"192.0.2.50/24\"").And.Contain("via: \"192.0.2.1\"").And.Contain("            - \"192.0.2.54\""));
                    Assert.That(typed, Does.Match($" ip=192\\.0\\.2\\.50::192\\.0\\.2\\.1:255\\.255\\.255\\.0:{id.Replace('.', '-')}::none:192\\.0\\.2\\.53:192\\.0\\.2\\.54 \"ds=nocloud"));
                }
                else if (id.StartsWith("debian", StringComparison.Ordinal))
                {
                    Assert.That(typed, Does.Contain("netcfg/disable_autoconfig=true netcfg/get_ipaddress=192.0.2.50 netcfg/get_netmask=255.255.255.0 netcfg/get_gateway=192.0.2.1 netcfg/get_nameservers=192.0.2.53 netcfg/confirm_static=true url="));
                }
                else
                {
                    Assert.That(files, Does.Contain("New-NetIPAddress -InterfaceIndex $i -IPAddress 192.0.2.50 -PrefixLength 24 -DefaultGateway 192.0.2.1; Set-DnsClientServerAddress -InterfaceIndex $i -ServerAddresses 192.0.2.53,192.0.2.54"));
                    Assert.That(typed, Does.Not.Contain("192.0.2.50"));
                }
            });
        }
    }

    [Test]
    public void With_the_files_on_an_image_the_boot_command_needs_no_address()
    {
        copy.Change("rocky-9", t =>
        {
            t["network"] = JObject.Parse(Network);
            t["unattended"] = "iso";
            t["unattended_label"] = "OEMDRV";
            t["boot"]!["command"] = new JArray("<up><enter>");
        });
        Assert.That(copy.Check("rocky-9").Where(f => f.IsError), Is.Empty);
        Assert.That(copy.Catalogue.Load("rocky-9").BootCommand, Is.EqualTo(new[] { "<up><enter>" }));
    }

    [Test]
    public void A_boot_command_that_has_an_address_of_its_own_is_left_alone()
    {
        copy.Change("rocky-9", t =>
        {
            t["network"] = JObject.Parse(Network);
            t["boot"]!["command"] = new JArray("<up><tab> inst.text ip=192.0.2.50::192.0.2.1:24:a:ens18:none inst.ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/ks.cfg<enter>");
        });
        var template = copy.Catalogue.Load("rocky-9");
        Assert.That(template.BootCommand, Is.EqualTo(template.Boot.Command));
    }

    [TestCase("{address: '192.0.2.50/24', gateway: '192.0.3.1'}", "network", "192.0.3.1 is no other IPv4 address in the network of 192.0.2.50/24")]
    [TestCase("{address: '192.0.2.50/24', gateway: '192.0.2.50'}", "network", "192.0.2.50 is no other")]
    [TestCase("{address: '192.0.2.0/24', gateway: '192.0.2.1'}", "network", "of the network itself")]
    [TestCase("{address: '192.0.2.255/24', gateway: '192.0.2.1'}", "network", "of the network itself")]
    [TestCase("{address: '192.0.2.50/33', gateway: '192.0.2.1'}", "network", "192.0.2.50/33 is no IPv4 address")]
    [TestCase("{address: '192.0.2.500/24', gateway: '192.0.2.1'}", "network", "192.0.2.500/24 is no IPv4 address")]
    [TestCase("{address: '192.0.2.50/24', gateway: '192.0.2.1', dns: ['1.2.3.4.5']}", "network", "1.2.3.4.5 is no IP address")]
    public void What_is_no_network_is_found(string network, string code, string told)
    {
        copy.Change("rocky-9", t => t["network"] = JObject.Parse(network));
        var finding = copy.Error("rocky-9", code);
        Assert.That(finding.Message, Does.Contain(told));
        Assert.That(finding.Line, Is.GreaterThan(0));
    }

    [Test]
    public void Two_templates_cannot_have_one_address()
    {
        copy.Change("rocky-9", t => t["network"] = JObject.Parse(Network));
        copy.Change("rocky-10", t => t["network"] = JObject.Parse(Network));
        Assert.That(copy.Error("rocky-9", "network-twice").Message, Does.Contain("rocky-10"));
    }

    [Test]
    public void A_file_that_does_not_set_the_address_is_found()
    {
        copy.Change("rocky-9", t => t["network"] = JObject.Parse(Network));
        copy.Replace("os/rocky/ks.cfg.scriban", "{{~ if template.network ~}}", "{{~ if false ~}}");
        Assert.That(copy.Error("rocky-9", "network-not-used").Message, Does.Contain("ks.cfg does not set the address 192.0.2.50"));
    }

    [Test]
    public void A_clone_that_cannot_be_told_its_address_is_warned_of()
    {
        copy.Change("windows-2025", t => t["network"] = JObject.Parse(Network));
        Assert.That(copy.Check("windows-2025").Select(f => (f.Code, f.IsError)), Is.EqualTo(new[] { ("network-clone", false) }));
        copy.Change("windows-2025", t => t["smoke_test"] = new JObject { ["skip"] = "no DHCP server" });
        Assert.That(copy.Check("windows-2025"), Is.Empty);
    }

    [Test]
    public void An_address_of_the_command_line_takes_the_place_of_the_file_s()
    {
        var missing = Assert.Throws<FailureException>(() => ChosenTemplate.Of(copy.Catalogue, "rocky-9", null, "192.0.2.60/24"))!;
        Assert.That((missing.Kind, missing.Message.Contains("gateway", StringComparison.Ordinal)), Is.EqualTo((FailureKind.Usage, true)));
        copy.Change("rocky-9", t => t["network"] = JObject.Parse(Network));
        Assert.That(ChosenTemplate.Of(copy.Catalogue, "rocky-9", null, "192.0.2.60/24").Template.Network!.Ip, Is.EqualTo("192.0.2.60"));
        var wrong = Assert.Throws<FailureException>(() => new TemplateValidation(copy.Catalogue).Require(ChosenTemplate.Of(copy.Catalogue, "rocky-9", null, "198.51.100.60/24")))!;
        Assert.That(wrong.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(wrong.Message, Does.Contain("--guest-address=198.51.100.60/24"));
    }

    [Test]
    public void A_mask_has_as_many_bits_as_the_network() => Gen.Int[1, 32].Sample(bits =>
    {
        var bytes = System.Net.IPAddress.Parse(new NetworkSettings { Address = $"192.0.2.1/{bits}" }.Netmask).GetAddressBytes();
        return bytes.Sum(b => System.Numerics.BitOperations.PopCount(b)) == bits && bytes.Zip(bytes.Skip(1)).All(p => p.First == 255 || p.Second == 0);
    });
}
