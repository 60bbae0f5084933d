using Foundation;
using Newtonsoft.Json.Linq;
using Packer.Running;
using Packer.Staging;
using Packer.Tools;
using Proxmox;
using Proxmox.Transport;
using Templates;

namespace Packer.Tests.Staging;

public sealed class WorkspaceTests
{
    private const string Password = "the-password-of-packer@pve";

    private TestFolder folder = null!;
    private SecretSet secrets = null!;

    [SetUp]
    public void SetUp()
    {
        folder = new TestFolder();
        secrets = new SecretSet();
        Directory.CreateDirectory(folder["hidden"]);
    }

    [TearDown]
    public void TearDown() => folder.Dispose();

    [TestCase("rocky-9")]
    [TestCase("ubuntu-22.04")]
    [TestCase("ubuntu-24.04")]
    [TestCase("windows-2022")]
    public async Task Packer_finds_nothing_wrong_with_the_workspace_of(string id)
    {
        Assume.That(ToolHost.Current().Programs("packer"), Is.Not.Empty, "Packer is not installed");
        using var workspace = await Stage(id);
        var findings = await new PackerRunner(Tool(), secrets, new Recorder()).ValidateAsync(workspace);
        Assert.That(findings, Is.Empty);
    }

    [Test]
    public async Task A_certificate_that_was_given_as_text_is_what_Packer_trusts()
    {
        using var workspace = await Stage("rocky-9", r => r with { Connection = r.Connection with { CertificateFile = null, CertificateText = "-----BEGIN CERTIFICATE-----\ngiven\n-----END CERTIFICATE-----" } });
        Assert.That(File.ReadAllText(workspace.Environment["SSL_CERT_FILE"]), Does.StartWith("-----BEGIN CERTIFICATE-----\ngiven\n-----END CERTIFICATE-----\n"));
    }

    [Test]
    public async Task Packer_1_6_takes_what_it_can_of_a_template_s_options()
    {
        Assume.That(ToolHost.Current().Programs("packer"), Is.Not.Empty, "Packer is not installed");
        using var workspace = await Stage("rocky-9", with: t => t with
        {
            VmInterface = "eth1",
            Hardware = t.Hardware with
            {
                CpuFlags = ["+aes"], Vga = new VgaSettings { Type = "std", Memory = 32 }, Disk = new DiskSettings { CacheMode = "writeback" },
                NetworkAdapters = [new NetworkAdapter { Firewall = true, PacketQueues = 2 }, new NetworkAdapter { Model = "e1000", VlanTag = 7 }],
            },
        });
        Assert.That(await new PackerRunner(Tool(), secrets, new Recorder()).ValidateAsync(workspace), Is.Empty);
    }

    [Test]
    public async Task Every_file_is_an_input_with_its_hash_and_no_secret_is_in_the_workspace()
    {
        using var workspace = await Stage("rocky-9");
        var files = Directory.EnumerateFiles(workspace.Folder, "*", SearchOption.AllDirectories).ToArray();
        Assert.That(
            workspace.Inputs.Select(i => (i.Path, i.Sha256)),
            Is.EquivalentTo(files.Select(f => (Path.GetRelativePath(workspace.Folder, f), FileHash.Sha256(f)))));
        Assert.That(workspace.Inputs.Select(i => i.Path), Does.Contain("http/ks.cfg").And.Contains("source.pkr.hcl").And.Contains("ca.pem"));
        foreach (var text in files.Select(File.ReadAllText))
        {
            Assert.That(secrets.MaskIn(text), Is.SameAs(text));
        }
    }

    [Test]
    public async Task A_windows_password_is_in_the_secret_folder_only_and_gone_with_it()
    {
        var workspace = await Stage("windows-2022");
        Assert.That(Path.GetFileName(workspace.AssetImage), Is.EqualTo("win-1-assets.iso"));
        Assert.That(workspace.Inputs.Select(i => i.Path), Does.Contain("iso/Autounattend.xml").And.Contains("win-1-assets.iso"));
        Assert.That(Directory.Exists(Path.Combine(workspace.Folder, "iso")), Is.False);
        Assert.That(Directory.EnumerateFiles(folder["hidden"], "*.iso", SearchOption.AllDirectories).Count(), Is.EqualTo(1));
        foreach (var text in Directory.EnumerateFiles(workspace.Folder, "*", SearchOption.AllDirectories).Select(File.ReadAllText))
        {
            Assert.That(secrets.MaskIn(text), Is.SameAs(text));
        }

        workspace.Dispose();
        Assert.That(Directory.EnumerateFileSystemEntries(folder["hidden"]), Is.Empty);
        Assert.That(Directory.Exists(workspace.Folder), Is.False);
    }

    [Test]
    public async Task A_kept_workspace_has_the_secrets_for_its_owner_alone()
    {
        var workspace = await Stage("rocky-9");
        var copies = workspace.Keep();
        workspace.Dispose();
        Assert.That(File.GetUnixFileMode(Path.Combine(copies, "ssh_key")), Is.EqualTo(AtomicFile.OwnerOnly));
    }

    [Test]
    public async Task Packer_gets_the_plan_s_values_and_the_proxy()
    {
        using var workspace = await Stage("rocky-9", r => r with { HttpProxy = new("http://127.0.0.1:3128") });
        var values = JObject.Parse(await File.ReadAllTextAsync(Path.Combine(workspace.Folder, "workspace.auto.pkrvars.json")));
        Assert.That((string?)values["vm_name"], Is.EqualTo("win-1"));
        Assert.That(values.ContainsKey("ssh_private_key_file"), Is.False, "it would go before the environment");
        Assert.That(workspace.Environment["HTTPS_PROXY"], Is.EqualTo("http://127.0.0.1:3128/"));
        Assert.That(workspace.Environment["NO_PROXY"], Does.Contain("127.0.0.1"));
    }

