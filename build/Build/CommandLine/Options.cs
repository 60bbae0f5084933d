namespace Build.CommandLine;

/// <summary>Every option that the program knows; the help and the check for typing errors are made of this, and a test looks for each in the README.</summary>
public static class Options
{
    public const string Template = "template";
    public const string Environment = "environment";
    public const string RuntimeRoot = "runtime-root";
    public const string Records = "records";
    public const string Var = "var";
    public const string Parallel = "parallel";
    public const string KeepWorkspace = "keep-workspace";
    public const string Packer = "packer";
    public const string AllowOldPacker = "allow-old-packer";
    public const string AllowUnversioned = "allow-unversioned";
    public const string NoInstall = "no-install";
    public const string IfChanged = "if-changed";
    public const string MaxAge = "max-age";
    public const string Record = "record";
    public const string SigningKey = "signing-key";
    public const string AllowedSigners = "allowed-signers";
    public const string OnError = "on-error";
    public const string Debug = "debug";
    public const string Vms = "vms";
    public const string Media = "media";
    public const string Screenshots = "screenshots";
    public const string Port = "port";
    public const string Output = "output";
    public const string Ci = "ci";
    public const string Bell = "bell";
    public const string SandboxFault = "sandbox-fault";
    public const string SandboxMachines = "sandbox-machines";
    public const string SandboxNetwork = "sandbox-network";
    public const string SandboxLatency = "sandbox-latency";
    public const string SandboxTaskTime = "sandbox-task-time";
    public const string SandboxStatusLag = "sandbox-status-lag";
    public const string SandboxNodes = "sandbox-nodes";
    public const string SandboxVersion = "sandbox-version";
    public const string SandboxStorage = "sandbox-storage";
    public const string Only = "only";
    public const string Scale = "scale";
    public const string Filter = "filter";
    public const string ProxmoxUrl = "proxmox-url";
    public const string ProxmoxUsername = "proxmox-username";
    public const string Node = "node";
    public const string StorageVm = "storage-vm";
    public const string StorageIso = "storage-iso";
    public const string Bridge = "bridge";
    public const string Pool = "pool";
    public const string GuestAddress = "guest-address";
    public const string Iso = "iso";
    public const string IsoUrl = "iso-url";
    public const string Like = "like";
    public const string Keep = "keep";
    public const string TrustFingerprint = "trust-fingerprint";
    public const string RotateToken = "rotate-token";
    public const string SshProxy = "ssh-proxy";
    public const string HttpProxy = "http-proxy";
    public const string HttpBindAddress = "http-bind-address";
    public const string HttpInterface = "http-interface";

