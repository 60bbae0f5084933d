using System.Diagnostics;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>
/// A cluster for one test: the target Sandbox as a process of its own, and a bench whose program knows nothing but its
/// address. Whoever builds there takes the same way as on a real cluster.
/// </summary>
internal sealed class ClusterBench : IAsyncDisposable
{
    private readonly RunningProgram node;
    private readonly string nodeFolder;
    private readonly HttpClient http;
    private bool stopped;

    private ClusterBench(RunningProgram node, string nodeFolder, JObject facts, InstalledPacker packer)
    {
        (this.node, this.nodeFolder, Facts) = (node, nodeFolder, facts);
        Bench = packer.ClusterBench();
        Bench.CopyTemplates();
        Bench.Commit();
        http = new HttpClient(new HttpClientHandler
        {
            UseProxy = false, UseCookies = false,
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
                string.Join(':', certificate!.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).Chunk(2).Select(c => new string(c))) == Fingerprint,
        }) { BaseAddress = new Uri(Url + "/api2/json/") };
    }

    public Workbench Bench { get; }

    public JObject Facts { get; }

    public string Url => (string)Facts["url"]!;

    public string Fingerprint => (string)Facts["fingerprint"]!;

    public string Password => (string)Facts["password"]!;

    public string EnvFile => Path.Combine(Bench.Root, "infra", "env", "proxmox.env");

    public string CertificateFile => Path.Combine(Bench.Root, "infra", "env", "proxmox.pem");

    /// <summary>Starts the node.</summary>
    /// <param name="packer">The Packer to build with.</param>
    /// <param name="options">Further options of the target Sandbox, such as faults.</param>
    public static async Task<ClusterBench> StartAsync(InstalledPacker packer, params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("records-node-").FullName;
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder };
        foreach (var name in new[] { "PROXMOX_URL", "PROXMOX_USERNAME", "PROXMOX_PASSWORD", "PROXMOX_TOKEN" })
        {
            start.Environment.Remove(name);
        }

        string[] all = [Path.Combine(Repository.Root, "build.sh"), "--target=Sandbox", "--output=json", $"--runtime-root={folder}", .. options];
        all.ToList().ForEach(start.ArgumentList.Add);
        var node = new RunningProgram(start);
        try
        {
            await node.WaitForAsync("\"http_proxy\"");
            return new ClusterBench(node, folder, JObject.Parse(node.Output.Split('\n').Single(l => l.StartsWith('{'))), packer);
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Runs the target Init as the administrator.</summary>
    public RunResult Init(params string[] options)
    {
        Bench.Set("PROXMOX_USERNAME", "root@pam").Set("PROXMOX_PASSWORD", Password);
        try
        {
            return Bench.Run([
                "--target=Init", $"--proxmox-url={Url}", $"--trust-fingerprint={Fingerprint}",
                $"--ssh-proxy={Facts["ssh_proxy"]}", $"--http-proxy={Facts["http_proxy"]}", .. options]);
        }
        finally
        {
            Bench.Set("PROXMOX_USERNAME", null).Set("PROXMOX_PASSWORD", null);
        }
    }

    /// <summary>Builds a template with what Init left; the boot command is typed at once.</summary>
    public RunResult Build(string template, params string[] options) => Bench.Run([
        "--target=BuildTemplate", $"--template={template}", "--environment=proxmox", "--var=boot_wait=10ms", "--var=boot_key_interval=1ms", .. options]);

    /// <summary>The variables of the env file.</summary>
    public IReadOnlyDictionary<string, string> Env() => File.ReadAllLines(EnvFile)
        .Where(l => !l.StartsWith('#')).Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1].Trim('\''));

    /// <summary>The records of one kind, oldest first: <c>init</c> or <c>builds/rocky-9</c>.</summary>
    public IReadOnlyList<string> Records(string kind)
    {
        var folder = Path.Combine(Bench.Records, kind);
        return Directory.Exists(folder)
            ? [.. new DirectoryInfo(folder).EnumerateDirectories().Where(d => d.LinkTarget is null).Select(d => d.FullName).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Calls the API as the administrator. A call that the node answers with a task is over when its task is.</summary>
    public async Task<JToken?> ApiAsync(HttpMethod method, string path, params (string Name, string Value)[] parameters)
    {
        var data = await CallAsync(method, path, parameters);
        if (method != HttpMethod.Get && data is JValue { Value: string upid } && upid.StartsWith("UPID:", StringComparison.Ordinal))
        {
            JToken task;
            while ((string)(task = (await CallAsync(HttpMethod.Get, $"nodes/{upid.Split(':')[1]}/tasks/{upid}/status"))!)["status"]! != "stopped")
            {
                await Task.Delay(50);
            }

            Assert.That((string?)task["exitstatus"], Is.EqualTo("OK"), $"{method} {path}");
        }

        return data;
    }

    private async Task<JToken?> CallAsync(HttpMethod method, string path, params (string Name, string Value)[] parameters)
    {
        using var login = new FormUrlEncodedContent([new("username", "root@pam"), new("password", Password)]);
        using var answer = await http.PostAsync(new Uri("access/ticket", UriKind.Relative), login);
        var ticket = JObject.Parse(await answer.Content.ReadAsStringAsync())["data"]!;
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Cookie", $"PVEAuthCookie={ticket["ticket"]}");
        request.Headers.TryAddWithoutValidation("CSRFPreventionToken", (string)ticket["CSRFPreventionToken"]!);
        if (parameters.Length > 0)
        {
            request.Content = new FormUrlEncodedContent(parameters.Select(p => KeyValuePair.Create(p.Name, p.Value)));
        }

        using var done = await http.SendAsync(request);
        Assert.That(done.IsSuccessStatusCode, $"{method} {path}: {(int)done.StatusCode} {done.ReasonPhrase}");
        return JObject.Parse(await done.Content.ReadAsStringAsync())["data"];
    }

    /// <summary>The VMIDs on the node.</summary>
    public async Task<IReadOnlyList<int>> VmidsAsync() =>
        [.. (await ApiAsync(HttpMethod.Get, "cluster/resources?type=vm"))!.Select(v => (int)v["vmid"]!).Order()];

    /// <summary>Stops the node.</summary>
    /// <returns>The file in which it has kept its state.</returns>
    public async Task<string> StopAsync()
    {
        if (!stopped)
        {
            stopped = true;
            node.Terminate();
            await Task.Run(node.WaitForEnd);
        }

        return Path.Combine(nodeFolder, "sandbox", "node.json");
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await StopAsync();
        node.Dispose();
        Bench.Dispose();
        Directory.Delete(nodeFolder, recursive: true);
    }
}
