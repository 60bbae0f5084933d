using System.Net;
using System.Net.Sockets;
using Build.CommandLine;
using Foundation;
using Packer.Staging;

namespace Build.Settings;

/// <summary>Reads where Packer is to serve files: an address, or an interface, never both.</summary>
internal static class HttpChoice
{
    /// <summary>Packer's variable for the address.</summary>
    public const string AddressVariable = "http_bind_address";

    /// <summary>Packer's variable for the interface.</summary>
    public const string InterfaceVariable = "http_interface";

    /// <summary>What the command line says, by an option or by <c>--var</c>; or null.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="variables">The values of <c>--var</c>; none when they do not matter.</param>
    /// <exception cref="FailureException">Usage: no such address, or something given would have no effect.</exception>
    public static HttpServing? Given(ArgumentList arguments, IReadOnlyDictionary<string, string>? variables = null) => Of(
        One(Options.HttpBindAddress, AddressVariable, arguments, variables),
        One(Options.HttpInterface, InterfaceVariable, arguments, variables));

    /// <summary>What the environment, or the env file, says; or null.</summary>
    /// <param name="variable">Reads a variable.</param>
    /// <exception cref="FailureException">Usage: no such address, or a variable that would have no effect.</exception>
    public static HttpServing? FromVariables(Func<string, string?> variable) => Of(
        Named("PROXMOX_HTTP_BIND_ADDRESS", variable("PROXMOX_HTTP_BIND_ADDRESS")),
        Named("PROXMOX_HTTP_INTERFACE", variable("PROXMOX_HTTP_INTERFACE")));

    private static (string Name, string Value)? One(
        string option, string packerVariable, ArgumentList arguments, IReadOnlyDictionary<string, string>? variables)
    {
        var byOption = Named($"--{option}", arguments.Get(option));
        var byVariable = Named($"--var={packerVariable}", variables?.GetValueOrDefault(packerVariable));
        return byOption is { } one && byVariable is { } other && one.Value != other.Value
            ? throw WithoutEffect(one, other)
            : byVariable ?? byOption;
    }

    private static (string Name, string Value)? Named(string name, string? value) => string.IsNullOrEmpty(value) ? null : (name, value);

    private static HttpServing? Of((string Name, string Value)? address, (string Name, string Value)? network)
    {
        var at = address is { } given ? Address(given.Name, given.Value) : null;
        if (network is not { } named)
        {
            return at is null ? null : HttpServing.At(at);
        }

        return at is null || at.Equals(IPAddress.Any) ? HttpServing.On(named.Value) : throw WithoutEffect(named, address!.Value);
    }

    private static IPAddress Address(string name, string text)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            throw new FailureException(FailureKind.Usage, $"{name}={text} is no IP address", null, "Write it like 192.0.2.10");
        }

        return address.AddressFamily == AddressFamily.InterNetwork
            ? address
            : throw new FailureException(
                FailureKind.Usage, $"{name}={text} cannot be used", "Packer tells guests a URL with the bare address, which is none with an IPv6 address",
                $"Name an IPv4 address, or an interface that has one, with --{Options.HttpInterface}");
    }

    private static FailureException WithoutEffect((string Name, string Value) one, (string Name, string Value) other) => new(
        FailureKind.Usage, $"{one.Name}={one.Value} would have no effect beside {other.Name}={other.Value}",
        "Packer serves at one address, or at all and tells guests the one of an interface", "Give one of the two");
}
