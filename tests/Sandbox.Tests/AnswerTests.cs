using System.Text.Json.Nodes;

namespace Sandbox.Tests;

/// <summary>Answers have the fields that the published schema declares, with their types.</summary>
public sealed class AnswerTests
{
    private static readonly JsonObject Schema = PublishedSchema.Load();

    [Test]
    public async Task Answers_have_the_declared_fields()
    {
        await using var node = await TestNode.StartAsync();
        var root = node.Root;
        var checkedPaths = new List<string>();

        async Task<JsonNode?> Ask(string method, string template, string path, params (string, string)[] parameters)
        {
            var answer = await root.SendAsync(method, path, parameters);
            Assert.That(answer.Status, Is.EqualTo(200), $"{method} {path}: {answer.Reason} {answer.Body}");
            Conforms(answer.Data, Schema[template]![method]!["returns"]!.AsObject(), $"{method} {template}");
            checkedPaths.Add($"{method} {template}");
            if (method != "GET" && answer.Data is JsonValue value && value.TryGetValue<string>(out var upid) && upid.StartsWith("UPID:", StringComparison.Ordinal))
            {
                await root.ExitStatusAsync(upid);
            }

            return answer.Data;
        }

        const string N = "/nodes/{node}";
        const string V = N + "/qemu/{vmid}";
        const string S = N + "/storage/{storage}";
        await Ask("POST", "/access/ticket", "access/ticket", ("username", "root@pam"), ("password", node.Node.RootPassword));
        await Ask("GET", "/access/ticket", "access/ticket");
        await Ask("POST", "/access/users", "access/users", ("userid", "packer@pve"), ("password", "correct horse"), ("comment", "builds"));
        await Ask("PUT", "/access/password", "access/password", ("userid", "packer@pve"), ("password", "correct horse 2"));
        await Ask("PUT", "/access/users/{userid}", "access/users/packer@pve", ("email", "a@example.org"));
        await Ask("POST", "/access/users/{userid}/token/{tokenid}", "access/users/packer@pve/token/build", ("privsep", "1"));
        await Ask("PUT", "/access/users/{userid}/token/{tokenid}", "access/users/packer@pve/token/build", ("comment", "x"));
        await Ask("GET", "/access/users/{userid}/token/{tokenid}", "access/users/packer@pve/token/build");
        await Ask("GET", "/access/users/{userid}/token", "access/users/packer@pve/token");
        await Ask("GET", "/access/users/{userid}", "access/users/packer@pve");
        await Ask("GET", "/access/users", "access/users", ("full", "1"));
        await Ask("POST", "/access/roles", "access/roles", ("roleid", "Builder"), ("privs", "VM.Audit VM.Allocate"));
        await Ask("PUT", "/access/roles/{roleid}", "access/roles/Builder", ("privs", "VM.Clone"), ("append", "1"));
        await Ask("GET", "/access/roles/{roleid}", "access/roles/Builder");
        await Ask("GET", "/access/roles", "access/roles");
        await Ask("PUT", "/access/acl", "access/acl", ("path", "/vms"), ("tokens", "packer@pve!build"), ("roles", "Builder"));
        await Ask("GET", "/access/acl", "access/acl");
        await Ask("GET", "/access/permissions", "access/permissions", ("userid", "packer@pve"));
        await Ask("POST", "/pools", "pools", ("poolid", "golden"), ("comment", "templates"));
        await Ask("GET", "/version", "version");
        await Ask("GET", N + "/version", "nodes/pve/version");
        await Ask("GET", N + "/capabilities/qemu/cpu", "nodes/pve/capabilities/qemu/cpu");
        await Ask("GET", N + "/capabilities/qemu/cpu-flags", "nodes/pve/capabilities/qemu/cpu-flags");
        await Ask("GET", "/cluster/status", "cluster/status");
        await Ask("PUT", "/cluster/options", "cluster/options", ("user-tag-access", "user-allow=free"), ("registered-tags", "golden"));
        await Ask("GET", "/cluster/options", "cluster/options");
        await Ask("POST", "/cluster/sdn/zones", "cluster/sdn/zones", ("zone", "lab"), ("type", "simple"));
        await Ask("GET", "/cluster/sdn/zones", "cluster/sdn/zones");
        await Ask("POST", "/cluster/sdn/vnets", "cluster/sdn/vnets", ("zone", "lab"), ("vnet", "vlab0"));
        await Ask("GET", "/cluster/sdn/vnets", "cluster/sdn/vnets");
        await Ask("PUT", "/cluster/sdn", "cluster/sdn");
        await Ask("GET", "/nodes", "nodes");
        await Ask("GET", N + "/status", "nodes/pve/status");
        await Ask("GET", N + "/network", "nodes/pve/network");
        await Ask("GET", N + "/certificates/info", "nodes/pve/certificates/info");
        await Ask("GET", N + "/query-url-metadata", "nodes/pve/query-url-metadata", ("url", TestNode.Medium.Urls[0].AbsoluteUri));
        await Ask("GET", N + "/storage", "nodes/pve/storage", ("format", "1"));
        await Ask("GET", S, "nodes/pve/storage/local");
        await Ask("GET", S + "/status", "nodes/pve/storage/local/status");
        await Ask("POST", S + "/download-url", "nodes/pve/storage/local/download-url", ("content", "iso"), ("filename", "a.iso"), ("url", TestNode.Medium.Urls[0].AbsoluteUri));
        await Ask("PUT", S + "/content/{volume}", "nodes/pve/storage/local/content/local:iso/a.iso", ("notes", "seen"));
        await Ask("GET", S + "/content/{volume}", "nodes/pve/storage/local/content/local:iso/a.iso");
        await Ask("POST", S + "/content", "nodes/pve/storage/local-lvm/content", ("filename", "vm-100-disk-0"), ("size", "4G"), ("vmid", "100"));
        await Ask("POST", N + "/qemu", "nodes/pve/qemu", ("vmid", "100"), ("name", "one"), ("pool", "golden"), ("agent", "1"), ("scsi0", "local-lvm:vm-100-disk-0"), ("net0", "virtio,bridge=vmbr0"), ("ide3", "local-lvm:cloudinit"), ("cores", "2"), ("memory", "2048"), ("onboot", "1"));
        await Ask("GET", S + "/content", "nodes/pve/storage/local-lvm/content");
        await Ask("GET", "/pools", "pools", ("poolid", "golden"));
        await Ask("GET", "/pools/{poolid}", "pools/golden");
        await Ask("GET", "/cluster/nextid", "cluster/nextid");
        await Ask("GET", N + "/qemu", "nodes/pve/qemu");
        await Ask("GET", V, "nodes/pve/qemu/100");
        await Ask("GET", V + "/status", "nodes/pve/qemu/100/status");
        await Ask("POST", V + "/config", "nodes/pve/qemu/100/config", ("ciuser", "admin"));
        await Ask("PUT", V + "/config", "nodes/pve/qemu/100/config", ("description", "first"));
        await Ask("GET", V + "/config", "nodes/pve/qemu/100/config");
        await Ask("GET", V + "/cloudinit", "nodes/pve/qemu/100/cloudinit");
        await Ask("PUT", V + "/cloudinit", "nodes/pve/qemu/100/cloudinit");
        await Ask("PUT", V + "/resize", "nodes/pve/qemu/100/resize", ("disk", "scsi0"), ("size", "+1G"));
        await Ask("POST", V + "/status/start", "nodes/pve/qemu/100/status/start");
        await Ask("GET", V + "/status/current", "nodes/pve/qemu/100/status/current");
        await Ask("GET", "/cluster/resources", "cluster/resources");
        await Ask("PUT", V + "/sendkey", "nodes/pve/qemu/100/sendkey", ("key", "ret"));
        await Ask("POST", V + "/status/reset", "nodes/pve/qemu/100/status/reset");
        await Ask("POST", V + "/status/shutdown", "nodes/pve/qemu/100/status/shutdown", ("forceStop", "1"));
        await Ask("POST", V + "/status/stop", "nodes/pve/qemu/100/status/stop");
        await Ask("POST", V + "/clone", "nodes/pve/qemu/100/clone", ("newid", "101"), ("full", "1"));
        await Ask("POST", V + "/template", "nodes/pve/qemu/100/template");
        await Ask("PUT", V + "/unlink", "nodes/pve/qemu/101/unlink", ("idlist", "scsi0"));
        await Ask("DELETE", V, "nodes/pve/qemu/101");
        var tasks = (await Ask("GET", N + "/tasks", "nodes/pve/tasks"))!.AsArray();
        var upid = tasks[0]!["upid"]!.GetValue<string>();
        await Ask("GET", N + "/tasks/{upid}", $"nodes/pve/tasks/{upid}");
        await Ask("GET", N + "/tasks/{upid}/status", $"nodes/pve/tasks/{upid}/status");
        await Ask("GET", N + "/tasks/{upid}/log", $"nodes/pve/tasks/{upid}/log");
        await Ask("DELETE", N + "/tasks/{upid}", $"nodes/pve/tasks/{upid}");
        await Ask("DELETE", S + "/content/{volume}", "nodes/pve/storage/local/content/local:iso/a.iso");
        await Ask("DELETE", N + "/qemu/{vmid}", "nodes/pve/qemu/100");
        await Ask("PUT", "/pools", "pools", ("poolid", "golden"), ("comment", "y"));
        await Ask("PUT", "/pools/{poolid}", "pools/golden", ("comment", "x"));
        await Ask("DELETE", "/pools/{poolid}", "pools/golden");
        await root.DoAsync(root.PostAsync("pools", ("poolid", "again")));
        await Ask("DELETE", "/pools", "pools", ("poolid", "again"));
        await Ask("DELETE", "/access/users/{userid}/token/{tokenid}", "access/users/packer@pve/token/build");
        await Ask("DELETE", "/access/users/{userid}", "access/users/packer@pve");
        await Ask("DELETE", "/access/roles/{roleid}", "access/roles/Builder");

        // The agent needs a guest, and an upload a file; their own tests look at the answers.
        var elsewhere = new[] { "/agent/", "/upload", "/monitor" };
        var missing = PublishedSchema.Endpoints.Where(e => !elsewhere.Any(e.Path.Contains)).Select(e => $"{e.Method} {e.Path}").Except(checkedPaths);
        Assert.That(missing, Is.Empty);
    }

