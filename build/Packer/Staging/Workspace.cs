using Foundation;
using Templates;

namespace Packer.Staging;

/// <summary>A file that went into a workspace.</summary>
/// <param name="Path">Its path in the workspace, with forward slashes.</param>
/// <param name="Sha256">The hash of its bytes.</param>
/// <param name="Source">The file that it is, or is made from, relative to <c>infra/packer</c>; null when it was generated.</param>
public sealed record WorkspaceInput(string Path, string Sha256, string? Source = null);

/// <summary>
/// The folder that Packer runs in, complete: <c>packer build .</c> there by hand, with the environment that its README
/// names, does the same. What is secret is not in it but in <see cref="Secrets"/>. Disposing it deletes both.
/// </summary>
public sealed class Workspace : IDisposable
{
    internal const string ManifestName = "manifest.json";
    internal const string BundleName = "ca.pem";

    private bool keep;

    /// <summary>A workspace of files that are there already.</summary>
    internal Workspace(
        string folder, string? assetImage, SecretsFolder secrets, IReadOnlyDictionary<string, string> environment,
        IReadOnlyList<RenderedAsset> assets, IReadOnlyList<WorkspaceInput> hidden, IReadOnlyDictionary<string, string>? sources = null)
    {
        Folder = folder;
        AssetImage = assetImage;
        Secrets = secrets;
        Environment = environment;
        Assets = assets;
        Inputs = [.. Hashes(folder, hidden).Select(i => i with { Source = sources?.GetValueOrDefault(i.Path) })];
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The image of the assets, which has to be uploaded to the node before the installation, or null.</summary>
    public string? AssetImage { get; }

    /// <summary>The build user's public key as in <c>authorized_keys</c>, or null when it logs in with a password.</summary>
    public string? SshPublicKey { get; internal init; }

    /// <summary>The build user's name.</summary>
    public string BuildUser { get; internal init; } = "";

    /// <summary>What Packer's HTTP server will bind to, or null when it serves nothing.</summary>
    public HttpEndpoint? Http { get; internal init; }

    /// <summary>The unattended assets as the installer gets them.</summary>
    public IReadOnlyList<RenderedAsset> Assets { get; }

    /// <summary>Every file that went into it, those with secrets included, sorted by path.</summary>
    public IReadOnlyList<WorkspaceInput> Inputs { get; }

    /// <summary>The file in which Packer says what it built.</summary>
    public string Manifest => Path.Combine(Folder, ManifestName);

    /// <summary>The run's secret files.</summary>
    internal SecretsFolder Secrets { get; }

    /// <summary>What Packer's environment has beyond the program's own: the login and the run's secrets.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Makes the workspace of a run.</summary>
    /// <param name="request">What to build, where and with what.</param>
    /// <param name="folder">The folder to make, see <see cref="RuntimePaths.Workspace"/>.</param>
    /// <param name="secrets">The run's secrets: an asset that has one goes to the secret folder.</param>
    /// <param name="secretsParent">Where the secret folder is made; null for the user's runtime or temporary folder.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FailureException">A file is missing, or a variable, or the login does not suit this Packer.</exception>
    public static async Task<Workspace> StageAsync(
        WorkspaceRequest request, string folder, SecretSet secrets, string? secretsParent = null, CancellationToken cancellation = default)
    {
        var hidden = SecretsFolder.Create(secretsParent);
        try
        {
            Directory.CreateDirectory(folder);
            var stager = new WorkspaceStager(request, folder, hidden, secrets);
            var image = await stager.StageAsync(cancellation);
            return new Workspace(folder, image, hidden, stager.Environment, stager.Assets, stager.HiddenInputs, stager.Sources)
            {
                BuildUser = request.Credentials.Access.Username,
                SshPublicKey = request.Credentials.Access.SshPublicKey,
                Http = stager.Http,
            };
        }
        catch
        {
            hidden.Dispose();
            Remove(folder);
            throw;
        }
    }

    /// <summary>
    /// Keeps the workspace, and copies the secret files into its folder <c>secrets</c> (0600), so that Packer can be
    /// run there again by hand. Returns that folder.
    /// </summary>
    public string Keep()
    {
        keep = true;
        var copies = Path.Combine(Folder, "secrets");
        foreach (var file in Directory.EnumerateFiles(Secrets.Path, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(Secrets.Path, file);
            if (relative.StartsWith("tmp", StringComparison.Ordinal) || relative.StartsWith("cache", StringComparison.Ordinal))
            {
                continue;
            }

            var copy = Path.Combine(copies, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(copy, AtomicFile.OwnerOnly);
            }
        }

        if (Directory.Exists(copies) && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(copies, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return copies;
    }

    /// <summary>Copies the build user's login to a folder that only its owner may enter: the SSH key, or the WinRM password.</summary>
    /// <returns>The file.</returns>
    public string KeepLogin(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var (name, text) = Environment.TryGetValue(WorkspaceStager.KeyFile, out var key)
            ? (Path.GetFileName(key), File.ReadAllText(key))
            : ("winrm_password", Environment[WorkspaceStager.Password] + "\n");
        var file = Path.Combine(folder, name);
        AtomicFile.Write(file, text, AtomicFile.OwnerOnly);
        return file;
    }

    /// <summary>Keeps the workspace after a failed run, so that it can be looked at. What is secret is deleted all the same.</summary>
    public void KeepWithoutSecrets() => keep = true;

    /// <summary>Deletes the secret files, and the workspace unless it is to be kept.</summary>
    public void Dispose()
    {
        Secrets.Dispose();
        if (!keep)
        {
            Remove(Folder);
        }
    }

    private static WorkspaceInput[] Hashes(string folder, IReadOnlyList<WorkspaceInput> hidden) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(f => new WorkspaceInput(Path.GetRelativePath(folder, f).Replace('\\', '/'), FileHash.Sha256(f)))
            .Concat(hidden).OrderBy(i => i.Path, StringComparer.Ordinal),
    ];

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
