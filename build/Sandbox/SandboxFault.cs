using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Enumeration;
using Foundation;

namespace Sandbox;

/// <summary>
/// Something that shall go wrong in the sandbox, so that the way out of it can be tried:
/// <c>api:POST /nodes/*/qemu/*/template=500 out of space</c> (with <c>#2</c> at the end of the path only the second
/// such call), <c>agent:silent</c>, <c>agent:installer</c> (an
/// agent that comes and goes while an installer works), <c>agent:docker</c>, <c>agent:ipv6</c> and <c>agent:zone</c> (which addresses guests have), <c>script:cleanup.sh=1</c>, <c>privilege:VM.Config.CDROM</c> (nobody has it),
/// <c>revoked:VM.Config.CDROM</c> (nobody has it any more once a build has begun to change something), <c>tfa:root@pam=123456</c> (this user's
/// login wants this code as a second factor), <c>taken:9100</c> (another client makes a VM with this VMID just before the
/// first client that is about to), <c>warn:qmclone</c> (a task of this type ends with a warning),
/// <c>fail:qmconfig=out of space</c> (tasks of this type end with this error, their work undone),
/// <c>drop:POST /nodes/*/qemu</c> (the connection ends without an answer, after the call was done),
/// <c>slow:qmcreate=8000</c> (tasks of this type take so many milliseconds, as on a slow storage).
/// </summary>
public sealed record SandboxFault
{
    private static readonly string[] AgentKinds = ["silent", "installer", "docker", "ipv6", "zone"];

    private SandboxFault(string kind) => Kind = kind;

    /// <summary>The fault as it was written.</summary>
    public string Text { get; private init; } = "";

    internal string Kind { get; }

    internal string Method { get; private init; } = "";

    /// <summary>The path, the script's name or the privilege.</summary>
    internal string Pattern { get; private init; } = "";

    /// <summary>The HTTP status or the exit code.</summary>
    internal int Number { get; private init; }

    internal string Message { get; private init; } = "";

    /// <summary>Which call fails, counted from 1, or 0 for all.</summary>
    internal int Nth { get; private init; }

    /// <summary>Reads a fault.</summary>
    /// <exception cref="FailureException">It is none (usage).</exception>
    public static SandboxFault Parse(string text) => Read(text) with { Text = text };

