using Foundation;
using Packer.Diagnosis;
using Packer.Tools;
using Templates;

namespace Packer.Tests.Diagnosis;

/// <summary>The lines are those of Packer 1.6.6 and of 1.16.0 with plugin 1.2.4.</summary>
public sealed class StartedBuilderTests
{
    private static string Plugin(string path) => $$"""2026/11/29 16:30:01 Starting plugin: {{path}} []string{"{{path}}", "start", "builder", "--protobuf", "iso"}""";

    private static string Shell(string packer) => $$"""2026/11/29 16:30:01 Starting plugin: {{packer}} []string{"{{packer}}", "execute", "packer-provisioner-shell"}""";

    private static string Log(TestFolder folder, params string[] lines)
    {
        string[] all = ["2026/11/29 16:30:00 [INFO] Packer version: 1.16.0 [go1.24 linux amd64]", .. lines];
        return folder.Write("packer.log", string.Join('\n', all) + "\n");
    }

    private static PackerTool Today(string plugin, string version) => new("/usr/bin/packer", "1.16.0", PackerGeneration.Plugin, version) { PluginPath = plugin };

    [Test]
    public void The_plugin_that_was_found_was_started()
    {
        using var folder = new TestFolder();
        var plugin = folder.Write("packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", "1.2.4");
        var log = Log(folder, $"2026/11/29 16:30:00 [INFO] Starting external plugin {plugin} start builder --protobuf iso", Plugin(plugin), $"2026/11/29 16:30:01 Waiting for RPC address for: {plugin}", Shell("/usr/bin/packer"));
        Assert.That(StartedBuilder.Require(Today(plugin, "1.2.4"), log), Is.EqualTo(new StartedBuilder(Plugin(plugin), plugin)));
    }

    [TestCase("a/packer-plugin-proxmox_v1.2.3_x5.0_linux_amd64", Description = "the checksum file of 1.2.4 is wrong")]
    [TestCase("a/packer-plugin-proxmox_v1.2.5-dev_x5.0_linux_amd64", Description = "a build of somebody's own")]
    [TestCase("b/packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", Description = "the other folder of plugins")]
    [TestCase("a/packer plugin []string{/packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", Description = "a folder of any name")]
    public void Another_plugin_than_was_found_fails_the_build(string other)
    {
        using var folder = new TestFolder();
        var plugin = folder.Write("a/packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", "1.2.4");
        var started = folder.Write(other, "another");
        var failure = Assert.Throws<FailureException>(() => StartedBuilder.Require(Today(plugin, "1.2.4"), Log(folder, Plugin(started))))!;
        Assert.Multiple(() =>
        {
            Assert.That(failure.Kind, Is.EqualTo(FailureKind.Packer));
            Assert.That(failure.Message, Does.Contain(plugin).And.Contain(other.Contains('{', StringComparison.Ordinal) ? "a/packer plugin" : started));
        });
    }

    [Test]
    public void A_second_builder_of_another_plugin_fails_the_build_too()
    {
        using var folder = new TestFolder();
        var plugin = folder.Write("packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", "1.2.4");
        var log = Log(folder, Plugin(plugin), Plugin("/elsewhere/packer-plugin-proxmox_v1.2.2_x5.0_linux_amd64"));
        Assert.That(() => StartedBuilder.Require(Today(plugin, "1.2.4"), log), Throws.InstanceOf<FailureException>().With.Message.Contains("v1.2.2"));
    }

    [Test]
    public void The_same_file_by_another_path_is_the_same()
    {
        using var folder = new TestFolder();
        var plugin = folder.Write("a/packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", "1.2.4");
        var link = folder.Write("b/packer-plugin-proxmox_v1.2.4_x5.0_linux_amd64", "1.2.4");
        Assert.That(StartedBuilder.Require(Today(plugin, "1.2.4"), Log(folder, Plugin(link)))!.Program, Is.EqualTo(link));
    }

    [Test]
    public void A_log_that_tells_of_no_builder_says_nothing()
    {
        using var folder = new TestFolder();
        Assert.That(StartedBuilder.Require(Today("/a/plugin", "1.2.4"), Log(folder, Shell("/usr/bin/packer"))), Is.Null);
    }

    [TestCase("/usr/bin/packer", """2026/11/29 21:16:33 Starting plugin: /usr/bin/packer []string{"/usr/bin/packer", "plugin", "packer-builder-proxmox-iso"}""", true)]
    [TestCase("/home/me/.asdf/shims/packer", """2026/11/29 21:16:33 Starting plugin: /usr/bin/packer []string{"/usr/bin/packer", "plugin", "packer-builder-proxmox-iso"}""", true, Description = "a version manager's script")]
    [TestCase("/usr/bin/packer", """2026/11/29 21:16:33 Starting plugin: /root/.packer.d/plugins/packer-builder-proxmox-iso []string{"/root/.packer.d/plugins/packer-builder-proxmox-iso"}""", false)]
    public void Packer_of_before_starts_itself_and_a_builder_beside_it_fails_the_build(string packer, string line, bool itself)
    {
        using var folder = new TestFolder();
        var tool = new PackerTool(packer, "1.6.6", PackerGeneration.Builtin, null);
        var log = Log(folder, line);
        if (itself)
        {
            Assert.That(StartedBuilder.Require(tool, log)!.Line, Is.EqualTo(line));
        }
        else
        {
            Assert.That(() => StartedBuilder.Require(tool, log), Throws.InstanceOf<FailureException>().With.Message.Contains("packer-builder-proxmox-iso"));
        }
    }
}
