namespace Foundation;

/// <summary>Where things are under the runtime root (<c>.runtime/</c> unless the user says otherwise).</summary>
/// <param name="Root">The runtime root, as a full path.</param>
public sealed record RuntimePaths(string Root)
{
    /// <summary>The folder of one run's logs: <c>packer.log</c>, <c>events.jsonl</c>, <c>result.json</c>.</summary>
    public string Logs(string template, UtcStamp stamp) => Path.Combine(TemplateLogs(template), stamp.ToString());

    /// <summary>The folder with the logs of all runs of a template.</summary>
    public string TemplateLogs(string template) => Path.Combine(Root, "logs", "packer", template);

    /// <summary>The workspace that Packer runs in.</summary>
    public string Workspace(string template, UtcStamp stamp) => Path.Combine(Root, "work", template, stamp.ToString());

    /// <summary>Where the login for a VM that a failed run keeps is, readable only by its owner.</summary>
    public string KeptLogin(ChainId chain) => Path.Combine(Root, "kept", $"{chain.Stamp}-{chain.Subject}");

    /// <summary>Installation media that the sandbox has downloaded, by their SHA-256.</summary>
    public string MediaCache => Path.Combine(Root, "cache");

    /// <summary>The seconds that runs hold, see <see cref="RunClaim"/>.</summary>
    public string Claims => Path.Combine(Root, "run");

    /// <summary>Whether the sandbox's machines are real: their disks are a state of their own.</summary>
    public bool RealMachines { get; init; }

    /// <summary>The state of the sandbox node: users, tokens, storages, VMs.</summary>
    public string SandboxState => Path.Combine(Root, RealMachines ? "sandbox-qemu" : "sandbox");

    /// <summary>What a run leaves for the CI system that it ran in: the files of <see cref="CiFiles"/>.</summary>
    public string Ci => Path.Combine(Root, "ci");

    /// <summary>The names of these files.</summary>
    public static IReadOnlyList<string> CiFiles { get; } = ["build.env", "codequality.json", "summary.md", "validate.xml", "verify.xml"];

    /// <summary>The notes of VMs on clusters, see <see cref="Foundation.VmNotes"/>.</summary>
    public string VmNotes => Path.Combine(Root, "vms");

    /// <summary>The notes of VMs on the sandbox node.</summary>
    public string SandboxVmNotes => Path.Combine(SandboxState, "vms");
}
