using System.Diagnostics;

namespace Sandbox.Tests;

/// <summary>Whole builds by Packer 1.6, whose builders are part of it, with no more privileges than they need.</summary>
public sealed class PackerTests
{
    private static readonly string? Packer = Find();

    private static readonly string[] Privileges =
    [
        "VM.Allocate", "VM.Audit", "VM.Clone", "VM.Config.CDROM", "VM.Config.CPU", "VM.Config.Cloudinit", "VM.Config.Disk", "VM.Config.HWType", "VM.Config.Memory",
        "VM.Config.Network", "VM.Config.Options", "VM.Console", "VM.GuestAgent.Audit", "VM.PowerMgmt", "Datastore.AllocateSpace", "Datastore.Audit", "SDN.Use",
    ];

    private const string Template = """
        source "proxmox-iso" "vm" {
          node                 = "pve"
          vm_id                = 900
          vm_name              = "rocky-9"
          template_name        = "rocky-9"
          template_description = "built by a test"
          os                   = "l26"
          cores                = 2
          memory               = 2048
          qemu_agent           = true
          scsi_controller      = "virtio-scsi-pci"
          disks {
            type              = "scsi"
            disk_size         = "16G"
            format            = "raw"
            storage_pool      = "local-lvm"
            storage_pool_type = "lvm-thin"
          }
          network_adapters {
            model  = "virtio"
            bridge = "vmbr0"
          }
          iso_file                = "local:iso/Rocky-9.6-x86_64-minimal.iso"
          cloud_init              = true
          cloud_init_storage_pool = "local-lvm"
          boot_wait               = "1ms"
          boot_key_interval       = "1ms"
          boot_command            = ["<up><tab> inst.text inst.ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/ks.cfg<enter>"]
          http_directory          = "http"
          http_bind_address       = "127.0.0.1"
          http_interface          = "lo"
          communicator            = "ssh"
          ssh_username            = "build"
          ssh_private_key_file    = "key"
          ssh_timeout             = "60s"
          ssh_proxy_host          = "127.0.0.1"
          ssh_proxy_port          = SOCKS
        }
        build {
          sources = ["source.proxmox-iso.vm"]
          provisioner "shell" {
            inline = ["# step.sh: does nothing", "true"]
          }
        }
        """;

    // Another builder of Packer: it clones a template by name, logs in with what cloud-init was told, and makes a template again.
    private const string Layer = """
        source "proxmox-clone" "layer" {
          node                    = "pve"
          clone_vm                = "rocky-9"
          full_clone              = true
          vm_id                   = 901
          vm_name                 = "rocky-9-docker"
          template_name           = "rocky-9-docker"
          template_description    = "layered"
          os                      = "l26"
          cores                   = 2
          memory                  = 2048
          qemu_agent              = true
          scsi_controller         = "virtio-scsi-pci"
          network_adapters {
            model  = "virtio"
            bridge = "vmbr0"
          }
          cloud_init              = true
          cloud_init_storage_pool = "local-lvm"
          communicator            = "ssh"
          ssh_username            = "layer"
          ssh_private_key_file    = "key"
          ssh_timeout             = "60s"
          ssh_proxy_host          = "127.0.0.1"
          ssh_proxy_port          = SOCKS
        }
        build {
          sources = ["source.proxmox-clone.layer"]
          provisioner "shell" {
            inline = ["# layer.sh: does nothing", "true"]
          }
        }
        """;

    [SetUp]
    public void Need() => Assume.That(Packer, Is.Not.Null, "Packer 1.6, whose builders these tests are about, is not on the search path (Debian: the package packer)");

    [Test]
    public async Task A_build_makes_a_template_and_a_second_one_makes_another_from_it()
    {
        await using var node = await TestNode.StartAsync();
        using var folder = await WorkspaceAsync(node);
        var (code, output) = await BuildAsync(node, folder);
        Assert.That(code, Is.Zero, output + Said(node));
        var config = (await node.Root.GetAsync("nodes/pve/qemu/900/config")).Data!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((int?)config["template"], Is.EqualTo(1));
            Assert.That((string?)config["name"], Is.EqualTo("rocky-9"));
            Assert.That((string?)config["scsi0"], Does.StartWith("local-lvm:base-900-disk-0,").And.EndsWith("size=16G"));
            Assert.That((string?)config["ide2"], Does.Match("^local:iso/Rocky-9.6-x86_64-minimal.iso,media=cdrom,size=[0-9]+[KMG]?$"));
            Assert.That((string?)config["ide3"], Is.EqualTo("local-lvm:vm-900-cloudinit,media=cdrom"));
        }