    [TestCase(null, true)]
    [TestCase("http://127.0.0.1:3128", false)]
    public async Task A_server_that_is_reached_by_proxy_is_reached_by_Packer_so(string? way, bool direct)
    {
        using var workspace = await Stage("rocky-9", r => r with
        {
            HttpProxy = new("http://127.0.0.1:3128"),
            Connection = r.Connection with { Url = new Uri("https://pve.example.net:8006"), Proxy = way is null ? null : ServerProxy.At(way) },
        });
        Assert.That(workspace.Environment["NO_PROXY"].Split(',').Contains("pve.example.net"), Is.EqualTo(direct));
    }

    [Test]
    public async Task Two_proxies_are_more_than_Packer_can_have()
    {
        var failure = (await Assert.ThrowsAsync<FailureException>(() => Stage("rocky-9", r => r with
        {
            HttpProxy = new("http://joe:S3cret@guests:3128"), Connection = r.Connection with { Proxy = ServerProxy.At("http://ann:S3cret@servers:3128") },
        })))!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain("http://guests:3128").And.Contain("http://servers:3128").And.Contain("NO_PROXY").And.Not.Contain("S3cret"));
    }

    [Test]
    public async Task The_password_of_a_proxy_is_a_secret()
    {
        using var workspace = await Stage("rocky-9", r => r with { HttpProxy = new("http://joe:S3cret%20of%20joe@127.0.0.1:3128") });
        Assert.That(secrets.Values, Does.Contain("S3cret%20of%20joe").And.Contain("S3cret of joe"));
    }

    [Test]
    public void The_plugin_gets_an_address_or_an_interface_and_Packer_1_6_the_address_of_the_interface()
    {
        static (string, string) Values(HttpServing http, PackerGeneration generation)
        {
            var values = http.Variables(generation);
            return ((string)values["http_bind_address"]!, (string)values["http_interface"]!);
        }

        var plugin = PackerGeneration.Plugin;
        var here = HttpServing.At(System.Net.IPAddress.Loopback);
        Assert.That(Values(here, plugin), Is.EqualTo(("127.0.0.1", "")));
        Assert.That(Values(here, PackerGeneration.Builtin), Is.EqualTo(("127.0.0.1", "")));
        Assert.That(Values(HttpServing.On("eth9"), plugin), Is.EqualTo(("", "eth9")));
        foreach (var network in System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name).Distinct())
        {
            if (HttpServing.On(network).Told is { } told)
            {
                Assert.That(Values(HttpServing.On(network), PackerGeneration.Builtin), Is.EqualTo((told, "")), network);
            }
        }
    }

    [Test]
    public async Task The_plugin_logs_in_with_the_token_and_packer_1_6_refuses_a_login_without_a_password()
    {
        var token = new ProxmoxCredentials { Username = "packer@pve", TokenName = "build", TokenSecret = "f1c5d2aa-0000-4000-8000-123456789abc" };
        using var workspace = await Stage("rocky-9", r => r with
        {
            Connection = r.Connection with { Credentials = token }, Packer = new PackerTool("/x", "1.11.2", PackerGeneration.Plugin, "1.2.2"),
        });
        Assert.That(workspace.Environment["PROXMOX_USERNAME"], Is.EqualTo("packer@pve!build"));
        Assert.That(workspace.Environment["PROXMOX_TOKEN"], Is.EqualTo(token.TokenSecret));

        var failure = await Assert.ThrowsAsync<FailureException>(() => Stage("rocky-9", r => r with { Connection = r.Connection with { Credentials = token } }));
        Assert.That(failure!.Message, Does.Contain("no API tokens"));
    }

    private async Task<Workspace> Stage(string id, Func<WorkspaceRequest, WorkspaceRequest>? change = null, Func<Template, Template>? with = null)
    {
        var catalogue = new TemplateCatalogue(Path.Combine(TestFolder.Repository, "infra", "packer"));
        var template = with?.Invoke(catalogue.Load(id)) ?? catalogue.Load(id);
        var chain = new ChainId(UtcStamp.From(DateTimeOffset.UnixEpoch), id);
        var credentials = BuildCredentials.Create(template, chain, secrets);
        var request = new WorkspaceRequest
        {
            Catalogue = catalogue,
            Plan = BuildPlan.Of(catalogue, new BuildPlanRequest
            {
                Template = template, Generation = PackerGeneration.Builtin, Chain = chain, Vmid = template.Vmid.First, VmName = "win-1",
                Username = credentials.Access.Username,
                Place = new BuildPlace
                {
                    Api = "https://127.0.0.1:8006/api2/json", Node = "pve", StorageVm = "local-lvm", StorageType = "lvmthin", StorageIso = "local", Bridge = "vmbr0",
                },
            }),
            Packer = Tool(),
            IsoMaker = new ToolFinder(folder["tools"], new Recorder()).FindIsoMaker(),
            Connection = new ProxmoxConnection
            {
                Url = new Uri("https://127.0.0.1:8006"), Node = "pve", StorageVm = "local-lvm", StorageIso = "local", Bridge = "vmbr0",
                Credentials = new ProxmoxCredentials { Username = "packer@pve", Password = Password },
                CertificateFile = folder.Write("node.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            },
            Credentials = credentials,
        };
        return await Workspace.StageAsync(change?.Invoke(request) ?? request, folder["work/" + Guid.NewGuid().ToString("N")], secrets, folder["hidden"]);
    }

    private static PackerTool Tool() => new(ToolHost.Current().Programs("packer").FirstOrDefault() ?? "packer", "1.6.6", PackerGeneration.Builtin, null);
}