    private static void Conforms(JsonNode? value, JsonObject schema, string where)
    {
        switch ((string?)schema["type"])
        {
            case "null":
                Assert.That(value, Is.Null, where);
                break;
            case "string":
                Assert.That(value?.GetValueKind(), Is.EqualTo(System.Text.Json.JsonValueKind.String), where);
                break;
            case "boolean":
                Assert.That(value?.ToString(), Is.EqualTo("0").Or.EqualTo("1"), where);
                break;
            case "integer" or "number":
                Assert.That(double.TryParse(value?.ToString(), System.Globalization.CultureInfo.InvariantCulture, out _), where);
                break;
            case "array":
                Assert.That(value, Is.InstanceOf<JsonArray>(), where);
                foreach (var item in value!.AsArray())
                {
                    Conforms(item, schema["items"]!.AsObject(), where + "[]");
                }

                break;
            case "object":
                Assert.That(value, Is.InstanceOf<JsonObject>(), where);
                foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
                {
                    var field = value!.AsObject().TryGetPropertyValue(name, out var found);
                    Assert.That(field || property!["optional"]?.ToString() == "1", $"{where} has no '{name}'");
                    if (field)
                    {
                        Conforms(found, property!.AsObject(), $"{where}.{name}");
                    }
                }

                break;
        }
    }
}