        await WriteAsync(node, folder, Layer);
        (code, output) = await BuildAsync(node, folder);
        Assert.That(code, Is.Zero, output + Said(node));
        var layered = (await node.Root.GetAsync("nodes/pve/qemu/901/config")).Data!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((int?)layered["template"], Is.EqualTo(1));
            Assert.That((string?)layered["name"], Is.EqualTo("rocky-9-docker"));
            Assert.That((string?)layered["description"], Is.EqualTo("layered"));
            Assert.That((string?)layered["scsi0"], Does.StartWith("local-lvm:base-901-disk-0,").And.EndsWith("size=16G"));
            Assert.That(Said(node), Does.Contain("layer.sh"), "the script ran in the clone");
            Assert.That((string?)(await node.Root.GetAsync("nodes/pve/qemu/900/config")).Data!["name"], Is.EqualTo("rocky-9"), "what was cloned is as it was");
        }
    }

    [Test]
    public async Task A_script_can_be_made_to_fail_and_nothing_is_left()
    {
        await using var node = await TestNode.StartAsync(o => o with { Faults = [SandboxFault.Parse("script:step.sh=3")] });
        using var folder = await WorkspaceAsync(node);
        var (code, output) = await BuildAsync(node, folder);
        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain("non-zero exit status: 3"));
        Assert.That((await node.Root.GetAsync("nodes/pve/qemu")).Data!.AsArray(), Is.Empty);
    }

    private static string Said(TestNode node)
    {
        lock (node.Log)
        {
            return string.Join('\n', node.Log);
        }
    }

    private static async Task<TempFolder> WorkspaceAsync(TestNode node)
    {
        await node.UserAsync("packer", "/", Privileges);
        await node.Root.DoAsync(node.Root.PostAsync("nodes/pve/storage/local/download-url", ("content", "iso"), ("filename", TestNode.Medium.File), ("url", TestNode.Medium.Urls[0].AbsoluteUri)));
        var folder = new TempFolder();
        var (code, said) = await RunAsync("ssh-keygen", folder.Path, [], "-q", "-t", "ecdsa", "-b", "256", "-m", "PEM", "-N", "", "-f", folder.File("key"));
        Assert.That(code, Is.Zero, said);
        Directory.CreateDirectory(folder.File("http"));
        var key = (await File.ReadAllTextAsync(folder.File("key.pub"))).Trim();
        await File.WriteAllTextAsync(folder.File("http/ks.cfg"), InstallationTests.KickstartFor(key));
        await WriteAsync(node, folder, Template);
        return folder;
    }

    private static Task WriteAsync(TestNode node, TempFolder folder, string template) => File.WriteAllTextAsync(
        folder.File("build.pkr.hcl"), template.Replace("SOCKS", node.Node.SocksPort.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

    // The one on the search path that says that it is 1.6; another program of this name says something else.
    private static string? Find()
    {
        using var empty = new TempFolder();
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(f => Path.Combine(f, "packer")).Where(File.Exists)
            .FirstOrDefault(p => RunAsync(p, empty.Path, new() { ["CHECKPOINT_DISABLE"] = "1" }, "version").GetAwaiter().GetResult().Output.StartsWith("Packer v1.6.", StringComparison.Ordinal));
    }

    private static Task<(int Code, string Output)> BuildAsync(TestNode node, TempFolder folder) => RunAsync(
        Packer!,
        folder.Path,
        new()
        {
            ["PROXMOX_URL"] = new Uri(node.Node.Url, "/api2/json").AbsoluteUri,
            ["PROXMOX_USERNAME"] = "packer@pve",
            ["PROXMOX_PASSWORD"] = "correct horse",
            ["SSL_CERT_FILE"] = node.Node.CertificateFile,
            ["CHECKPOINT_DISABLE"] = "1",
            ["PACKER_CONFIG_DIR"] = folder.Path,
            ["PACKER_CACHE_DIR"] = folder.File("cache"),
        },
        "build", "-color=false", ".");

    private static async Task<(int Code, string Output)> RunAsync(string program, string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
