namespace Foundation;

/// <summary>
/// Removes what runs have left under a runtime root, and nothing else: only folders that are named as this program names
/// them. The root may be a folder that the user has for other things too, and a mistyped one may be anything.
/// </summary>
/// <param name="paths">The runtime root.</param>
public sealed class RuntimeCleanup(RuntimePaths paths)
{
    private static readonly string[] SandboxFiles = ["node.json", "certificate.pem", "lock"];
    private static readonly string[] SandboxFolders = ["incoming", "running", "storage", "vms"];

    private readonly List<string> removed = [];

    // Of simulated machines, and of real ones.
    private IEnumerable<string> States => [(paths with { RealMachines = false }).SandboxState, (paths with { RealMachines = true }).SandboxState];

    /// <summary>Removes logs, workspaces and the sandbox node's state.</summary>
    /// <param name="media">Whether downloaded media go as well.</param>
    /// <returns>The folders that were removed.</returns>
    /// <exception cref="FailureException">A run is at work there, or something cannot be removed.</exception>
    public IReadOnlyList<string> Run(bool media = false)
    {
        if (RunClaim.IsAnyHeld(paths) || States.Select(s => Path.Combine(s, "lock")).Any(l => File.Exists(l) && RunClaim.IsHeld(l)))
        {
            throw new FailureException(FailureKind.Task, $"{paths.Root} cannot be cleaned", "another run is at work there", "Wait for it to end, or stop it");
        }

        try
        {
            Runs(Path.Combine(paths.Root, "logs", "packer"));
            RemoveIfEmpty(Path.Combine(paths.Root, "logs"));
            Runs(Path.Combine(paths.Root, "work"));
            States.ToList().ForEach(Sandbox);
            Kept();
            Claims();
            CiFiles();
            if (media)
            {
                Media();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(FailureKind.Task, $"{paths.Root} could not be cleaned", error.Message, cause: error);
        }

        return removed;
    }

    /// <summary>Folders of templates with folders that are named by the second of a run.</summary>
    private void Runs(string area)
    {
        foreach (var template in Folders(area))
        {
            var runs = new DirectoryInfo(template).EnumerateFileSystemInfos().Where(e => e.LinkTarget is null && e is DirectoryInfo && IsRun(e.Name)).ToList();
            foreach (var run in runs)
            {
                Remove(run.FullName);
            }

            var latest = new FileInfo(Path.Combine(template, "latest"));
            if (runs.Count > 0 && (latest.LinkTarget is not null || latest.Exists))
            {
                latest.Delete();
            }

            RemoveIfEmpty(template);
        }

        RemoveIfEmpty(area);
    }

    private void Sandbox(string state)
    {
        if (!File.Exists(Path.Combine(state, SandboxFiles[0])) || IsLink(state))
        {
            return;
        }

        foreach (var folder in SandboxFolders.Select(f => Path.Combine(state, f)).Where(f => Directory.Exists(f) && !IsLink(f)))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var file in SandboxFiles)
        {
            File.Delete(Path.Combine(state, file));
        }

        RemoveIfEmpty(state);
        removed.Add(state);
    }

    /// <summary>The logins of VMs of which there is no note any more: those on a cluster stay, with their notes.</summary>
    private void Kept()
    {
        var area = Path.Combine(paths.Root, "kept");
        foreach (var folder in Folders(area).Where(f => VmNotes.RunOf(Path.GetFileName(f)) is not null && !File.Exists(Path.Combine(paths.VmNotes, Path.GetFileName(f) + VmNotes.Extension))))
        {
            Directory.Delete(folder, recursive: true);
        }

        RemoveIfEmpty(area);
    }

    /// <summary>Media are named as their SHA-256; what is not whole yet, and the lock, have an ending.</summary>
    private void Media()
    {
        var files = Directory.Exists(paths.MediaCache) && !IsLink(paths.MediaCache)
            ? Directory.EnumerateFiles(paths.MediaCache).Where(f => Path.GetFileNameWithoutExtension(f) is { Length: 64 } name && name.All(char.IsAsciiHexDigitLower)).ToList()
            : [];
        files.ForEach(File.Delete);
        if (files.Count > 0)
        {
            RemoveIfEmpty(paths.MediaCache);
            removed.Add(paths.MediaCache);
        }
    }

    private void Claims()
    {
        if (Directory.Exists(paths.Claims) && !IsLink(paths.Claims))
        {
            foreach (var claim in Directory.EnumerateFiles(paths.Claims).Where(f => UtcStamp.TryParse(Path.GetFileName(f), out _)).ToList())
            {
                File.Delete(claim);
            }

            RemoveIfEmpty(paths.Claims);
        }
    }

    private void CiFiles()
    {
        var files = RuntimePaths.CiFiles.Select(f => Path.Combine(paths.Ci, f)).Where(f => File.Exists(f) && !IsLink(paths.Ci)).ToList();
        files.ForEach(File.Delete);
        if (files.Count > 0)
        {
            RemoveIfEmpty(paths.Ci);
            removed.Add(paths.Ci);
        }
    }

    private static IEnumerable<string> Folders(string area) =>
        Directory.Exists(area) && !IsLink(area) ? [.. Directory.EnumerateDirectories(area).Where(f => !IsLink(f))] : [];

    // The workspaces of Init have a suffix.
    private static bool IsRun(string name) => UtcStamp.TryParse(name.EndsWith("-init", StringComparison.Ordinal) ? name[..^"-init".Length] : name, out _);

    private void Remove(string folder)
    {
        // The log of a recorded run is read-only, which on Windows holds up whoever deletes it.
        foreach (var file in OperatingSystem.IsWindows() ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories) : [])
        {
            file.IsReadOnly = false;
        }

        Directory.Delete(folder, recursive: true);
        removed.Add(folder);
    }

    private static void RemoveIfEmpty(string folder)
    {
        if (Directory.Exists(folder) && !IsLink(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    private static bool IsLink(string path) => new DirectoryInfo(path).LinkTarget is not null;
}
