using System.Globalization;
using System.Net;
using Newtonsoft.Json;
using Newtonsoft.Json.Serialization;

namespace Templates;

/// <summary>
/// The guest's address where there is no DHCP server: while it is installed and built, and that of the smoke test's clone,
/// which comes when the first guest is off. IPv4, which Packer takes by itself.
/// </summary>
[JsonObject(NamingStrategyType = typeof(SnakeCaseNamingStrategy), ItemRequired = Required.DisallowNull)]
public sealed record NetworkSettings
{
    /// <summary>The address with its network's length, such as <c>192.0.2.50/24</c>.</summary>
    [JsonProperty(Required = Required.Always)]
    public string Address { get; init; } = "";

    /// <summary>The router.</summary>
    [JsonProperty(Required = Required.Always)]
    public string Gateway { get; init; } = "";

    /// <summary>The name servers, first to last.</summary>
    public IReadOnlyList<string> Dns { get; init; } = [];

    /// <summary>The address alone.</summary>
    public string Ip => Address.Split('/')[0];

    /// <summary>The network's length in bits; 0 when it is none.</summary>
    public int Prefix => Address.Split('/') is [_, var bits] && int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= 32 ? length : 0;

    /// <summary>The network's mask, such as <c>255.255.255.0</c>.</summary>
    public string Netmask
    {
        get
        {
            var mask = Prefix == 0 ? 0 : uint.MaxValue << (32 - Prefix);
            return string.Create(CultureInfo.InvariantCulture, $"{mask >> 24}.{(mask >> 16) & 255}.{(mask >> 8) & 255}.{mask & 255}");
        }
    }

    /// <summary>What is wrong with it, as a sentence without a full stop with the field's name first; or null.</summary>
    [JsonIgnore]
    public (string Field, string Problem)? Objection
    {
        get
        {
            if (Number(Ip) is not { } own || Prefix is < 1 or > 30)
            {
                return ("address", $"{Address} is no IPv4 address with the length of its network");
            }

            var mask = uint.MaxValue << (32 - Prefix);
            if ((own & ~mask) == 0 || (own & ~mask) == ~mask)
            {
                return ("address", $"{Address} is the address of the network itself or of all in it");
            }

            if (Number(Gateway) is not { } gateway || (gateway & mask) != (own & mask) || gateway == own)
            {
                return ("gateway", $"{Gateway} is no other IPv4 address in the network of {Address}, so that nothing leaves it");
            }

            return Dns.FirstOrDefault(d => !IPAddress.TryParse(d, out _)) is { } wrong ? ("dns", $"{wrong} is no IP address") : null;
        }
    }

    /// <summary>
    /// What the kernel's command line needs to say so that an installer reaches the network before it has its file; empty for
    /// an installer that takes nothing from there. Sources: dracut.cmdline(7) for Anaconda; klibc's <c>ipconfig</c>, which
    /// Ubuntu's live session starts, for subiquity; the Debian installation guide, B.4.2, for d-i.
    /// </summary>
    /// <param name="format">The unattended file's format: <c>kickstart</c>, <c>autoinstall</c>, <c>preseed</c>.</param>
    /// <param name="hostName">The guest's name.</param>
    public string BootArguments(string format, string hostName) => format switch
    {
        "kickstart" => string.Join(' ', Dns.Select(d => $"nameserver={d}").Prepend($"ip={Ip}::{Gateway}:{Netmask}:{hostName}::none")),
        "autoinstall" => string.Join(':', Dns.Take(2).Prepend($"ip={Ip}::{Gateway}:{Netmask}:{hostName}::none")),
        "preseed" => $"netcfg/disable_autoconfig=true netcfg/get_ipaddress={Ip} netcfg/get_netmask={Netmask} netcfg/get_gateway={Gateway} netcfg/get_nameservers={(Dns.Count > 0 ? Dns[0] : Gateway)} netcfg/confirm_static=true",
        _ => "",
    };

    /// <summary>A boot command with these before the word that leads to Packer's server; the same when it says something of the kind already.</summary>
    public IReadOnlyList<string> Into(IReadOnlyList<string> command, string format, string hostName)
    {
        var arguments = BootArguments(format, hostName);
        var item = command.ToList().FindIndex(c => c.Contains("HTTPIP", StringComparison.Ordinal));
        if (arguments.Length == 0 || item < 0 || command.Any(c => c.Contains(" ip=", StringComparison.Ordinal) || c.Contains("netcfg/get_ipaddress=", StringComparison.Ordinal)))
        {
            return command;
        }

        var text = command[item];
        var word = text.LastIndexOf(' ', text.IndexOf("{{", StringComparison.Ordinal)) + 1;
        return [.. command.Take(item), text[..word] + arguments + " " + text[word..], .. command.Skip(item + 1)];
    }

    private static uint? Number(string text) =>
        IPAddress.TryParse(text, out var address) && address.ToString() == text && address.GetAddressBytes() is [var a, var b, var c, var d]
            ? ((uint)a << 24) | ((uint)b << 16) | ((uint)c << 8) | d : null;
}
