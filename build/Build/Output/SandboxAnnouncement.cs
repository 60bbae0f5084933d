using System.Text.Json;
using Sandbox;

namespace Build.Output;

/// <summary>Says how to reach the sandbox node. Its password is one of this start, worth nothing after it.</summary>
internal static class SandboxAnnouncement
{
    public static void Print(SandboxNode node, bool asJson)
    {
        (string Name, string Value)[] facts =
        [
            ("url", node.Url.ToString().TrimEnd('/')),
            ("certificate_file", node.CertificateFile),
            ("fingerprint", node.Fingerprint),
            ("username", SandboxNode.RootUser),
            ("password", node.RootPassword),
            ("node", node.NodeName),
            ("ssh_proxy", $"127.0.0.1:{node.SocksPort}"),
            ("http_proxy", $"http://127.0.0.1:{node.HttpProxyPort}"),
        ];
        if (asJson)
        {
            // One line, so that a script can read it and go on while the node runs.
            MachineOutput.Write("{" + string.Join(',', facts.Select(f => $"\"{f.Name}\":\"{JsonEncodedText.Encode(f.Value)}\"")) + "}");
        }
        else
        {
            Console.WriteLine($"The sandbox node runs until Ctrl-C. {node.MachinesInWords ?? "It is no hypervisor: nothing real is made."}");
            foreach (var (name, value) in facts)
            {
                Console.WriteLine($"  {name,-18}{value}");
            }

            Console.WriteLine("Guests are reached through the SOCKS5 and HTTP proxies.");
        }

        Console.Out.Flush();
    }
}
