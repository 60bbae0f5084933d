using System.Text.Json.Nodes;
using Sandbox.Api;

namespace Sandbox.Tests;

/// <summary>
/// For every endpoint that the node has: what the published schema forbids is refused with status 400 naming the
/// parameter, what it protects with 403, and the answers have the fields that it declares.
/// </summary>
public sealed class ConformanceTests
{
    private static readonly JsonObject Schema = PublishedSchema.Load();

    // A valid value for each required parameter and what the examples of answers need.
    private static readonly Dictionary<string, string> Valid = new()
    {
        ["node"] = "pve", ["vmid"] = "100", ["newid"] = "300", ["storage"] = "local", ["userid"] = "someone@pve", ["tokenid"] = "token1",
        ["roleid"] = "Tester", ["path"] = "/vms", ["roles"] = "PVEAuditor", ["users"] = "someone@pve", ["poolid"] = "pool1",
        ["username"] = "someone@pve", ["password"] = "correct horse", ["filename"] = "some.iso", ["content"] = "iso", ["size"] = "1G",
        ["url"] = "https://example.invalid/Rocky-9.6-x86_64-minimal.iso", ["volume"] = "local:iso/some.iso", ["disk"] = "scsi0", ["idlist"] = "unused0",
        ["key"] = "a", ["command"] = "true", ["pid"] = "1001", ["upid"] = "UPID:pve:00000000:00000000:00000000:none:1:root@pam:",
        ["privs"] = "VM.Audit", ["checksum-algorithm"] = "sha256", ["checksum"] = "00", ["groups"] = "", ["delete"] = "name", ["archive"] = "x", ["realm"] = "pve", ["type"] = "qemu", ["target"] = "pve", ["feature"] = "clone", ["snapname"] = "one", ["port"] = "5900", ["vncticket"] = "x", ["sid"] = "vm:100", ["file"] = "/etc/hosts", ["zone"] = "lab", ["vnet"] = "vlab0",
    };

    private TestNode node = null!;
    private ApiClient nobody = null!;

    public static IEnumerable<TestCaseData> Parameters() =>
        from e in PublishedSchema.Endpoints
        from p in e.Parameters
        select new TestCaseData(e, p).SetArgDisplayNames($"{e.Method} {e.Path} {p.SchemaName}");

    public static IEnumerable<TestCaseData> Endpoints() =>
        PublishedSchema.Endpoints.Select(e => new TestCaseData(e).SetArgDisplayNames($"{e.Method} {e.Path}"));

