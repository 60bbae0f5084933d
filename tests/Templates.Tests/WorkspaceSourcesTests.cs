using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates.Tests;

public sealed class WorkspaceSourcesTests
{
    private static readonly TemplateCatalogue Catalogue = new(CatalogueCopy.Shipped);

    private static IEnumerable<string> Ids => Catalogue.Ids();

    private static JObject Values(Template template)
    {
        var values = PackerVariables.Of(template);
        values["node"] = "pve";
        values["proxmox_url"] = "https://127.0.0.1:8006/api2/json";
        values["vm_id"] = template.Vmid.First;
        values["storage_pool"] = "local-lvm";
        values["bridge"] = "vmbr0";
        values["iso_file"] = "local:iso/" + template.Iso.File;
        values["build_username"] = "build-abcdefgh";
        if (template.HasFurtherMedia)
        {
            values["additional_iso_files"] = new JArray(
                PackerVariables.Medium(0, "local:iso/virtio-win.iso"), PackerVariables.Medium(1, "local:iso/answers.iso"));
        }

        return values;
    }

    private static string Stage(string folder, Template template, PackerGeneration generation, JObject values)
    {
        foreach (var file in new WorkspaceSources(Catalogue).Files(generation, template, values))
        {
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, file.Target), file.Text);
        }

        Directory.CreateDirectory(Path.Combine(folder, "scripts"));
        var scripts = new TemplateFiles(Catalogue).Scripts(template);
        for (var i = 0; i < scripts.Count; i++)
        {
            File.Copy(scripts[i].Path, Path.Combine(folder, WorkspaceSources.ScriptTarget(i, scripts[i].Name)));
        }

        if (!template.UnattendedIso)
        {
            Directory.CreateDirectory(Path.Combine(folder, WorkspaceSources.HttpFolder));
        }

        return folder;
    }

    private static (int Code, string Output) Packer(string folder, params string[] arguments)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(p => Path.Combine(p, "packer")).FirstOrDefault(File.Exists);
        Assume.That(path, Is.Not.Null, "Packer is not installed");
        var key = Path.Combine(folder, "key");
        File.WriteAllText(key, System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256).ExportECPrivateKeyPem());
        var environment = new Dictionary<string, string>
        {
            ["PROXMOX_USERNAME"] = "packer@pve",
            ["PROXMOX_PASSWORD"] = "not-used",
            ["PKR_VAR_ssh_private_key_file"] = key,
            ["PKR_VAR_winrm_password"] = "not-used-either",
            ["CHECKPOINT_DISABLE"] = "1",
            ["PACKER_NO_COLOR"] = "1",
        };
        return CatalogueCopy.Run(path!, folder, environment, arguments);
    }

    private static bool IsBuiltin(string folder) => Packer(folder, "version").Output.Contains("v1.6", StringComparison.Ordinal);

    private string folder = null!;

    [SetUp]
    public void SetUp() => folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "workspace-tests-" + Guid.NewGuid().ToString("N"))).FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(folder, recursive: true);

    [TestCaseSource(nameof(Ids))]
    public void ThePackerThatIsInstalledValidatesTheWorkspace(string id)
    {
        Assume.That(IsBuiltin(folder), "the plugin would have to be downloaded");
        var template = Catalogue.Load(id);
        var workspace = Stage(Path.Combine(folder, "w"), template, PackerGeneration.Builtin, Values(template));

        var (code, output) = Packer(workspace, "validate", ".");

        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public void AnImageWithAnswersForLinuxValidatesToo()
    {
        Assume.That(IsBuiltin(folder), "the plugin would have to be downloaded");
        var template = Catalogue.Load("rocky-9") with { Unattended = "iso", UnattendedLabel = "OEMDRV" };
        var workspace = Stage(Path.Combine(folder, "w"), template, PackerGeneration.Builtin, Values(template));

        var (code, output) = Packer(workspace, "validate", ".");

        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public void ARestartIsExpectedInItsStepAlone()
    {
        var linux = Catalogue.Load("rocky-9") with { Provision = ["a.sh", new ProvisionStep("b.sh", Reboot: true), "c.sh"] };
        var windows = Catalogue.Load("windows-2022") with { Provision = ["a.ps1", new ProvisionStep("b.ps1", Reboot: true), "c.ps1"] };
        string Build(Template template) => new WorkspaceSources(Catalogue).Files(PackerGeneration.Plugin, template, Values(template)).Single(f => f.Target == "build.pkr.hcl").Text;

        var blocks = Build(linux).Split("provisioner \"shell\"")[1..];
        var windowsBlocks = Build(windows).Split("  provisioner ")[1..];

        Assert.That(blocks.Select(b => b.Contains("expect_disconnect   = true", StringComparison.Ordinal)), Is.EqualTo(new[] { false, true, false }));
        Assert.That(windowsBlocks.Select(b => b.Split('"')[1]), Is.EqualTo(new[] { "powershell", "powershell", "windows-restart", "powershell" }));
        Assert.That(PackerVariables.Of(linux)["provision_scripts"]!.ToObject<string[]>(), Is.EqualTo(new[] { "scripts/01-a.sh", "scripts/02-b.sh", "scripts/03-c.sh" }));
    }

    [Test]
    public void PackerItselfRefusesAMissingScript()
    {
        Assume.That(IsBuiltin(folder), "the plugin would have to be downloaded");
        var template = Catalogue.Load("rocky-9");
        var workspace = Stage(Path.Combine(folder, "w"), template, PackerGeneration.Builtin, Values(template));
        File.Delete(Path.Combine(workspace, "scripts", "01-first-boot.sh"));

        Assert.That(Packer(workspace, "validate", ".").Code, Is.Not.Zero);
    }

    [TestCaseSource(nameof(Ids))]
    public void TheHclOfBothGenerationsIsFormatted(string id)
    {
        var template = Catalogue.Load(id);
        foreach (var generation in Enum.GetValues<PackerGeneration>())
        {
            var workspace = Stage(Path.Combine(folder, generation.ToString()), template, generation, Values(template));
            foreach (var file in Directory.EnumerateFiles(workspace, "*.pkr.hcl"))
            {
                var (code, output) = Packer(folder, "fmt", "-check", "-diff", file);
                Assert.That(code, Is.Zero, output);
            }
        }
    }

    [TestCaseSource(nameof(Ids))]
    public void ThePluginsSourceNamesOnlyVariablesThatExistAndTheBuiltinOnesTheSame(string id)
    {
        var template = Catalogue.Load(id);
        var variables = PackerVariables.Read(Catalogue).All.Keys.ToHashSet();
        foreach (var file in Directory.EnumerateFiles(CatalogueCopy.Shipped, "*.*", SearchOption.AllDirectories).Where(f => f.EndsWith(".pkr.hcl", StringComparison.Ordinal)))
        {
            var used = System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(file), @"var\.([a-z0-9_]+)").Select(m => m.Groups[1].Value).Distinct();
            Assert.That(used, Is.SubsetOf(variables), file);
        }

        Assert.That(Values(template).Properties().Select(p => p.Name), Is.SubsetOf(variables));
    }

    /// <summary>What one of them cannot say stands in the how-to, and in the variable's own description.</summary>
    [Test]
    public void BothGenerationsSayTheSameButForWhatOneOfThemCannot()
    {
        static HashSet<string> Used(string folder) => [.. System.Text.RegularExpressions.Regex.Matches(
            File.ReadAllText(Path.Combine(CatalogueCopy.Shipped, folder, "source.pkr.hcl")), @"\bvar\.([a-z0-9_]+)").Select(m => m.Groups[1].Value)];
        var (plugin, builtin) = (Used("plugin"), Used("builtin"));
        var described = PackerVariables.Read(Catalogue).All;
        Assert.That(builtin.Except(plugin), Is.EqualTo(new[] { "storage_pool_type" }), "the plugin finds the storage's type out");
        Assert.That(
            plugin.Except(builtin).Where(v => !described[v].Description.Contains("Packer 1.11 and later", StringComparison.Ordinal)),
            Is.EquivalentTo(new[] { "pre_enrolled_keys", "additional_iso_files" }), "the first needs bios, the second the program attaches itself");
    }

    [Test]
    public void TheInputsAreFilesOfTheCatalogue()
    {
        foreach (var template in Ids.Select(Catalogue.Load))
        {
            foreach (var generation in Enum.GetValues<PackerGeneration>())
            {
                Assert.That(WorkspaceSources.Inputs(generation, template), Has.All.Matches<string>(f => File.Exists(Path.Combine(CatalogueCopy.Shipped, f!))));
            }
        }
    }
}

