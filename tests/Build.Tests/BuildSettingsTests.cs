using Build.CommandLine;
using Build.Settings;
using Foundation;

namespace Build.Tests;

internal sealed class BuildSettingsTests
{
    private string root = "";

    [SetUp]
    public void MakeRoot() => root = Directory.CreateTempSubdirectory("settings-").FullName;

    [TearDown]
    public void DeleteRoot() => Directory.Delete(root, recursive: true);

    private BuildSettings Settings(string[] arguments, params (string Name, string Value)[] variables) =>
        new(ArgumentList.Parse(arguments), name => variables.FirstOrDefault(v => v.Name == name).Value, root, Path.Combine(root, "here"));

    private void WriteEnvFile(string text)
    {
        Directory.CreateDirectory(Path.Combine(root, "infra", "env"));
        File.WriteAllText(Path.Combine(root, "infra", "env", "proxmox.env"), text);
    }

    private static readonly (string, string)[] Login = [("PROXMOX_USERNAME", "packer@pve!build"), ("PROXMOX_TOKEN", "t")];

    [Test]
    public void An_argument_outweighs_the_environment_and_that_the_file()
    {
        WriteEnvFile("PROXMOX_URL=https://file:8006\nPROXMOX_NODE=file\nPROXMOX_BRIDGE='file'\n");
        var connection = Settings(
            ["--node=argument"], [.. Login, ("PROXMOX_NODE", "variable"), ("PROXMOX_URL", "https://FILE:8006/")]).Cluster.Connection;
        Assert.Multiple(() =>
        {
            Assert.That(connection.Node, Is.EqualTo("argument"));
            Assert.That(connection.Url, Is.EqualTo(new Uri("https://FILE:8006")));
            Assert.That(connection.Bridge, Is.EqualTo("file"));
            Assert.That(connection.Credentials.TokenId, Is.EqualTo("packer@pve!build"));
        });
    }

    [Test]
    public void A_file_about_another_server_does_not_count()
    {
        WriteEnvFile("PROXMOX_URL=https://file:8006\nPROXMOX_BRIDGE=file\nPROXMOX_USERNAME=packer@pve\nPROXMOX_PASSWORD=secret\n");
        var cluster = Settings([], ("PROXMOX_URL", "https://variable:8006")).Cluster;
        Assert.Multiple(() =>
        {
            Assert.That(cluster.Login, Is.Null, "a secret goes to the server that it is for");
            Assert.That(Settings([], [.. Login, ("PROXMOX_URL", "https://variable:8006")]).Cluster.Connection.Bridge, Is.Empty);
        });
    }

    [Test]
    public void An_administrator_s_password_that_is_left_in_the_environment_is_not_the_build_s()
    {
        WriteEnvFile("PROXMOX_URL=https://file:8006\nPROXMOX_USERNAME=packer@pve!build\nPROXMOX_TOKEN=t\n");
        Assert.That(Settings([], ("PROXMOX_PASSWORD", "root's")).Cluster.Login!.Password, Is.Null);
        WriteEnvFile("PROXMOX_URL=https://file:8006\nPROXMOX_USERNAME=packer@pve\n");
        Assert.That(Settings([], ("PROXMOX_PASSWORD", "the pipeline's")).Cluster.Login!.Password, Is.EqualTo("the pipeline's"), "a file without secrets");
    }

    [Test]
    public void A_token_without_its_name_is_refused_where_there_is_no_password()
    {
        (string, string)[] login = [("PROXMOX_URL", "https://pve:8006"), ("PROXMOX_USERNAME", "packer@pve"), ("PROXMOX_TOKEN", "0000-secret")];
        var failure = Assert.Throws<FailureException>(() => _ = Settings([], login).Cluster.Connection)!;
        Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(failure.Message, Does.Contain("packer@pve").And.Contain("user@realm!token").And.Not.Contain("secret"));
        Assert.That(Settings([], [.. login, ("PROXMOX_PASSWORD", "p")]).Cluster.Connection.Credentials.Password, Is.EqualTo("p"));
    }

    [Test]
    public void Without_a_cluster_it_builds_in_the_sandbox() => Assert.That(Settings([]).UseSandbox, Is.True);

    [Test]
    public void With_a_cluster_it_builds_there_unless_told_otherwise()
    {
        WriteEnvFile("# by Init\nexport PROXMOX_URL=\"https://pve:8006\"\n");
        Assert.That(Settings([]).UseSandbox, Is.False);
        Assert.That(Settings(["--environment=sandbox"]).UseSandbox, Is.True);
    }

    [Test]
    public void A_broken_line_of_the_file_is_named_but_not_shown()
    {
        WriteEnvFile("PROXMOX_URL=https://pve:8006\nhunter2\n");
        var failure = Assert.Throws<FailureException>(() => _ = Settings([]).UseSandbox)!;
        Assert.That(failure.Message, Does.Contain("line 2").And.Not.Contain("hunter2"));
    }

    [TestCase("http://pve:8006")]
    [TestCase("pve1")]
    public void An_URL_without_TLS_is_refused(string url)
    {
        var failure = Assert.Throws<FailureException>(() => _ = Settings([], [.. Login, ("PROXMOX_URL", url)]).Cluster.Connection)!;
        Assert.That(failure.Message, Does.Contain(url).And.Contain("https"));
    }

