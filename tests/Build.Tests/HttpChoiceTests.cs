using Build.CommandLine;
using Build.Settings;
using Foundation;
using Packer.Staging;

namespace Build.Tests;

internal sealed class HttpChoiceTests
{
    private static readonly Dictionary<string, string> Nothing = [];
    private readonly string root = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));

    private BuildSettings Settings(string[] arguments, Dictionary<string, string> variables) =>
        new(ArgumentList.Parse(arguments), variables.GetValueOrDefault, root, root);

    private static (string?, string?)? Of(HttpServing? serving) => serving is null ? null : (serving.BindAddress, serving.Interface);

    [TestCase("--http-bind-address=192.0.2.9", "192.0.2.9", "")]
    [TestCase("--http-bind-address=0.0.0.0", "0.0.0.0", "")]
    [TestCase("--http-interface=eth0", "", "eth0")]
    [TestCase("--http-bind-address=0.0.0.0 --http-interface=eth0", "", "eth0")]
    [TestCase("--var=http_interface=eth0", "", "eth0")]
    [TestCase("--var=http_bind_address=192.0.2.9", "192.0.2.9", "")]
    [TestCase("--var=http_bind_address=0.0.0.0 --http-interface=eth0", "", "eth0")]
    [TestCase("--var=http_interface=eth0 --http-interface=eth0", "", "eth0", Description = "said twice")]
    public void Packer_gets_an_address_or_an_interface_never_both(string arguments, string address, string network) =>
        Assert.That(Of(Settings(arguments.Split(' '), Nothing).Http), Is.EqualTo((address, network)));

    [TestCase("--http-bind-address=192.0.2.9 --http-interface=eth0", "--http-interface=eth0")]
    [TestCase("--http-bind-address=192.0.2.9 --var=http_interface=eth0", "--var=http_interface=eth0")]
    [TestCase("--http-interface=eth1 --var=http_interface=eth0", "--http-interface=eth1")]
    [TestCase("--http-interface=eth1 --var=http_bind_address=192.0.2.9", "--http-interface=eth1")]
    [TestCase("--http-bind-address=192.0.2.8 --var=http_bind_address=192.0.2.9", "--http-bind-address=192.0.2.8")]
    [TestCase("--http-bind-address=fd00::9", "fd00::9")]
    [TestCase("--http-bind-address=[fd00::9]", "fd00::9")]
    [TestCase("--var=http_bind_address=::", "--var=http_bind_address")]
    [TestCase("--var=http_bind_address=here", "no IP address")]
    public void What_would_have_no_effect_or_is_no_address_is_refused(string arguments, string told)
    {
        var failure = Assert.Throws<FailureException>(() => Settings(arguments.Split(' '), Nothing).Check())!;
        Assert.Multiple(() =>
        {
            Assert.That(failure.Kind, Is.EqualTo(FailureKind.Usage));
            Assert.That(failure.Message, Does.Contain(told));
        });
    }

    [Test]
    public void What_is_given_with_the_run_stands_for_both()
    {
        var cluster = new Dictionary<string, string> { ["PROXMOX_URL"] = "https://pve:8006", ["PROXMOX_HTTP_BIND_ADDRESS"] = "192.0.2.9" };
        Assert.Multiple(() =>
        {
            Assert.That(Of(Settings([], cluster).Http), Is.EqualTo(("192.0.2.9", "")));
            Assert.That(Of(Settings(["--http-interface=eth0"], cluster).Http), Is.EqualTo(("", "eth0")), "the address in the environment is of another place");
            Assert.That(Settings([], cluster).GivenHttp, Is.Null, "the sandbox is no cluster");
        });
    }

    [Test]
    public void Two_variables_of_the_environment_contradict_each_other_as_well()
    {
        var both = new Dictionary<string, string>
        {
            ["PROXMOX_URL"] = "https://pve:8006", ["PROXMOX_HTTP_BIND_ADDRESS"] = "192.0.2.9", ["PROXMOX_HTTP_INTERFACE"] = "eth0",
        };
        var failure = Assert.Throws<FailureException>(() => Settings([], both).Check())!;
        Assert.That(failure.Message, Does.Contain("PROXMOX_HTTP_INTERFACE=eth0").And.Contain("PROXMOX_HTTP_BIND_ADDRESS=192.0.2.9"));
    }
}
