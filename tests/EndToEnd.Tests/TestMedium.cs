using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace EndToEnd.Tests;

/// <summary>
/// The medium of the tests with real machines, made of Debian's packages (<c>Medium/make.sh</c>): a live system with real GRUB
/// and real cloud-init, and a stand-in for Ubuntu's installer. It takes a minute, and is kept by the hash of what it is made of.
/// </summary>
internal static class TestMedium
{
    private static readonly string[] Programs = ["qemu-system-x86_64", "qemu-img", "swtpm", "mmdebstrap", "grub-mkrescue", "mcopy", "xorriso"];

    private static string Sources => Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "Medium");

    /// <summary>The medium's file; skips the test where it cannot be made.</summary>
    public static string Require()
    {
        var missing = Programs.Where(p => !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, p)))).ToList();
        if (missing.Count > 0)
        {
            Assert.Ignore($"A real machine needs {string.Join(", ", missing)}, which could not be installed here.");
        }

        if (Environment.UserName != "root")
        {
            Assert.Ignore("The medium of the tests with real machines can be made by root only.");
        }

        var mirror = Output("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").Split('\n').FirstOrDefault(l => l.TrimEnd('/').EndsWith("/debian", StringComparison.Ordinal));
        if (mirror is null)
        {
            Assert.Ignore("The medium of the tests with real machines is made of Debian's packages, and apt has no mirror of them here.");
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mirror + string.Concat(Directory.EnumerateFiles(Sources, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText)))));
        var file = Path.Combine(Repository.Root, ".artifacts", "test-medium", hash[..16] + ".iso");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        // Tests of two runs may want it at the same time.
        using (var making = Lock(Path.ChangeExtension(file, ".lock")))
        {
            if (!File.Exists(file))
            {
                foreach (var older in Directory.EnumerateFiles(Path.GetDirectoryName(file)!, "*.iso*"))
                {
                    File.Delete(older);
                }

                Output("sh", Path.Combine(Sources, "make.sh"), file + ".new", mirror.TrimEnd('/'));
                File.Move(file + ".new", file);
            }
        }

        return file;
    }

    private static FileStream Lock(string file)
    {
        for (var watch = Stopwatch.StartNew(); ; Thread.Sleep(200))
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (watch.Elapsed < TimeSpan.FromMinutes(15))
            {
                // Another run makes it.
            }
        }
    }

    /// <summary>A file's SHA-256.</summary>
    public static string Sha256(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string Output(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        arguments.ToList().ForEach(start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program}: {error.Result}");
        return output;
    }
}
