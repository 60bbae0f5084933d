using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Bench;

/// <summary>Logs that look like Packer's, with a secret in some lines.</summary>
internal static class Logs
{
    /// <summary>Eight secrets of the kinds that a run has.</summary>
    public static IReadOnlyList<string> Secrets { get; } =
    [
        "Kq7-zW2_pX9!vR4t", "f3b0c442-98fc-1c14-9afb-f4c8996fb924", "0d6b4f1e9a7c2358d1e0b9f87a6c5d43", "hunter2 with spaces",
        "p@ss/word+with=signs", "äöü-Ünïcode-Geheimnis", "N0t\"quoted\\well", "build-7c1d9e2f4a6b8c0d",
    ];

    /// <summary>Writes a log of so many bytes.</summary>
    public static void Write(string path, long bytes)
    {
        var lines = new StringBuilder();
        for (var i = 0; lines.Length < 1 << 20; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"2026/11/22 19:16:{i % 60:00} packer-builder-proxmox-iso plugin: [DEBUG] GET /nodes/pve/tasks/UPID:pve:{i:X8}:status -> 200, attempt {i}\n");
            if (i % 500 == 0)
            {
                lines.Append("2026/11/22 19:16:27 ui: using password ").Append(Secrets[i / 500 % Secrets.Count]).Append(" for the build user\n");
            }
        }

        var block = Encoding.UTF8.GetBytes(lines.ToString());
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        for (var left = bytes; left > 0; left -= block.Length)
        {
            file.Write(block, 0, (int)Math.Min(left, block.Length));
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>The SHA-256 of a file.</summary>
    public static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Bytes as people read them.</summary>
    public static string Size(long bytes) => bytes switch
    {
        >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.##} GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
    };

    /// <summary>Lets the disk finish what was written, so that nobody is measured with it.</summary>
    public static void Settle()
    {
        using var sync = Process.Start("sync");
        sync.WaitForExit();
    }
}
