using Unattended;

namespace Bench.Judging;

/// <summary>
/// A file of cases below <c>tests/Unattended.Tests/Cases</c>: each changes a file that works in one place and says what the
/// judge has to make of it. Lines before the first <c>==</c> are what counts for all of them.
/// </summary>
/// <remarks>
/// <code>
/// format: kickstart                     autoinstall, unattend, preseed
/// base: kickstart.base                  the file that is changed, beside this one
/// system: rocky 9.6                     the system's id and version
/// medium: Rocky-9.6-x86_64-dvd.iso      optional
/// machine: scsi bios virtio 16          optional: the disk's bus, the firmware, the card, the disk's size in GiB
/// == a name
/// -what is there, line by line
/// +what stands there instead
/// works | error: part of the message | warning: part of the message
/// at: the line that the finding names; without it the first changed line, and "whole" for the file as a whole
/// </code>
/// </remarks>
internal static class CaseFile
{
    internal static IReadOnlyList<Case> Read(string path)
    {
        var defaults = new Dictionary<string, string>();
        var cases = new List<Case>();
        Draft? draft = null;
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                Finish(draft);
                draft = new Draft(line[3..], new Dictionary<string, string>(defaults));
            }
            else if (draft is not null && line.Length > 0 && line[0] is '-' or '+')
            {
                (line[0] == '-' ? draft.Old : draft.New).Add(line[1..]);
            }
            else if (line == "works")
            {
                draft!.Settings["works"] = "";
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                (draft?.Settings ?? defaults)[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        Finish(draft);
        return cases;

        void Finish(Draft? finished)
        {
            if (finished is not null)
            {
                cases.Add(finished.Make(Path.GetDirectoryName(path)!));
            }
        }
    }

    private sealed record Draft(string Name, Dictionary<string, string> Settings)
    {
        internal List<string> Old { get; } = [];

        internal List<string> New { get; } = [];

        internal Case Make(string folder)
        {
            var before = File.ReadAllText(Path.Combine(folder, Settings["base"]));
            var old = string.Join('\n', Old);
            var replacement = string.Join('\n', New);
            var at = before.IndexOf(old, StringComparison.Ordinal);
            if (at < 0)
            {
                throw new InvalidOperationException($"{Name}: {Settings["base"]} has no '{old}'");
            }

            var text = Old.Count == 0 ? before + replacement + "\n"
                : New.Count == 0 && before[(at + old.Length)..].StartsWith('\n') ? before.Remove(at, old.Length + 1)
                : before.Remove(at, old.Length).Insert(at, replacement);
            var kind = Settings.ContainsKey("works") ? "works" : Settings.ContainsKey("error") ? "error" : "warning";
            _ = UnattendedFormats.TryParse(Settings["format"], out var format);
            return new Case(
                Name, format, Settings["format"], text, Context(format), kind, Settings.GetValueOrDefault(kind, ""), Line(text, Old.Count == 0 ? before.Length : at));
        }

        // 0 stands for the file as a whole.
        private int Line(string text, int changed)
        {
            var place = Settings.GetValueOrDefault("at");
            var offset = place is null ? changed : text.IndexOf(place, StringComparison.Ordinal);
            return place == "whole" ? 0
                : offset < 0 ? throw new InvalidOperationException($"{Name}: there is no '{place}'")
                : text[..offset].Split('\n').Length;
        }

        private UnattendedContext Context(UnattendedFormat format)
        {
            var system = Settings["system"].Split(' ');
            var machine = Settings.GetValueOrDefault("machine")?.Split(' ');
            return new UnattendedContext
            {
                FileName = format switch { UnattendedFormat.Kickstart => "ks.cfg", UnattendedFormat.Autoinstall => "user-data", UnattendedFormat.Unattend => "Autounattend.xml", _ => "preseed.cfg" },
                OsId = system[0],
                VersionId = system.Length > 1 ? system[1] : "",
                MediumName = Settings.GetValueOrDefault("medium", ""),
                DiskBus = machine?[0],
                Uefi = machine is null ? null : machine[1] == "uefi",
                NetworkModel = machine?[2],
                DiskBytes = machine is null ? null : long.Parse(machine[3], System.Globalization.CultureInfo.InvariantCulture) << 30,
            };
        }
    }
}

/// <summary>A file with one thing changed, and what the judge has to make of it.</summary>
/// <param name="Name">What was changed.</param>
/// <param name="Format">The file's format.</param>
/// <param name="FormatName">Its name.</param>
/// <param name="Text">The file.</param>
/// <param name="Context">What is known about the machine and the medium.</param>
/// <param name="Verdict"><c>works</c>, <c>error</c> or <c>warning</c>.</param>
/// <param name="Cause">A part of the message.</param>
/// <param name="Line">The line that the finding names, 0 for the file as a whole.</param>
internal sealed record Case(string Name, UnattendedFormat Format, string FormatName, string Text, UnattendedContext Context, string Verdict, string Cause, int Line)
{
    public override string ToString() => Name;

    /// <summary>What is not as it should be, or null.</summary>
    internal string? Deviation()
    {
        var reading = UnattendedFile.Read(Format, Text, Context);
        var found = string.Join('\n', reading.Findings.Select(f => $"{f.Severity} {f.Code} {f}"));
        var errors = reading.Errors.ToList();
        var wanted = Verdict == "error" ? errors : reading.Findings.Where(f => !f.IsError).ToList();
        return Verdict != "error" && errors.Count > 0 ? $"it is refused:\n{found}"
            : Verdict == "works" ? null
            : !wanted.Exists(f => f.Message.Contains(Cause, StringComparison.Ordinal)) ? $"no {Verdict} says '{Cause}'; found:\n{found}"
            : !wanted.Exists(f => f.Message.Contains(Cause, StringComparison.Ordinal) && f.Line == Line) ? $"the {Verdict} names another line than {Line}; found:\n{found}"
            : null;
    }
}