    /// <summary>The options in the order in which the help shows them.</summary>
    public static IReadOnlyList<CommandOption> All { get; } =
    [
        new(Template, "<id>[,<id>…]|all", "The templates to work on."),
        new(Environment, "sandbox|proxmox", "Where to build: the embedded sandbox node, or a real cluster. Default: proxmox when one is configured, otherwise sandbox.") { Choices = ["sandbox", "proxmox"] },
        new(Records, "<dir>", "The folder of the records. Default: records."),
        new(RuntimeRoot, "<dir>", "The folder for logs and workspaces. Default: .runtime."),
        new(Var, "<key>=<value>", "A value for a variable of the Packer HCL. May be repeated.") { Repeatable = true },
        new(Parallel, "<n>", "How many templates to build at the same time. Default: as many as the memory here and on the node allows; 1 without a terminal."),
        new(KeepWorkspace, null, "Keep Packer's workspace, and the run's throw-away secrets in it, after the run."),
        new(Packer, "<file>", "The Packer program to use. Default: one from 1.11 on with its proxmox plugin, on the PATH or in .tools; in the sandbox also Packer 1.6.") { Variable = "PACKER_PATH" },
        new(AllowOldPacker, null, "Build on a cluster with Packer 1.6 all the same; the record states it. Never for templates that Packer logs in to by WinRM."),
        new(AllowUnversioned, null, "Build on a cluster although git does not tell the commit that is built from; the record states it."),
        new(NoInstall, null, "Install nothing: no Debian package and no Packer; say what is missing instead."),
        new(IfChanged, null, "Skip a template whose files in the repository, medium and Packer are those of its newest record."),
        new(MaxAge, "<n>d|<n>h", "With --if-changed: build all the same when that record is older."),
        new(OnError, "cleanup|abort|ask", "What becomes of the VM of a build that fails, in Packer's words: it is destroyed, kept, or somebody at the terminal is asked. Default: cleanup.") { Choices = ["cleanup", "abort", "ask"] },
        new(Debug, null, "Let Packer stop after each of its steps (packer build -debug), until Enter is pressed. One template, at a terminal."),
        new(Vms, null, "With --target=Clean: destroy on the cluster what failed builds have kept or left there."),
        new(Media, null, "With --target=Clean: also remove the installation media that the sandbox has downloaded for real machines."),
        new(Screenshots, "<seconds>", "Take a picture of the VM's screen that often while Packer builds, into the folder of the logs (screen-<UTC>.png). Default: off; with real machines in the sandbox the last one is kept."),
        new(Record, "<dir>", "The record to verify. Default: all, of real builds and of the sandbox."),
        new(AllowedSigners, "<file>", "Whose signatures count for Verify, from a file that did not come with the records. Default: allowed_signers beside them."),
        new(SigningKey, "<file>", "The SSH key that signs records. Default: one of this program's own in the runtime root.") { Variable = "RECORD_SIGNING_KEY" },
        new(Output, "text|json", "How List, Verify, Sandbox and builds print; json is alone on the standard output, and of a build its last line.") { Choices = ["text", "json"] },
        new(Ci, "auto|none", "Whether the CI system that the run is in is told sections, findings, results and outputs. Default: auto.") { Choices = ["auto", "none"] },
        new(Bell, null, "Ring the terminal's bell when the run has ended."),
        new(Port, "<n>", "The port of the node that the target Sandbox runs. Default: any free one."),
        new(SandboxFault, "<fault>", "Make the sandbox node fail: 'api:<METHOD> <path>=<status> <message>', 'agent:silent|installer|docker|ipv6|zone', 'script:<name>=<exit code>', 'privilege:<privilege>', 'revoked:<privilege>', 'tfa:<user@realm>=<code>', 'taken:<vmid>', 'warn:<task type>', 'fail:<task type>=<message>', 'drop:<METHOD> <path>', 'slow:<task type>=<ms>'. May be repeated.") { Repeatable = true },
        new(SandboxMachines, "simulated|qemu", "What runs in the sandbox's VMs: a simulation, or real systems in QEMU; media are real files then. Default: simulated.") { Choices = ["simulated", "qemu"] },
        new(SandboxNetwork, "open|isolated", "What guests of real machines reach: the network of this machine, or nothing but the files that Packer serves them. Default: open.") { Choices = ["open", "isolated"] },
        new(SandboxLatency, "<ms>", "How long the sandbox node holds every answer back. Default: 0."),
        new(SandboxTaskTime, "<ms>", "How long every task of the sandbox node takes. Default: 0."),
        new(SandboxStatusLag, "<ms>", "How old what the sandbox's list of the cluster's resources says may be. Default: 0; 10000, as on a real cluster, for the target Sandbox."),
        new(SandboxNodes, "<n>", "How many nodes the sandbox's cluster has: pve, pve2, … Default: 1."),
        new(SandboxVersion, "<version>", "Which Proxmox VE the sandbox node is: 9, 8, or a full version. Default: 9.2.11."),
        new(SandboxStorage, "<name>:dir|lvmthin[:<content>]", "A further storage of the sandbox node, <content> what it may hold: images+rootdir, for instance. May be repeated.") { Repeatable = true },
        new(Only, "<name>[,<name>…]", "What Bench measures: start, build, stream, seal, verify, index, scale, chains, parallel, inner. Default: all."),
        new(Scale, "<percent>", "How much of the full size Bench measures; its page is only written at 100, the default."),
        new(Filter, "<expression>", "Which tests Test runs, in the words of dotnet test, such as TestCategory=RealMachine. Default: all."),
        new(ProxmoxUrl, "<url>", "The Proxmox VE server, such as https://pve1.example.net:8006.") { Variable = "PROXMOX_URL" },
        new(ProxmoxUsername, "<user@realm>", "Who logs in there. With --target=Init: an administrator, such as root@pam, who sets up the login of builds.") { Variable = "PROXMOX_USERNAME" },
        new(Node, "<name>|auto", "The node to build on; auto takes the one with the most free memory that sees both storages.") { Variable = "PROXMOX_NODE" },
        new(StorageVm, "<name>", "The storage for disks.") { Variable = "PROXMOX_STORAGE_VM" },
        new(StorageIso, "<name>", "The storage for installation media.") { Variable = "PROXMOX_STORAGE_ISO" },
        new(Bridge, "<name>[:<vlan>]", "The network bridge or VNet, and the VLAN on it.") { Variable = "PROXMOX_BRIDGE" },
        new(Pool, "<name>", "The pool of the VMs, on which alone builds may make and destroy VMs; Init makes it. Default: packer, when Init sets access up.") { Variable = "PROXMOX_POOL" },
        new(TrustFingerprint, "<sha256>", "With --target=Init: accept the server's certificate, which the system does not trust, when it has this SHA-256 fingerprint."),
        new(RotateToken, null, "With --target=Init: replace the API token, so that the old secret is worth nothing."),
        new(Iso, "<file>", "A local file to upload instead of having the node download the ISO of that name. With New: the new template's medium. May be repeated.") { Repeatable = true },
        new(IsoUrl, "<url>", "With New: where the new template's medium can be downloaded."),
        new(Like, "<id>", "With New: the template that the new one is copied from."),
        new(Keep, "<n>", "After success destroy this template's older builds beyond the newest n; never one with linked clones or made by somebody else."),
        new(GuestAddress, "<address>/<bits>", "The guest's address for the build of one template, instead of the one of network in its template.json, which has gateway and name servers."),
        new(SshProxy, "<host>:<port>", "A SOCKS5 proxy through which Packer reaches the SSH of guests.") { Variable = "PROXMOX_SSH_PROXY" },
        new(HttpProxy, "<url>", "An HTTP proxy through which Packer reaches the WinRM of guests.") { Variable = "PROXMOX_HTTP_PROXY" },
        new(HttpBindAddress, "<address>", "The IPv4 address of this machine at which Packer serves the unattended files. Default: the one that routes to the server.") { Variable = "PROXMOX_HTTP_BIND_ADDRESS" },
        new(HttpInterface, "<name>", "Instead of an address: serve at all, and tell guests the first IPv4 address of this network interface.") { Variable = "PROXMOX_HTTP_INTERFACE" },
        new("target", "<name>", "The target to run. Default: List.") { OfCake = true, Letter = 't', Repeatable = true },
        new("exclusive", null, "Run the target without its dependencies.") { OfCake = true, Letter = 'e' },
        new("dryrun", null, "Show what would run.") { OfCake = true },
        new("tree", null, "Show the targets and what they depend on.") { OfCake = true },
        new("description", null, "Show the targets with their descriptions.") { OfCake = true },
        new("verbosity", "<level>", "quiet, minimal, normal, verbose or diagnostic.")
        {
            OfCake = true, Letter = 'v', Choices = ["quiet", "minimal", "normal", "verbose", "diagnostic", "q", "m", "n", "v", "d"],
        },
        new("version", null, "Show this program's own version, not Cake's.") { OfCake = true },
        new("info", null, "Show the same version below Cake's name.") { OfCake = true },
        new("help", null, "Show this help.") { OfCake = true, Letter = 'h' },
    ];
}