    private static SandboxFault Read(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var rest = text[(colon + 1)..].Trim();
        return (colon < 0 ? "" : text[..colon].Trim()) switch
        {
            "api" => Api(text, rest),
            "agent" => AgentKinds.Contains(rest)
                ? new SandboxFault("agent") { Pattern = rest }
                : throw Wrong(text, $"what the agent can do is {string.Join(", ", AgentKinds)}"),
            "script" => Script(text, rest),
            "privilege" or "revoked" when rest.Length > 0 && rest.All(c => char.IsAsciiLetter(c) || c == '.') =>
                new SandboxFault(text[..colon].Trim()) { Pattern = rest },
            "privilege" or "revoked" => throw Wrong(text, "a privilege looks like VM.Config.CDROM"),
            "tfa" => SecondFactor(text, rest),
            "warn" => rest.Length > 0 && rest.All(char.IsAsciiLetterOrDigit)
                ? new SandboxFault("warn") { Pattern = rest }
                : throw Wrong(text, "after warn: comes the type of a task, such as qmclone"),
            "fail" => Failing(text, rest),
            "drop" => Call("drop", text, rest),
            "slow" => Slow(text, rest),
            "taken" => int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var vmid) && vmid >= 100
                ? new SandboxFault("taken") { Number = vmid }
                : throw Wrong(text, "after taken: comes a VMID"),
            _ => throw Wrong(text, "a fault begins with api:, agent:, script:, privilege:, revoked:, tfa:, taken:, warn:, fail:, drop: or slow:"),
        };
    }

    internal bool MatchesCall(string kind, string method, string path) =>
        Kind == kind && (Method == "*" || Method == method) && FileSystemName.MatchesSimpleExpression(Pattern, "/" + path, ignoreCase: false);

    private static SandboxFault Api(string text, string rest)
    {
        var (call, effect) = Halves(text, rest);
        var words = effect.Split(' ', 2, StringSplitOptions.TrimEntries);
        if (!int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 400 or > 599)
        {
            throw Wrong(text, "after = comes an HTTP status from 400 to 599 and a message");
        }

        return Call("api", text, call) with { Number = status, Message = words.Length > 1 ? words[1] : "sandbox fault" };
    }

    // "POST /nodes/*/qemu", with "#2" at its end for the second such call alone.
    private static SandboxFault Call(string kind, string text, string call)
    {
        var space = call.IndexOf(' ', StringComparison.Ordinal);
        var (method, path) = space < 0 ? ("", "") : (call[..space], call[(space + 1)..].Trim());
        if (method is not ("GET" or "POST" or "PUT" or "DELETE" or "*") || !path.StartsWith('/'))
        {
            throw Wrong(text, $"after {kind}: comes a method (or *) and a path below /api2/json, such as 'POST /nodes/*/qemu'");
        }

        var nth = 0;
        if (path.IndexOf('#', StringComparison.Ordinal) is > 0 and var hash)
        {
            if (!int.TryParse(path[(hash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out nth) || nth == 0)
            {
                throw Wrong(text, "after # comes the number of the call, from 1");
            }

            path = path[..hash];
        }

        return new SandboxFault(kind) { Method = method, Pattern = path, Nth = nth };
    }

    private static SandboxFault Script(string text, string rest)
    {
        var (name, effect) = Halves(text, rest);
        return int.TryParse(effect, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is > 0 and < 256 && name.Length > 0
            ? new SandboxFault("script") { Pattern = name, Number = code }
            : throw Wrong(text, "a script's fault looks like script:cleanup.sh=1, with an exit code from 1 to 255");
    }

    private static SandboxFault Failing(string text, string rest)
    {
        var (type, message) = Halves(text, rest);
        return type.Length > 0 && type.All(char.IsAsciiLetterOrDigit) && message.Length > 0
            ? new SandboxFault("fail") { Pattern = type, Message = message }
            : throw Wrong(text, "a failing task looks like fail:qmconfig=out of space");
    }

    private static SandboxFault Slow(string text, string rest)
    {
        var (type, effect) = Halves(text, rest);
        return type.Length > 0 && type.All(char.IsAsciiLetterOrDigit) && int.TryParse(effect, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            ? new SandboxFault("slow") { Pattern = type, Number = time }
            : throw Wrong(text, "a slow task looks like slow:qmcreate=8000, with milliseconds");
    }

    private static SandboxFault SecondFactor(string text, string rest)
    {
        var (user, code) = Halves(text, rest);
        return user.Contains('@', StringComparison.Ordinal) && code.Length == 6 && code.All(char.IsAsciiDigit)
            ? new SandboxFault("tfa") { Pattern = user, Message = code }
            : throw Wrong(text, "a second factor looks like tfa:root@pam=123456");
    }

    private static (string Left, string Right) Halves(string text, string rest)
    {
        var equals = rest.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? throw Wrong(text, "there is no '='") : (rest[..equals].Trim(), rest[(equals + 1)..].Trim());
    }

    private static FailureException Wrong(string text, string why) =>
        new(FailureKind.Usage, $"'{text}' is not a fault of the sandbox", why, "For example: api:POST /nodes/*/qemu/*/template=500 out of space");
}

/// <summary>The faults of a node, with the calls that they have counted.</summary>
internal sealed class FaultSet(IReadOnlyList<SandboxFault> faults)
{
    private readonly int[] seen = new int[faults.Count];
    private readonly ConcurrentDictionary<SandboxFault, bool> fired = new();
    private readonly List<int> taken = [.. faults.Where(f => f.Kind == "taken").Select(f => f.Number)];

    /// <summary>The faults that nothing has met, as they were written. One that withholds a privilege holds for every call.</summary>
    public IReadOnlyList<string> Unmet => [.. faults.Where(f => f.Kind != "privilege" && !fired.ContainsKey(f)).Select(f => f.Text)];

    private bool Agent(string what) => Fire(f => f.Kind == "agent" && f.Pattern == what) is not null;

    private SandboxFault? Fire(Func<SandboxFault, bool> meets)
    {
        var fault = faults.FirstOrDefault(meets);
        if (fault is not null)
        {
            fired[fault] = true;
        }

        return fault;
    }

    /// <summary>Whether the guest agent answers nobody.</summary>
    public bool SilentAgent => Agent("silent");

    /// <summary>Whether an agent comes and goes while an installer works, as the one of an installer's live system.</summary>
    public bool InstallerAgent => Agent("installer");

    /// <summary>Whether a guest has the bridge of a container engine before its network card.</summary>
    public bool DockerBridge => Agent("docker");

    /// <summary>Whether Windows tells its link-local address with the zone, as it does to every client of the target Sandbox.</summary>
    public bool ZonedAddresses => Agent("zone");

    /// <summary>Whether guests have no IPv4 address.</summary>
    public bool OnlyIpv6 => Agent("ipv6");

    /// <summary>Privileges that nobody but <c>root@pam</c> is taken to have.</summary>
    public IReadOnlyList<string> WithheldPrivileges { get; } = [.. faults.Where(f => f.Kind == "privilege").Select(f => f.Pattern)];

    /// <summary>Privileges that were taken away meanwhile from everybody but <c>root@pam</c>.</summary>
    public IReadOnlyList<string> RevokedPrivileges { get; private set; } = [];

    /// <summary>Somebody other than <c>root@pam</c> is about to change something: from now on privileges are revoked.</summary>
    public void Revoke()
    {
        var revoked = faults.Where(f => f.Kind == "revoked").ToList();
        revoked.ForEach(f => fired[f] = true);
        RevokedPrivileges = [.. revoked.Select(f => f.Pattern)];
    }

    /// <summary>The code that a user needs beside the password, or null.</summary>
    public string? SecondFactor(string user) => Fire(f => f.Kind == "tfa" && f.Pattern == user)?.Message;

    /// <summary>Whether another client takes this VMID now; true once.</summary>
    public bool IsTakenNow(int vmid)
    {
        lock (taken)
        {
            return taken.Remove(vmid) && Fire(f => f.Kind == "taken" && f.Number == vmid) is not null;
        }
    }

    /// <summary>How long tasks of this type take, or null for as long as every task.</summary>
    public TimeSpan? Slow(string taskType) =>
        Fire(f => f.Kind == "slow" && f.Pattern == taskType) is { } fault ? TimeSpan.FromMilliseconds(fault.Number) : null;

    /// <summary>The error with which tasks of this type end, or null.</summary>
    public string? Fails(string taskType) => Fire(f => f.Kind == "fail" && f.Pattern == taskType)?.Message;

    /// <summary>Whether tasks of this type end with a warning.</summary>
    public bool Warns(string taskType) => Fire(f => f.Kind == "warn" && f.Pattern == taskType) is not null;

    /// <summary>Whether the connection of a call ends before its answer.</summary>
    public bool Drops(string method, string path) => Next("drop", method, path) is not null;

    /// <summary>How a call fails, or null.</summary>
    public (int Status, string Message)? Api(string method, string path) => Next("api", method, path) is { } fault ? (fault.Number, fault.Message) : null;

    private SandboxFault? Next(string kind, string method, string path)
    {
        for (var i = 0; i < faults.Count; i++)
        {
            var fault = faults[i];
            if (fault.MatchesCall(kind, method, path) && (Interlocked.Increment(ref seen[i]) == fault.Nth || fault.Nth == 0))
            {
                fired[fault] = true;
                return fault;
            }
        }

        return null;
    }

    /// <summary>With which exit code a command in a guest ends.</summary>
    public int ExitCode(Guest.GuestCommand command) =>
        Fire(f => f.Kind == "script" && command.Executes(f.Pattern))?.Number ?? 0;
}