    [Test]
    public void Folders_are_relative_to_where_the_user_is() =>
        Assert.That(Settings(["--records=mine"]).RecordsFolder, Is.EqualTo(Path.Combine(root, "here", "mine")));

    [Test]
    public void Files_are_relative_to_where_the_user_is_and_those_in_the_env_file_to_the_root()
    {
        (string, string)[] given = [.. Login, ("PROXMOX_URL", "https://pve:8006"), ("PROXMOX_CERTIFICATE", "ca.pem"), ("RECORD_SIGNING_KEY", "keys/mine")];
        Assert.Multiple(() =>
        {
            Assert.That(Settings(["--signing-key=../mine"]).SigningKey, Is.EqualTo(Path.Combine(root, "mine")));
            Assert.That(Settings([], given).SigningKey, Is.EqualTo(Path.Combine(root, "here", "keys", "mine")));
            Assert.That(Settings([], given).Cluster.Connection.CertificateFile, Is.EqualTo(Path.Combine(root, "here", "ca.pem")));
        });
        WriteEnvFile("PROXMOX_URL=https://pve:8006\nPROXMOX_CERTIFICATE=ca.pem\nRECORD_SIGNING_KEY=keys/mine\n");
        Assert.Multiple(() =>
        {
            Assert.That(Settings([], Login).SigningKey, Is.EqualTo(Path.Combine(root, "keys", "mine")));
            Assert.That(Settings([], Login).Cluster.Connection.CertificateFile, Is.EqualTo(Path.Combine(root, "ca.pem")));
        });
    }

    [Test]
    public void A_certificate_is_a_file_or_its_own_text()
    {
        const string Pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        (string, string)[] given = [.. Login, ("PROXMOX_URL", "https://pve:8006"), ("PROXMOX_CERTIFICATE", Pem)];
        WriteEnvFile("PROXMOX_URL=https://pve:8006\nPROXMOX_CERTIFICATE=ca.pem\n");
        var cluster = Settings([], given).Cluster;
        Assert.That((cluster.Connection.CertificateText, cluster.Connection.CertificateFile), Is.EqualTo((Pem, (string?)null)), "the text goes before the file's");
        Assert.That(EnvFileWriter.Text(cluster.Connection, "pve", cluster, "/kept/given.pem"), Does.Contain("PROXMOX_CERTIFICATE=/kept/given.pem\n"));
    }

    [TestCase("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n")]
    [TestCase("ssh-ed25519 AAAAC3Nz me@here")]
    [TestCase(" ")]
    public void A_signing_key_that_is_no_path_stays_as_it_is(string key) =>
        Assert.That(Settings([], ("RECORD_SIGNING_KEY", key)).SigningKey, Is.EqualTo(key));

    [TestCase("simulated machines reach no network")]
    [TestCase("the sandbox chooses where Packer serves files", "--sandbox-machines=qemu", "--http-bind-address=127.0.0.1")]
    [TestCase("the sandbox chooses where Packer serves files", "--sandbox-machines=qemu", "--var=http_port_min=8000")]
    [Platform(Exclude = "Win")]
    public void Guests_are_isolated_only_where_that_can_be(string why, params string[] more)
    {
        var refused = Assert.Throws<FailureException>(() => _ = Settings(["--sandbox-network=isolated", .. more]).IsolatedMachines)!;
        Assert.That(refused.Kind, Is.EqualTo(FailureKind.Usage));
        Assert.That(refused.Message, Does.Contain("--sandbox-network=isolated cannot be used").And.Contain(why));
        Assert.That(Settings(["--sandbox-network=isolated", "--sandbox-machines=qemu"]).IsolatedMachines, Is.True);
        Assert.That(Settings(["--sandbox-network=open"]).IsolatedMachines, Is.False);
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("two")]
    public void A_number_out_of_range_is_named(string number) =>
        Assert.That(Assert.Throws<FailureException>(() => _ = Settings([$"--parallel={number}"]).Parallel)!.Message, Does.Contain(number));

    [Test]
    public void A_variable_for_Packer_needs_a_key() =>
        Assert.That(Assert.Throws<FailureException>(() => _ = Settings(["--var==x"]).PackerVariables)!.Kind, Is.EqualTo(FailureKind.Usage));

    [Test]
    public void What_is_in_the_environment_for_Packer_s_variables_is_given_too_and_an_argument_counts_more()
    {
        var variables = new Dictionary<string, string> { ["PKR_VAR_cores"] = "2", ["PKR_VAR_sockets"] = "2", ["PATH"] = "/bin", ["PKR_VAR_"] = "x" };
        var settings = new BuildSettings(ArgumentList.Parse(["--var=cores=4"]), variables.GetValueOrDefault, "/", "/", variables.Keys);
        var last = settings.PackerVariables.GroupBy(v => v.Name).ToDictionary(g => g.Key, g => (g.Last().Text, g.Last().Place));
        Assert.That(last, Is.EqualTo(new Dictionary<string, (string, string)>
        {
            ["cores"] = ("4", "--var=cores=…"), ["sockets"] = ("2", "PKR_VAR_sockets in the environment"),
        }));
    }
}
