using System.Globalization;
using System.Text.RegularExpressions;

namespace Proxmox.Machines.Login;

/// <summary>What is asked of a clone over SSH, in one script of POSIX shell that changes nothing, and how its answer is read.</summary>
internal static partial class CloneScript
{
    // Files that the clone made are not older than its own start; the clock may have been set meanwhile.
    private const long ToleranceSeconds = 60;
    private const int MostNames = 20;

    // The exit code of timeout(1).
    private const string TimedOut = "124";

    /// <summary>The command: its answers are lines <c>key=value</c> between two that have the nonce. What must not be found comes on its standard input.</summary>
    /// <param name="nonce">A word that nobody could have guessed.</param>
    /// <param name="buildUser">The user that must be gone.</param>
    /// <param name="patience">How long cloud-init and the system may take to finish.</param>
    public static string Command(string nonce, string buildUser, TimeSpan patience) =>
        $"env LC_ALL=C NONCE={nonce} BUILD_USER='{Word(buildUser)}' PATIENCE={Math.Max(1, (long)patience.TotalSeconds).ToString(CultureInfo.InvariantCulture)} sh -c '{Script}'";

    // No single quote may be in it.
    private const string Script = """
        exec 3<&0 0</dev/null 2>/dev/null
        say() { printf "%s=%s\n" "$1" "$2"; }
        say begin "$NONCE"
        root=; sudo -n true && root="sudo -n"
        say cloud_init "$(timeout "$PATIENCE" cloud-init status --wait | sed -n "s/^.*status: //p" | head -n 1)"
        say system "$(timeout "$PATIENCE" systemctl is-system-running --wait)"
        systemctl --failed --plain --no-legend | head -n 20 | while read -r unit rest; do say failed "$unit"; done
        say time "$(date +%s)"
        start=$(stat -c %Y /run/systemd/notify)
        say start "$start"
        say machine_id "$(stat -c %Y /etc/machine-id) $(head -c 32 /etc/machine-id)"
        for key in /etc/ssh/ssh_host_*_key.pub; do [ -r "$key" ] && say host_key "$(stat -c %Y "$key")"; done
        if [ -n "$BUILD_USER" ]; then getent passwd "$BUILD_USER" >/dev/null; say build_user "$?"; fi
        source=$(findmnt -n -o SOURCE /)
        disk=$(lsblk -n -s -r -o NAME,TYPE "$source" | sed -n "s/ disk$//p" | head -n 1)
        end=0
        for part in /sys/block/"$disk"/*/start; do
          [ -n "$disk" ] && [ -r "$part" ] || continue
          last=$(($(cat "$part") + $(cat "${part%start}size")))
          [ "$last" -gt "$end" ] && end=$last
        done
        say disk "$(cat /sys/block/"$disk"/size) $end"
        say root "$(lsblk -n -b -d -o SIZE "$source") $(df -B1 --output=size / | tail -n 1)"
        if [ -n "$root" ] || [ "$(id -u)" = 0 ]; then
          { $root timeout 120 grep -rlF -s -f - /etc /home /root /opt /srv /usr/local /var /tmp 0<&3; say searched "$?"; } | sed "s,^/,trace=/," | head -n 30
        fi
        say end "$NONCE"
        """;

    /// <summary>Reads the answer.</summary>
    /// <param name="answer">What the guest sent; it may be anything.</param>
    /// <param name="nonce">The word that was sent.</param>
    /// <param name="user">Who logged in.</param>
    /// <param name="now">This machine's time when it answered.</param>
    /// <param name="soughtAll">Whether it was given all that must not be found.</param>
    /// <returns>Null when it is no answer to the command.</returns>
    public static CloneFindings? Read(string answer, string nonce, string user, DateTimeOffset now, bool soughtAll = true)
    {
        var lines = answer.Split('\n').SkipWhile(l => l != $"begin={nonce}").ToList();
        if (!lines.Contains($"end={nonce}"))
        {
            return null;
        }

        var said = lines.TakeWhile(l => l != $"end={nonce}").Select(l => l.Split('=', 2)).Where(p => p.Length == 2).ToLookup(p => p[0], p => p[1].Trim(), StringComparer.Ordinal);
        string? One(string key) => said[key].FirstOrDefault();
        var start = Number(One("start"));
        return new CloneFindings
        {
            User = user,
            OwnMachineId = One("machine_id")?.Split(' ') is [var written, .. var id] && Number(written) is not null ? (id is [var one] && MachineId().IsMatch(one) ? IsOwn(written, start) : false) : null,
            OwnHostKeys = said["host_key"].Select(k => IsOwn(k, start)).ToList() is { Count: > 0 } keys ? (keys.Contains(false) ? false : keys.Contains(null) ? null : true) : null,
            BuildUserGone = Number(One("build_user")) switch { 2 => true, 0 => false, _ => null },
            CloudInit = State(One("cloud_init")),
            System = State(One("system")),
            FailedUnits = [.. said["failed"].Where(u => Unit().IsMatch(u)).Take(MostNames)],
            DiskGrown = Grown(One("disk"), One("root")),
            ClockOffsetSeconds = Number(One("time")) is { } time ? time - now.ToUnixTimeSeconds() : null,
            Traces = said["trace"].Where(f => f.Length > 0).Select(Printable).Take(MostNames).ToList() is var files && (files.Count > 0 || (soughtAll && One("searched") is { Length: > 0 } and not TimedOut)) ? files : null,
        };
    }

    private static bool? IsOwn(string written, long? start) => (Number(written), start) is ({ } at, { } from) ? at >= from - ToleranceSeconds : null;

    // The last partition ends with the disk, and the file system fills what it is on, as far as its own tables let it.
    private static bool? Grown(string? disk, string? root)
    {
        if (disk?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var sectors, var end] || root?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var device, var files]
            || Number(sectors) is not { } all || Number(end) is not { } last || Number(device) is not { } below || Number(files) is not { } size)
        {
            return null;
        }

        return (last == 0 || last >= all * 0.95) && size >= below * 0.85;
    }

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? State(string? text) => text is not null && StateWords().IsMatch(text) ? text : null;

    private static string Printable(string path) => new([.. path.Take(200).Select(c => c is >= ' ' and <= '~' ? c : '?')]);

    private static string Word(string name) => UserName().IsMatch(name) ? name : "";

    [GeneratedRegex(@"\A[0-9a-f]{32}\z")]
    private static partial Regex MachineId();

    [GeneratedRegex(@"\A[A-Za-z0-9@._:\\-]{1,200}\z")]
    private static partial Regex Unit();

    [GeneratedRegex(@"\A[a-z][a-z -]{0,30}\z")]
    private static partial Regex StateWords();

    [GeneratedRegex(@"\A[a-z_][a-z0-9_-]{0,31}\z")]
    private static partial Regex UserName();
}
