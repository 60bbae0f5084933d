using System.Text;
using System.Text.Json.Nodes;
using Sandbox.Api;
using Sandbox.Machines;

namespace Sandbox.Endpoints;

/// <summary>Further views of one VM: pending changes, what it can do, what cloud-init is told, its firewall.</summary>
internal static class MachineViewEndpoints
{
    private static readonly Permission Audit = Permission.All("/vms/{vmid}", "VM.Audit");

    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("GET", "/nodes/{node}/qemu/{vmid}/pending", Audit, Answer.List("key")) { Parameters = [P.Node, P.VmId], Run = Pending },
        new("GET", "/nodes/{node}/qemu/{vmid}/feature", Audit, Answer.Object("hasFeature", "nodes"))
        {
            Parameters = [P.Node, P.VmId, P.OneOf("feature", "snapshot", "clone", "copy"), P.Text("snapname?", "pve-configid", max: 40)],
            Run = Feature,
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/cloudinit/dump", Audit, Answer.Text)
        {
            Parameters = [P.Node, P.VmId, P.OneOf("type", "user", "network", "meta")],
            Run = CloudInit,
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/firewall/options", Audit, Answer.Object("digest"))
        {
            Parameters = [P.Node, P.VmId],
            Run = call => new JsonObject { ["digest"] = Digests.Of(call.Machine.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)) },
        },
        new("GET", "/nodes/{node}/qemu/{vmid}/firewall/rules", Audit, Answer.List()) { Parameters = [P.Node, P.VmId], Run = Nothing },
    ];

    private static JsonArray Nothing(ApiCall call)
    {
        _ = call.Machine;
        return [];
    }

    private static JsonArray Pending(ApiCall call)
    {
        var machine = call.Machine;
        var list = new JsonArray();
        var current = machine.Config.Append(KeyValuePair.Create("digest", machine.Digest));
        foreach (var (key, value) in current)
        {
            var entry = new JsonObject { ["key"] = key, ["value"] = ConfigEndpoints.Value(key, value) };
            if (machine.Pending.TryGetValue(key, out var pending))
            {
                entry["pending"] = ConfigEndpoints.Value(key, pending);
            }

            if (machine.PendingDelete.TryGetValue(key, out var force))
            {
                entry["delete"] = force ? 2 : 1;
            }

            list.Add((JsonNode)entry);
        }

        foreach (var (key, value) in machine.Pending.Where(p => !machine.Config.ContainsKey(p.Key)))
        {
            list.Add((JsonNode)new JsonObject { ["key"] = key, ["pending"] = ConfigEndpoints.Value(key, value) });
        }

        return list;
    }

    private static JsonObject Feature(ApiCall call)
    {
        var machine = call.Machine;
        if (call.TextOrNull("snapname") is { } name)
        {
            SnapshotService.Require(machine, name);
        }

        var has = call.Text("feature") switch
        {
            "clone" => machine.IsTemplate || !MachineDisks.Disks(call.Node, machine).Any(),
            "snapshot" => call.Node.Snapshots.IsPossible(machine),
            _ => true,
        };
        var nodes = MigrationEndpoints.IsShared(call, machine) ? call.Node.NodeNames : [machine.Node];
        return new JsonObject { ["hasFeature"] = has ? 1 : 0, ["nodes"] = new JsonArray([.. nodes.Select(n => (JsonNode)n)]) };
    }

    // What the drive says that is generated when the VM starts.
    private static JsonNode CloudInit(ApiCall call)
    {
        var machine = call.Machine;
        var config = machine.Config;
        var name = config.GetValueOrDefault("name") ?? $"VM{machine.Id}";
        var text = new StringBuilder();
        switch (call.Text("type"))
        {
            case "user":
                text.Append("#cloud-config\n").Append("hostname: ").Append(name.Split('.')[0]).Append("\nmanage_etc_hosts: true\nfqdn: ").Append(name).Append('\n');
                if (config.GetValueOrDefault("ciuser") is { } user)
                {
                    text.Append("user: ").Append(user).Append("\ndisable_root: False\n");
                }

                if (config.ContainsKey("cipassword"))
                {
                    text.Append("password: **********\n");
                }

                var keys = Uri.UnescapeDataString(config.GetValueOrDefault("sshkeys") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (keys.Length > 0)
                {
                    text.Append("ssh_authorized_keys:\n").AppendJoin("", keys.Select(k => $"  - {k}\n"));
                }

                text.Append("chpasswd:\n  expire: False\nusers:\n  - default\n");
                if (config.GetValueOrDefault("ciupgrade") != "0")
                {
                    text.Append("package_upgrade: true\n");
                }

                break;
            case "network":
                text.Append("version: 1\nconfig:\n");
                foreach (var (key, card) in machine.Cards)
                {
                    text.Append("    - type: physical\n      name: eth").Append(key["net".Length..]).Append("\n      mac_address: '").Append(card["macaddr"]!.ToLowerInvariant()).Append("'\n      subnets:\n      - type: dhcp4\n");
                }

                break;
            default:
                text.Append("instance-id: ").Append(Digests.Of(name)).Append('\n');
                break;
        }

        return text.ToString();
    }
}
