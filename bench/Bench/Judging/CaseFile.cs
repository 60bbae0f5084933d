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
/// files: setup/winrm.ps1                optional: the files beside it; "none" where there are none but it is known
/// drives: 3 E                           optional: how many media there are, and the letter of that with the file
/// boot: auto=true priority=critical     optional: the kernel's command line
/// == a name
/// -what is there, line by line
/// +what stands there instead; a further - or the word "and" begins a further change
/// works | error: part of the message | warning: part of the message
/// at: what stands in the line that the finding names (a … b: the first b after a); without it the first changed line,
/// and "whole" for the file as a whole
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
                draft.Change(line);
            }
            else if (line == "and")
            {
                draft!.Further();
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
        private readonly List<(List<string> Old, List<string> New)> changes = [];

        internal void Further() => changes.Add(([], []));

        internal void Change(string line)
        {
            if (changes.Count == 0 || (line[0] == '-' && changes[^1].New.Count > 0))
            {
                changes.Add(([], []));
            }

            (line[0] == '-' ? changes[^1].Old : changes[^1].New).Add(line[1..]);
        }

        internal Case Make(string folder)
        {
            var text = File.ReadAllText(Path.Combine(folder, Settings["base"]));
            int? changed = null;
            foreach (var (lines, replacement) in changes)
            {
                var old = string.Join('\n', lines);
                var at = lines.Count == 0 ? text.Length : text.IndexOf(old, StringComparison.Ordinal);
                if (at < 0)
                {
                    throw new InvalidOperationException($"{Name}: {Settings["base"]} has no '{old}'");
                }

                text = lines.Count == 0 ? text + string.Join('\n', replacement) + "\n"
                    : replacement.Count == 0 && text[(at + old.Length)..].StartsWith('\n') ? text.Remove(at, old.Length + 1)
                    : text.Remove(at, old.Length).Insert(at, string.Join('\n', replacement));
                changed ??= at;
            }

            var kind = Settings.ContainsKey("works") ? "works" : Settings.ContainsKey("error") ? "error" : "warning";
            _ = UnattendedFormats.TryParse(Settings["format"], out var format);
            return new Case(
                Name, format, Settings["format"], text, Context(format), kind, Settings.GetValueOrDefault(kind, ""), Line(text, changed ?? 0));
        }

        // 0 stands for the file as a whole.
        private int Line(string text, int changed)
        {
            var place = Settings.GetValueOrDefault("at");
            var offset = changed;
            if (place is not null and not "whole")
            {
                offset = 0;
                foreach (var part in place.Split(" … "))
                {
                    offset = text.IndexOf(part, offset == 0 ? 0 : offset + 1, StringComparison.Ordinal);
                    if (offset < 0)
                    {
                        break;
                    }
                }
            }

            return place == "whole" ? 0
                : offset < 0 ? throw new InvalidOperationException($"{Name}: there is no '{place}'")
                : text[..offset].Split('\n').Length;
        }

        private Dictionary<string, string>? Files() => Settings.GetValueOrDefault("files") is { } files
            ? files.Split(' ').Where(f => f != "none").ToDictionary(f => f, _ => "", StringComparer.Ordinal)
            : null;

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
                ScsiController = machine is null || format != UnattendedFormat.Unattend ? null : "virtio-scsi-single",
                Siblings = Files(),
                Drives = Settings.TryGetValue("drives", out var drives) ? drives[0] - '0' : null,
                AnswerDrive = drives?[^1],
                MediumLanguage = MediumName.LanguageIn(Settings.GetValueOrDefault("medium", "")),
                BootArguments = Settings.GetValueOrDefault("boot")?.Split(' '),
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