    public static IEnumerable<TestCaseData> ProtectedEndpoints() =>
        PublishedSchema.Endpoints.Where(e => e.Permission.Test is not (PermissionTest.World or PermissionTest.AnyUser))
            .Select(e => new TestCaseData(e).SetArgDisplayNames($"{e.Method} {e.Path}"));

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        node = await TestNode.StartAsync();
        nobody = await node.UserAsync("nobody", "/");
        await node.UserAsync("someone", "/");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        nobody.Dispose();
        await node.DisposeAsync();
    }

    [TestCaseSource(nameof(Endpoints))]
    public async Task An_unknown_parameter_is_refused(object declared)
    {
        var endpoint = (Endpoint)declared;
        var answer = await SendAsync(node.Root, endpoint, ("nonsense", "1"));
        Refused(answer, "nonsense");
    }

    [TestCaseSource(nameof(Parameters))]
    public async Task What_the_schema_forbids_is_refused_by_name(object declared, object one)
    {
        var (endpoint, parameter) = ((Endpoint)declared, (Parameter)one);
        var schema = Schema[endpoint.Path]![endpoint.Method]!["parameters"]!["properties"]![parameter.SchemaName]!.AsObject();
        var name = parameter.Count > 0 ? parameter.Name + "0" : parameter.Name;
        if (name == "node" && endpoint.Segments.Contains("{node}"))
        {
            // The call is passed on to the node before its parameters are looked at.
            var answer = await SendAsync(node.Root, endpoint, (name, "!?"));
            Assert.That((answer.Status, answer.Reason), Is.EqualTo((500, "hostname lookup '!?' failed - failed to get address info for: !?: Name or service not known")));
            return;
        }

        foreach (var wrong in WrongValues(schema))
        {
            Refused(await SendAsync(node.Root, endpoint, (name, wrong)), name);
        }

        if (!parameter.Optional && !endpoint.Segments.Contains($"{{{name}}}"))
        {
            Refused(await SendAsync(node.Root, endpoint, (name, null)), name);
        }

        if (schema["requires"] is { } other)
        {
            Refused(await SendAsync(node.Root, endpoint, (name, Valid.GetValueOrDefault(name, "1")), (other.GetValue<string>(), null)), other.GetValue<string>());
        }
    }

    [TestCaseSource(nameof(ProtectedEndpoints))]
    public async Task Without_the_privilege_it_is_refused(object declared)
    {
        var answer = await SendAsync(nobody, (Endpoint)declared);
        Assert.That(answer.Status, Is.EqualTo(403), answer.Reason);
        Assert.That(answer.Reason, Does.StartWith("Permission check failed"));
        Assert.That(answer.Body!.AsObject().ContainsKey("data") && answer.Data is null);
    }

    [TestCaseSource(nameof(Endpoints))]
    public async Task Without_credentials_it_is_refused(object declared)
    {
        var endpoint = (Endpoint)declared;
        using var stranger = new ApiClient(node.Node);
        var answer = await SendAsync(stranger, endpoint);
        Assert.That(answer.Status, endpoint.Permission.Test == PermissionTest.World ? Is.EqualTo(200) : Is.EqualTo(401), answer.Reason);
    }

    private static IEnumerable<string> WrongValues(JsonObject schema)
    {
        switch ((string?)schema["type"])
        {
            case "boolean":
                yield return "maybe";
                yield break;
            case "integer" or "number":
                yield return "abc";
                if (schema["minimum"] is { } minimum)
                {
                    yield return (Number(minimum) - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
                }

                if (schema["maximum"] is { } maximum)
                {
                    yield return (Number(maximum) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
                }

                yield break;
            case "string" or null:
                if (schema["enum"] is JsonArray)
                {
                    yield return "nonsense";
                }

                if (schema["maxLength"] is { } longest)
                {
                    yield return new string('x', (int)Number(longest) + 1);
                }

                if (schema["minLength"] is { } shortest)
                {
                    yield return new string('x', (int)Number(shortest) - 1);
                }

                if (schema["pattern"] is not null || schema["format"] is JsonObject)
                {
                    yield return "?=?";
                }

                if (schema["format"] is JsonValue format && format.GetValue<string>() is not ("address-list" or "pve-qm-hostpci"))
                {
                    yield return "!?\u0001=";
                }

                yield break;
        }
    }

    private static double Number(JsonNode value) => double.Parse(value.ToString(), System.Globalization.CultureInfo.InvariantCulture);

    private static void Refused(ApiAnswer answer, string parameter)
    {
        Assert.That(answer.Status, Is.EqualTo(400), $"{answer.Reason} {answer.Body}");
        Assert.That(answer.Reason, Is.EqualTo("Parameter verification failed."));
        Assert.That(answer.Error(parameter), Is.Not.Null.And.Not.Empty, answer.Body!.ToJsonString());
    }

    /// <summary>Calls an endpoint with valid values for what is required and these changes (null: left out).</summary>
    private static Task<ApiAnswer> SendAsync(ApiClient client, Endpoint endpoint, params (string Name, string? Value)[] changes)
    {
        var values = endpoint.Parameters.Where(p => !p.Optional).ToDictionary(p => p.Name, p => (string?)ValueOf(endpoint, p));
        foreach (var (name, value) in changes)
        {
            values[name] = value;
        }

        var path = endpoint.Path;
        foreach (var (name, value) in values.Where(v => path.Contains($"{{{v.Key}}}", StringComparison.Ordinal)).ToList())
        {
            path = path.Replace($"{{{name}}}", Uri.EscapeDataString(value ?? ""), StringComparison.Ordinal);
            values.Remove(name);
        }

        // Parameters of the path that the endpoint may also take otherwise.
        foreach (var name in endpoint.Segments.Where(s => s[0] == '{').Select(s => s[1..^1]))
        {
            path = path.Replace($"{{{name}}}", Uri.EscapeDataString(Valid[name]), StringComparison.Ordinal);
        }

        return client.SendAsync(endpoint.Method, path, values.Where(v => v.Value is not null).Select(v => (v.Key, v.Value!)));
    }

    private static string ValueOf(Endpoint endpoint, Parameter parameter) => (endpoint.Path, parameter.Name) switch
    {
        ("/nodes/{node}/qemu/{vmid}/resize", "size") => "+1G",
        ("/cluster/sdn/zones", "type") => "simple",
        ("/nodes/{node}/storage/{storage}/content", "filename") => "vm-100-disk-0",
        _ when parameter.Values is { } values && !values.Contains(Valid.GetValueOrDefault(parameter.Name)) => values[0],
        _ => Valid[parameter.Name],
    };
}
