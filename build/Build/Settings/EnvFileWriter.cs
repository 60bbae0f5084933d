using System.Text;
using Foundation;
using Proxmox;

namespace Build.Settings;

/// <summary>Writes what Init found and made to <c>infra/env/proxmox.env</c>: readable by its owner alone from the first moment on.</summary>
internal static class EnvFileWriter
{
    private static readonly string[] Kept = ["RECORD_SIGNING_KEY", "PACKER_PATH"];

    /// <summary>The file's text; the same connection gives the same bytes.</summary>
    /// <param name="connection">The connection for builds.</param>
    /// <param name="node">The node, or <c>auto</c>.</param>
    /// <param name="settings">How guests are reached.</param>
    /// <param name="givenCertificate">The file in which a certificate is kept that was given as text.</param>
    public static string Text(ProxmoxConnection connection, string node, ClusterSettings settings, string? givenCertificate = null)
    {
        var login = connection.Credentials;
        (string Name, string? Value)[] variables =
        [
            ("PROXMOX_URL", connection.Url.GetLeftPart(UriPartial.Authority)),
            ("PROXMOX_USERNAME", login.TokenId ?? login.Username),
            ("PROXMOX_TOKEN", login.TokenSecret),
            ("PROXMOX_PASSWORD", login.Password),
            ("PROXMOX_NODE", node),
            ("PROXMOX_STORAGE_VM", connection.StorageVm),
            ("PROXMOX_STORAGE_ISO", connection.StorageIso),
            ("PROXMOX_BRIDGE", connection.BridgeName),
            ("PROXMOX_POOL", connection.Pool),
            // A file that the user named; the one that Init has accepted lies beside this one and needs no name.
            ("PROXMOX_CERTIFICATE", settings.GivenCertificateText is null ? settings.GivenCertificate : givenCertificate),
            ("PROXMOX_INSECURE", connection.Insecure ? "true" : null),
            ("PROXMOX_SSH_PROXY", settings.SshProxy is { } proxy ? $"{proxy.Host}:{proxy.Port}" : null),
            ("PROXMOX_HTTP_PROXY", settings.HttpProxy?.ToString().TrimEnd('/')),
            ("PROXMOX_HTTP_BIND_ADDRESS", settings.Http?.BindAddress),
            ("PROXMOX_HTTP_INTERFACE", settings.Http?.Interface),
        ];
        // What nobody asks Init for, but which the file may hold, stays as it is.
        variables = [.. variables, .. Kept.Select(name => (name, settings.InFile(name)))];
        var text = new StringBuilder("# Written by the target Init. It holds secrets: keep it out of version control.\n");
        foreach (var (name, value) in variables)
        {
            if (!string.IsNullOrEmpty(value))
            {
                text.Append(name).Append('=').Append(Quoted(name, value)).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Writes the file unless it has this text already.</summary>
    /// <returns>Whether it was written.</returns>
    /// <exception cref="FailureException">It cannot be written.</exception>
    public static bool Write(string path, string text)
    {
        try
        {
            var same = File.Exists(path) && File.ReadAllText(path) == text;
            if (!same || !IsPrivate(path))
            {
                AtomicFile.Write(path, text, AtomicFile.OwnerOnly);
            }

            return !same;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(FailureKind.Task, $"{path} could not be written", error.Message, "Make the folder writable and run --target=Init --rotate-token", cause: error);
        }
    }

    /// <summary>Refuses a file that <see cref="Write"/> could not write.</summary>
    /// <exception cref="FailureException">Its folder cannot be made or written.</exception>
    public static void RequireWritable(string path)
    {
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(folder);
            using var probe = new FileStream(
                Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp"),
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(FailureKind.Task, $"{path} cannot be written", error.Message, "Make the folder writable and run it again", cause: error);
        }
    }

    private static bool IsPrivate(string path) => OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == AtomicFile.OwnerOnly;

    // Readable by a shell as well.
    private static string Quoted(string name, string value) =>
        value.All(c => char.IsAsciiLetterOrDigit(c) || c is '@' or '.' or ':' or '/' or '-' or '_' or '[' or ']') ? value
        : !value.Contains('\'', StringComparison.Ordinal) && !value.Any(char.IsControl) ? $"'{value}'"
        : throw new FailureException(FailureKind.Usage, $"{name} cannot be written to the env file", "it has a quotation mark or a control character");
}
