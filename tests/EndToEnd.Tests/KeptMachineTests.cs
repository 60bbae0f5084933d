using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace EndToEnd.Tests;

/// <summary>
/// A real machine, isolated, whose installation never begins: its medium is downloaded and does not boot, its screen is
/// pictured, and it is kept.
/// </summary>
[Category("RealMachine"), Platform("Linux")]
internal sealed class KeptMachineTests
{
    private const string Server = """
        import http.server, os, ssl, sys
        os.chdir(sys.argv[1])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("certificate.pem", "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_port, flush=True)
        server.serve_forever()
        """;

    private const string Medium = "ubuntu-24.04.9-live-server-amd64.iso";

    [Test]
    public void A_medium_is_downloaded_and_does_not_boot_which_a_picture_shows_and_the_machine_is_kept_with_its_disk()
    {
        if (new[] { "qemu-system-x86_64", "qemu-img", "xorriso", "swtpm" }.Any(p => !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(f => File.Exists(Path.Combine(f, p)))))
        {
            Assert.Ignore("QEMU and swtpm are not installed here and could not be.");
        }

        using var bench = new Workbench();
        var served = Directory.CreateDirectory(Path.Combine(bench.Folder, "served")).FullName;
        File.WriteAllBytes(Path.Combine(served, Medium), new byte[1 << 20]);
        Run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", Path.Combine(served, "key.pem"), "-out", Path.Combine(served, "certificate.pem"));
        using var server = Process.Start(new ProcessStartInfo("python3", ["-c", Server, served]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        server.ErrorDataReceived += (_, _) => { };
        server.BeginErrorReadLine();
        try
        {
            BuildFrom(bench, $"https://127.0.0.1:{server.StandardOutput.ReadLine()}/{Medium}", Path.Combine(served, "certificate.pem"));
        }
        finally
        {
            server.Kill();
        }
    }

    private static void BuildFrom(Workbench bench, string url, string certificate)
    {
        var sha256 = Change(bench, url);
        bench.Set("SSL_CERT_FILE", certificate);
        var result = bench.Run(
            "--target=BuildTemplate", "--template=ubuntu-24.04", "--sandbox-machines=qemu", "--sandbox-network=isolated", "--on-error=abort", "--output=json", "--var=login_timeout=20s", "--var=boot_wait=1s");
        Assert.That(result.ExitCode, Is.EqualTo(4), result.All);
        var template = JObject.Parse(result.Output.Trim().Split('\n')[^1])["templates"]![0]!;
        var pictures = Directory.GetFiles(Path.GetDirectoryName((string)template["log"]!)!, "screen-*.png");
        var medium = Path.Combine(bench.Runtime, "cache", sha256);
        Assert.Multiple(() =>
        {
            Assert.That(result.Error, Does.Contain($"The node downloads {Medium} from {url}").And.Contain($"{Medium}: 100 %").And.Contain($"local:iso/{Medium} is in place, SHA-256 {sha256}"));
            Assert.That(medium, Does.Exist);
            var ports = Regex.Match(result.Error, @"reach nothing but Packer's files: the ports (\d+) to (\d+)").Groups;
            var served = Regex.Match(File.ReadAllText((string)template["log"]!), @"Starting HTTP server on port (\d+)").Groups[1].Value;
            Assert.That(int.Parse(served), Is.InRange(int.Parse(ports[1].Value), int.Parse(ports[2].Value)), "Packer serves where the guest may go");
            Assert.That(pictures, Has.Length.EqualTo(1), "the last one");
            Assert.That((string?)template["error"], Does.Contain("The screen as it was last: " + pictures.FirstOrDefault()));
            Assert.That(File.ReadAllBytes(pictures[0])[1..4], Is.EqualTo("PNG"u8.ToArray()));
            Assert.That((string?)template["kept"]!["first"], Does.Contain("--target=Sandbox --sandbox-machines=qemu"));
            Assert.That((string)template["kept"]!["login"]!, Does.Exist);
            Assert.That(Directory.EnumerateFiles(Path.Combine(bench.Runtime, "sandbox-qemu", "storage"), "vm-*-disk-*", SearchOption.AllDirectories), Is.Not.Empty);
            Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(bench.Runtime, "sandbox-qemu", "running")), Is.Empty, "QEMU has ended with the node");
        });

        Assert.That(bench.Run("--target=Clean").ExitCode, Is.Zero);
        Assert.That(Directory.Exists(Path.Combine(bench.Runtime, "sandbox-qemu")) || Directory.Exists(Path.Combine(bench.Runtime, "kept")), Is.False);
        Assert.That(medium, Does.Exist, "media are kept for other runs");
        Assert.That(bench.Run("--target=Clean", "--media").ExitCode, Is.Zero);
        Assert.That(medium, Does.Not.Exist);
    }

    /// <summary>Changes the template's medium.</summary>
    /// <returns>Its SHA-256.</returns>
    private static string Change(Workbench bench, string url)
    {
        var file = Path.Combine(bench.CopyTemplates(), "templates", "ubuntu-24.04", "template.json");
        var template = JObject.Parse(File.ReadAllText(file));
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(new byte[1 << 20]));
        template["iso"]!["file"] = Medium;
        template["iso"]!["urls"] = new JArray(url);
        template["iso"]!["sha256"] = sha256;
        template["hardware"]!["memory_mb"] = 1536;
        File.WriteAllText(file, template.ToString());
        return sha256;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, said);
    }
}
