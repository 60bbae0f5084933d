using Foundation;

namespace Records.Verification;

/// <summary>Where records lie, and what lies where only records may.</summary>
/// <param name="Records">The folders to check, with the subject that they lie under.</param>
/// <param name="Strangers">What does not belong there.</param>
internal sealed record FoundRecords(IReadOnlyList<(string Folder, string Subject)> Records, IReadOnlyList<RecordVerdict> Strangers);

/// <summary>Finds the records that the options ask for.</summary>
internal static class RecordFinder
{
    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    public static FoundRecords Find(VerifyOptions options)
    {
        if (options.RecordPath is not null)
        {
            return One(options.Root, options.RecordPath);
        }

        var records = new List<(string, string)>();
        var strangers = new List<RecordVerdict>();
        if (options.Template is { } template)
        {
            var folder = Path.Combine(options.Root.Path, "builds", RecordSubject.IsTemplateId(template) ? template : "-");
            if (!Linked(options.Root, strangers) && !Directory.Exists(folder) && !Unreadable(options.Root, strangers))
            {
                throw new FailureException(FailureKind.Usage, $"There are no records of the template '{template}'", $"in {options.Root.Path}");
            }

            if (strangers.Count == 0)
            {
                Subject(folder, $"builds/{template}", records, strangers);
            }

            return new(records, strangers);
        }

        if (File.Exists(options.Root.Path))
        {
            throw new FailureException(FailureKind.Usage, $"{options.Root.Path} is not a folder of records", "it is a file", "Name the folder with --records");
        }

        if (Linked(options.Root, strangers) || !Directory.Exists(options.Root.Path))
        {
            return new([], strangers);
        }

        foreach (var entry in Entries(options.Root.Path, ".", strangers))
        {
            switch (entry.Name)
            {
                case "init":
                    Subject(entry.FullName, "init", records, strangers);
                    break;
                case "builds" when entry is not DirectoryInfo:
                    Stranger(entry.Name, FindingName.UnexpectedFile, "it must be a folder", strangers);
                    break;
                case "builds":
                    Builds(entry.FullName, records, strangers);
                    break;
                case "README.md" when SafeFile.IsLink(entry):
                case "joins":
                case "keys":
                case "destroyed":
                case RecordRoot.Sandbox when !options.Root.IsSandbox:
                    break; // These have checks of their own.
                default:
                    if (SafeFile.IsLink(entry))
                    {
                        Stranger(entry.Name, FindingName.LinkNotAllowed, "a link is not followed", strangers);
                    }
                    else if (entry is DirectoryInfo && entry.Name is not (".state" or "allowed_signers"))
                    {
                        Stranger(entry.Name, FindingName.UnexpectedFolder, "only init and builds hold records", strangers);
                    }

                    break;
            }
        }

        return new(records, strangers);
    }

    /// <summary>
    /// Whether a folder between the records folder, which the user chose and may be a link, and the templates is a link;
    /// each is a finding.
    /// </summary>
    private static bool Linked(RecordRoot root, List<RecordVerdict> strangers)
    {
        var before = strangers.Count;
        if (SafeFile.IsLink(Path.Combine(root.Path, "builds")))
        {
            Stranger("builds", FindingName.LinkNotAllowed, "a link is not followed", strangers);
        }

        return strangers.Count > before;
    }

    /// <summary>Whether it cannot be known what templates there are; that is a finding.</summary>
    private static bool Unreadable(RecordRoot root, List<RecordVerdict> strangers)
    {
        var before = strangers.Count;
        var builds = Path.Combine(root.Path, "builds");
        _ = Directory.Exists(builds) ? Entries(builds, "builds", strangers) : [];
        return strangers.Count > before;
    }

    private static void Builds(string folder, List<(string, string)> records, List<RecordVerdict> strangers)
    {
        foreach (var entry in Entries(folder, "builds", strangers))
        {
            var path = $"builds/{entry.Name}";
            if (SafeFile.IsLink(entry))
            {
                Stranger(path, FindingName.LinkNotAllowed, "a link is not followed", strangers);
            }
            else if (entry is DirectoryInfo && RecordSubject.IsTemplateId(entry.Name))
            {
                Subject(entry.FullName, path, records, strangers);
            }
            else
            {
                Stranger(path, entry is DirectoryInfo ? FindingName.UnexpectedFolder : FindingName.UnexpectedFile,
                    "only templates have their place here", strangers);
            }
        }
    }

    private static void Subject(string folder, string subject, List<(string, string)> records, List<RecordVerdict> strangers)
    {
        if (SafeFile.IsLink(folder) || !Directory.Exists(folder))
        {
            Stranger(subject, FindingName.LinkNotAllowed, "it must be a folder", strangers);
            return;
        }

        foreach (var entry in Entries(folder, subject, strangers))
        {
            var path = $"{subject}/{entry.Name}";
            if (entry.Name == "latest" && subject != "init")
            {
                continue;
            }

            if (entry.Name.StartsWith(".tmp-", StringComparison.Ordinal))
            {
                continue; // What a run that died was writing: no record, and the next run removes it.
            }

            if (SafeFile.IsLink(entry))
            {
                Stranger(path, FindingName.LinkNotAllowed, "a link is not followed", strangers);
            }
            else if (entry is DirectoryInfo && UtcStamp.TryParse(entry.Name, out _))
            {
                records.Add((entry.FullName, subject));
            }
            else
            {
                Stranger(path, entry is DirectoryInfo ? FindingName.UnexpectedFolder : FindingName.UnexpectedFile,
                    "only records, named after their time, have their place here", strangers);
            }
        }
    }

    private static FoundRecords One(RecordRoot root, string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var subject = Path.GetRelativePath(root.Path, Path.GetDirectoryName(full) ?? full).Replace(Path.DirectorySeparatorChar, '/');
        try
        {
            if (Path.GetFileName(full) == "latest" && LatestCheck.Target(full) is { } target && UtcStamp.TryParse(target, out _))
            {
                full = Path.Combine(Path.GetDirectoryName(full)!, target);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new([], [new($"{subject}/latest", VerdictKind.Latest, null, [new(FindingName.Unreadable, null, e.Message)])]);
        }

        var isPlace = subject == "init" || (subject.Split('/') is ["builds", var id] && RecordSubject.IsTemplateId(id));
        if (!isPlace || !Directory.Exists(full))
        {
            throw new FailureException(
                FailureKind.Usage, $"'{path}' is not a record", Directory.Exists(full) ? $"records lie in {root.Path}" : "there is no such folder",
                "Name a folder such as records/builds/<template>/<UTC>");
        }

        // A link anywhere between the records folder and the record leads to files that are not this record's.
        for (var place = full; place is not null && place.Length > root.Path.Length; place = Path.GetDirectoryName(place))
        {
            if (SafeFile.IsLink(place))
            {
                return new([], [new($"{subject}/{Path.GetFileName(full)}", VerdictKind.Place, null, [new(FindingName.LinkNotAllowed, null, $"{place} is a link, which is not followed")])]);
            }
        }

        return new([(full, subject)], []);
    }

    /// <summary>What is in a folder; where it cannot be read nothing, and a finding.</summary>
    private static FileSystemInfo[] Entries(string folder, string path, List<RecordVerdict> strangers)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos("*", All);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Stranger(path, FindingName.Unreadable, e.Message, strangers);
            return [];
        }
    }

    private static void Stranger(string path, string finding, string message, List<RecordVerdict> strangers) =>
        strangers.Add(new(path, VerdictKind.Place, null, [new(finding, null, message)]));
}