public sealed class PackerVariablesTests
{
    private readonly PackerVariables variables = PackerVariables.Read(new TemplateCatalogue(CatalogueCopy.Shipped));

    [Test]
    public void EveryVariableIsDescribedAndTheSecretIsMarked() => Assert.Multiple(() =>
    {
        Assert.That(variables.All.Values, Has.All.Matches<PackerVariable>(v => v!.Description.Length > 0));
        Assert.That(variables.All.Values.Where(v => v.Sensitive).Select(v => v.Name), Is.EqualTo(new[] { "winrm_password" }));
        Assert.That(variables.All["http_port_min"].Default!.Value<int>(), Is.EqualTo(8000));
        Assert.That(variables.All["node"].Default, Is.Null);
    });

    [Test]
    public void NoVariableIsMissed()
    {
        var text = File.ReadAllText(Path.Combine(CatalogueCopy.Shipped, "variables.pkr.hcl"));
        Assert.That(variables.All, Has.Count.EqualTo(text.Split('\n').Count(l => l.StartsWith("variable ", StringComparison.Ordinal))));
        Assert.That(variables.All.Values.Count(v => v.Default is not null), Is.EqualTo(text.Split('\n').Count(l => l.StartsWith("  default ", StringComparison.Ordinal))));
    }

    [Test]
    public void MissingUnknownAndSecretValuesAreRefused() => Assert.Multiple(() =>
    {
        Assert.That(Assert.Throws<FailureException>(() => variables.Complete([]))!.Message, Does.Contain("node").And.Contain("boot_command"));
        var unknown = Assert.Throws<FailureException>(() => variables.Complete(new JObject { ["memory"] = 1 }));
        Assert.That(unknown!.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(unknown.Message, Does.Contain("memory_mb"));
        Assert.That(
            Assert.Throws<FailureException>(() => variables.Complete(new JObject { ["winrm_password"] = "x" }))!.Message,
            Does.Contain("PKR_VAR_winrm_password").And.Not.Contain("'x'"));
    });

    [TestCase("virtio-scsi-single", "scsi", true)]
    [TestCase("virtio-scsi-single", "virtio", true)]
    [TestCase("virtio-scsi-single", "sata", false)]
    [TestCase("lsi", "virtio", false)]
    public void TheDiskHasAThreadOnlyWherePackerAllowsIt(string controller, string disk, bool thread)
    {
        var template = new Template { Hardware = new Hardware { ScsiController = controller, DiskType = disk } };
        Assert.That((bool)PackerVariables.Of(template)["disk_io_thread"]!, Is.EqualTo(thread));
    }
}
