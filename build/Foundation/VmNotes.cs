using System.Text.Json;

namespace Foundation;

/// <summary>A VM that a run was about to make, as it is noted before Packer starts.</summary>
/// <param name="Server">The server's address, or <c>sandbox</c>.</param>
/// <param name="Node">The node.</param>
/// <param name="Vmid">The VMID.</param>
/// <param name="Name">The VM's name, unique to the run.</param>
/// <param name="Chain">The run.</param>
public sealed record VmNote(string Server, string Node, int Vmid, string Name, ChainId Chain)
{
    /// <summary>The server of a note about the sandbox node, whose address is another one in each run.</summary>
    public const string Sandbox = "sandbox";

    /// <summary>Whether the run failed and kept the VM for whoever wants to look at it.</summary>
    public bool Kept { get; init; }

    /// <summary>What was left, and of which run, as the beginning of a sentence.</summary>
    public override string ToString() => $"VM {Vmid} ({Name}) on node {Node} of {(Server == Sandbox ? "the sandbox" : Server)}, which run {Chain} made{(Kept ? " and kept when it failed" : "")}";

    /// <summary>What somebody can do about the VM, as a sentence without a full stop.</summary>
    public string Remedy => Server == Sandbox
        ? "The target Clean resets the sandbox node"
        : $"./build.sh --target=Clean --vms destroys it; or do it in Proxmox VE's web interface, or on {Node} as root: qm stop {Vmid}; qm destroy {Vmid} --purge";
}

/// <summary>
/// Notes under the runtime root of the VMs that runs make: written before Packer starts, removed when the VM is gone or is
/// a template. What a killed program, or one whose rights were withdrawn, leaves on the node has no other witness here.
/// Notes about the sandbox node lie with its state, and go with it.
/// </summary>
/// <param name="paths">The runtime root.</param>
public sealed class VmNotes(RuntimePaths paths)
{
    internal const string Extension = ".json";

    /// <summary>Notes a VM; another note of the same run is replaced.</summary>
    /// <exception cref="FailureException">The runtime root cannot be written to.</exception>
    public void Write(VmNote note)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("server", note.Server);
            json.WriteString("node", note.Node);
            json.WriteNumber("vmid", note.Vmid);
            json.WriteString("name", note.Name);
            json.WriteString("chain_id", note.Chain.ToString());
            if (note.Kept)
            {
                json.WriteBoolean("kept", true);
            }

            json.WriteEndObject();
        }

        try
        {
            AtomicFile.Write(FileOf(note), System.Text.Encoding.UTF8.GetString(text.ToArray()) + "\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(
                FailureKind.Task, $"It cannot be noted that VM {note.Vmid} is about to be made", error.Message,
                WriteRemedy.For(error, paths.Root, "choose another one with --runtime-root"), cause: error);
        }
    }

    /// <summary>Removes a note, and the login that was kept for the VM.</summary>
    public void Remove(VmNote note)
    {
        File.Delete(FileOf(note));
        if (paths.KeptLogin(note.Chain) is var folder && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The notes of runs that are over, the oldest first.</summary>
    /// <param name="unreadable">Told each file there that is no note.</param>
    public IReadOnlyList<VmNote> Left(Action<string> unreadable)
    {
        var left = new List<VmNote>();
        foreach (var file in Folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*" + Extension)).Order(StringComparer.Ordinal))
        {
            if (RunOf(Path.GetFileNameWithoutExtension(file)) is not { } run)
            {
                continue;
            }

            if (Read(file, run) is not { } note)
            {
                unreadable(file);
            }
            else if (!IsAtWork(run.Stamp))
            {
                left.Add(note);
            }
        }

        return left;
    }

    private string[] Folders => [paths.VmNotes, paths.SandboxVmNotes];

    private string FileOf(VmNote note) =>
        Path.Combine(note.Server == VmNote.Sandbox ? paths.SandboxVmNotes : paths.VmNotes, $"{note.Chain.Stamp}-{note.Chain.Subject}{Extension}");

    private bool IsAtWork(UtcStamp stamp) => Path.Combine(paths.Claims, stamp.ToString()) is var claim && File.Exists(claim) && RunClaim.IsHeld(claim);

    /// <summary>The run that the name of its note tells; null when it is no such name.</summary>
    internal static ChainId? RunOf(string name)
    {
        var length = default(UtcStamp).ToString().Length;
        return name.Length > length + 1 && name[length] == '-' && UtcStamp.TryParse(name[..length], out var stamp) ? new ChainId(stamp, name[(length + 1)..]) : null;
    }

    private static VmNote? Read(string file, ChainId run)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var note = json.RootElement;
            string Text(string name) => note.GetProperty(name).GetString() ?? throw new JsonException();
            return new VmNote(Text("server"), Text("node"), note.GetProperty("vmid").GetInt32(), Text("name"), run) { Kept = note.TryGetProperty("kept", out var kept) && kept.GetBoolean() };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}
