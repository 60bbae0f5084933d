namespace Qemu.Arguments;

/// <summary>The channels into the guest: its agent's, serial ports, the source of random numbers.</summary>
internal static class Channels
{
    public static readonly string[] Keys = ["agent", "serial*", "rng0"];

    public static void Write(Writer to)
    {
        if (to["agent"] is { } agent && PropertyList.Parse(agent, "enabled").IsOn("enabled"))
        {
            to.Add("-chardev", Socket(to, "qga0"));
            if (PropertyList.Parse(agent, "enabled")["type"] == "isa")
            {
                to.Add("-device", "isa-serial,chardev=qga0");
            }
            else
            {
                to.Add("-device", new OptionText("virtio-serial").Add("id", "qga0").At("qga0"));
                to.Add("-device", "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0");
            }
        }

        foreach (var (key, number, value) in to.All("serial"))
        {
            if (value != "socket")
            {
                throw new QemuException($"'{key}: {value}' is nothing that the sandbox does with real machines: only 'socket'");
            }

            to.Add("-chardev", Socket(to, key));
            to.Add("-device", new OptionText("isa-serial").Add("chardev", key).Add("index", number));
        }

        if (to["rng0"] is { } rng)
        {
            var source = PropertyList.Parse(rng, "source");
            if (source["source"] is not ("/dev/urandom" or "/dev/random"))
            {
                throw new QemuException($"'rng0' from {source["source"]} is nothing that the sandbox does with real machines: only /dev/urandom and /dev/random");
            }

            to.Add("-object", new OptionText("rng-random").Add("id", "rng0").Add("filename", source["source"]));
            to.Add("-device", new OptionText("virtio-rng-pci").Add("rng", "rng0").Add("max-bytes", source["max_bytes"] ?? "1024").Add("period", source["period"] ?? "1000").At("rng0"));
        }
    }

    private static OptionText Socket(Writer to, string name) => new OptionText("socket").Add("id", name).Add("path", to.Host.Socket(name)).Add("server", "on").Add("wait", "off");
}
