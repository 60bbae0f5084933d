namespace Qemu.Arguments;

/// <summary>
/// The network cards. The first that is connected gets the VM's address on QEMU's user network, which needs no rights on this
/// machine; its ports are reachable at free ports of the loopback address. Each further one is on a network of its own.
/// </summary>
internal static class Cards
{
    public static readonly string[] Keys = ["net*"];

    private static readonly string[] Models =
        ["virtio", "e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "i82551", "i82557b", "i82559er", "ne2k_pci", "pcnet", "rtl8139", "vmxnet3"];

    /// <summary>The cards that are plugged in but not connected.</summary>
    public static IEnumerable<string> Unplugged(QemuMachine machine) =>
        machine.Config.Where(c => c.Key.StartsWith("net", StringComparison.Ordinal) && PropertyList.Parse(c.Value, "model").IsOn("link_down")).Select(c => c.Key);

    public static void Write(Writer to)
    {
        var address = to.Machine.Address;
        foreach (var (key, number, value) in to.All("net"))
        {
            var card = PropertyList.Parse(value, "model");
            var model = card["model"] ?? card.Names.FirstOrDefault(Models.Contains) ?? throw new QemuException($"'{key}' has a model that the sandbox does not know");
            var mac = card["macaddr"] ?? card[model];
            var connected = address is not null && card["bridge"] is not null && !card.IsOn("link_down");
            to.Add("-netdev", connected ? Connected(key, to.Machine) : new OptionText("user").Add("id", key).Add("net", "198.51.100.0/24").Add("restrict", "on").Add("ipv6", "off"));
            if (connected)
            {
                address = null;
            }

            to.Add("-device", new OptionText(model == "virtio" ? "virtio-net-pci" : model).Add("mac", mac).Add("netdev", key).At($"net{number}").Add("id", key).Add("bootindex", to.BootIndex(key)));
        }
    }

    // QEMU runs it once for each connection, whose two directions are its input and output. A job of a shell has an input of its
    // own, so that the connection's is another file; when this machine's end closes, both have ended.
    private static string Forward(int port) =>
        $"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port} 4<&0 || exit; cat <&4 >&3 & cat <&3; kill $!'";

    private static OptionText Connected(string key, QemuMachine machine)
    {
        var network = new OptionText("user").Add("id", key).Add("net", "192.0.2.0/24").Add("host", QemuMachine.Gateway).Add("dns", QemuMachine.NameServer).Add("dhcpstart", machine.Address!.ToString())
            .Add("ipv6", "off").Add("restrict", machine.Isolated ? "on" : "off");
        foreach (var port in machine.Ports)
        {
            // Port 0: a free one, which QEMU tells afterwards.
            network.Add("hostfwd", $"tcp:127.0.0.1:0-:{port}");
        }

        foreach (var port in machine.Isolated ? machine.Reachable : [])
        {
            network.Add("guestfwd", $"tcp:{QemuMachine.IsolatedGateway}:{port}-cmd:{Forward(port)}");
        }

        return network;
    }
}
