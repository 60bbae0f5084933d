using System.Globalization;
using System.Text.RegularExpressions;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Unattended;

namespace Templates;

/// <summary>What a new template is to be.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Like">The template that it is copied from.</param>
/// <param name="IsoUrl">Where its medium can be downloaded, or null.</param>
/// <param name="IsoFile">Its medium on this machine, or null.</param>
public sealed record NewTemplateRequest(string Id, string Like, string? IsoUrl, string? IsoFile);

/// <summary>A template that was written.</summary>
/// <param name="Folder">Its folder, from <c>infra/packer</c>.</param>
/// <param name="Changes">What was changed, each a phrase.</param>
/// <param name="Unknown">What somebody has to find out, each a phrase that begins with the field.</param>
public sealed record NewTemplateResult(string Folder, IReadOnlyList<string> Changes, IReadOnlyList<string> Unknown);

/// <summary>
/// Makes a template like another one for another medium: a copy of its folder with every field changed that depends on
/// the medium, as far as the medium's name, its maker's list (<c>media.json</c>) and the catalogue tell it.
/// </summary>
/// <param name="catalogue">The catalogue.</param>
public sealed partial class NewTemplate(TemplateCatalogue catalogue)
{
    private const int VmidsEach = 50;

    private readonly List<string> changes = [];
    private readonly List<string> unknown = [];

    /// <summary>Writes the folder, and the medium into <c>media.json</c> when everything about it is known.</summary>
    /// <exception cref="FailureException">Usage: the id is taken or none, the other template is not there, or the medium is not named.</exception>
    public NewTemplateResult Write(NewTemplateRequest request)
    {
        var like = Check(request);
        var folder = Path.Combine(catalogue.Root, "templates", request.Id);
        var json = JObject.Parse(File.ReadAllText(Path.Combine(like.Folder, "template.json")), new JsonLoadSettings { CommentHandling = CommentHandling.Ignore });
        var iso = Medium(request);
        var name = MediumName.Recognize((string)iso["file"]!);
        var old = MediumName.Recognize(like.Iso.File);

        json["iso"] = iso;
        changes.Add($"iso: {iso["file"]}");
        Vmids(json);
        if (like.Network is not null)
        {
            unknown.Add("network: an address of its own");
        }

        if (name is null)
        {
            unknown.Add($"title, os_version, hardware, boot, vars: {iso["file"]} is no medium that is known by its name; compare each with the system");
        }
        else
        {
            System(json, like, name, old);
            Hardware(json, SystemRequirements.Of((string)iso["file"]!)!);
            Boot(json, like, name, old);
        }

        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(like.Folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "template.json"))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(like.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
            changes.Add($"{Path.GetRelativePath(like.Folder, file)}: as in {like.Id}");
        }

        AtomicFile.Write(Path.Combine(folder, "template.json"), json.ToString(Formatting.Indented) + "\n");
        Publish(iso);
        return new NewTemplateResult(catalogue.Relative(folder), changes, unknown);
    }

    private Template Check(NewTemplateRequest request)
    {
        if (!TemplateId.IsValid(request.Id))
        {
            throw new FailureException(
                FailureKind.Usage, $"'{request.Id}' is no template's id", null, "Give --template=<id>: lower-case letters, digits, hyphens and dots, such as rocky-10");
        }

        if (Directory.Exists(Path.Combine(catalogue.Root, "templates", request.Id)))
        {
            throw new FailureException(FailureKind.Usage, $"There is a template '{request.Id}' already", $"templates/{request.Id} exists", "Choose another id, or change that one");
        }

        if (request.IsoUrl is null && request.IsoFile is null)
        {
            throw new FailureException(FailureKind.Usage, "No medium is named", null, "Give --iso-url=<url> or --iso=<file>, or both");
        }

        if (request.IsoUrl is { } text && (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps || url.UserInfo.Length > 0 || url.Host.Length == 0))
        {
            throw new FailureException(FailureKind.Usage, $"--iso-url={text} is not a plain https URL", null, "Use https without a user name");
        }

        if (request.IsoFile is { } file && !File.Exists(file))
        {
            throw new FailureException(FailureKind.Usage, $"--iso={file}: there is no such file");
        }

        return catalogue.Load(request.Like);
    }

    private JObject Medium(NewTemplateRequest request)
    {
        var published = PublishedMedia.Read(catalogue.Root);
        var sum = request.IsoFile is { } local ? FileHash.Sha256(local) : null;
        var known = published.FirstOrDefault(m => sum is not null ? m.Sha256 == sum : m.Urls.Contains(request.IsoUrl!))
            ?? (sum is null ? published.FirstOrDefault(m => m.File == NameIn(request.IsoUrl!)) : null);
        var file = known?.File ?? (request.IsoFile is { } path ? Path.GetFileName(path) : NameIn(request.IsoUrl!));
        if (!FileName().IsMatch(file))
        {
            throw new FailureException(
                FailureKind.Usage, $"'{file}' is no name of a medium on a storage", null, "Give --iso=<file> with the name that its maker gave it, which ends in .iso");
        }

        var urls = known?.Urls.ToList() ?? [];
        if (request.IsoUrl is { } url && !urls.Contains(url))
        {
            urls.Insert(0, url);
        }

        if (urls.Count == 0)
        {
            unknown.Add("iso.urls: where its maker offers it, with an archive where it stays");
        }
        else if (urls.Count == 1)
        {
            unknown.Add("iso.urls: an archive where it stays, since a version leaves its folder when the next one comes (the template validates without)");
        }

        if ((sum ??= known?.Sha256) is null)
        {
            unknown.Add("iso.sha256: from its maker's list of checksums");
        }

        unknown.Add("iso.released: the day on which its maker released it, so that List can tell its age (the template validates without)");
        return new JObject { ["file"] = file, ["urls"] = new JArray(urls), ["sha256"] = sum ?? "" };
    }

    private static string NameIn(string url) => Uri.UnescapeDataString(new Uri(url).AbsolutePath.Split('/')[^1]);

    private void Vmids(JObject json)
    {
        var last = 8999;
        foreach (var id in catalogue.Ids())
        {
            try
            {
                last = Math.Max(last, catalogue.Load(id).Vmid.Last);
            }
            catch (FailureException)
            {
                // Validate says what is wrong with it.
            }
        }

        var first = ((last / VmidsEach) + 1) * VmidsEach;
        json["vmid"] = new JObject { ["first"] = first, ["last"] = first + VmidsEach - 1 };
        changes.Add($"vmid: {first} to {first + VmidsEach - 1}, which no other template has");
    }

    private void System(JObject json, Template like, MediumName name, MediumName? old)
    {
        var version = name.OsId == "ubuntu" ? string.Join('.', name.Version.Split('.').Take(2)) : name.Version;
        var shown = name.OsId is "ubuntu" ? version : name.Major.ToString(CultureInfo.InvariantCulture);
        var product = name.OsId switch
        {
            "ubuntu" => "Ubuntu Server",
            "debian" => "Debian",
            "rocky" => "Rocky Linux",
            "almalinux" => "AlmaLinux",
            "rhel" => "Red Hat Enterprise Linux",
            "centos" => "CentOS Stream",
            _ => "Windows Server",
        };
        Set(json, "title", $"{product} {shown}{(name.OsId == "ubuntu" && shown.EndsWith(".04", StringComparison.Ordinal) && name.Major % 2 == 0 ? " LTS" : "")}");
        Set(json, "os_version", name.OsId == "debian" ? shown : version);
        if (old is null || old.OsId != name.OsId)
        {
            unknown.Add($"assets: those of {like.Id} install {old?.OsId ?? like.Family}; put the unattended file of {name.OsId} beside template.json, with package sources of its own");
        }

        // A value that is the other system's version, or has its year in it, is this one's too.
        foreach (var (key, value) in json["vars"] as JObject ?? [])
        {
            if (old is null || value is not JValue { Type: JTokenType.String } || (string)value! is not { } text)
            {
                continue;
            }

            var changed = name.OsId == "mswindows"
                ? text.Replace(old.Version, name.Version, StringComparison.Ordinal).Replace($"2k{old.Version[^2..]}", $"2k{name.Version[^2..]}", StringComparison.Ordinal)
                : text == old.Version || text == like.OsVersion ? version
                : text == old.Major.ToString(CultureInfo.InvariantCulture) ? shown
                : text;
            if (changed != text)
            {
                json["vars"]![key] = changed;
                changes.Add($"vars.{key}: {changed}");
            }
        }
    }

    private void Hardware(JObject json, SystemRequirements needed)
    {
        var hardware = (JObject)json["hardware"]!;
        if (CpuLevel.Of((string?)hardware["cpu_type"] ?? "host") is { } level && level < needed.CpuLevel)
        {
            hardware["cpu_type"] = $"x86-64-v{needed.CpuLevel}";
            changes.Add($"hardware.cpu_type: x86-64-v{needed.CpuLevel}, for which the system is compiled");
        }

        foreach (var (field, least) in new[] { ("memory_mb", needed.MemoryMb), ("disk_gb", needed.DiskGb) })
        {
            if ((int)hardware[field]! < least)
            {
                hardware[field] = least;
                changes.Add($"hardware.{field}: {least}, the least for the installer");
            }
        }
    }

    // Media with the same boot loader take the same keys.
    private void Boot(JObject json, Template like, MediumName name, MediumName? old)
    {
        if (old is not null && name.BiosLoader == old.BiosLoader && name.Installer == old.Installer)
        {
            return;
        }

        var sibling = catalogue.Ids().Where(id => id != like.Id).Select(id => catalogue.Load(id))
            .FirstOrDefault(t => MediumName.Recognize(t.Iso.File) is { } other && other.BiosLoader == name.BiosLoader && other.Installer == name.Installer);
        if (sibling is not null)
        {
            json["boot"] = JObject.Parse(File.ReadAllText(Path.Combine(sibling.Folder, "template.json")))["boot"];
            changes.Add($"boot: as in {sibling.Id}, whose medium has the same boot loader ({name.BiosLoader})");
        }
        else if (like.Boot.UefiCommand.Count > 0 && name.BiosLoader == "grub" && old?.Installer == name.Installer)
        {
            json["boot"]!["command"] = new JArray(like.Boot.UefiCommand);
            ((JObject)json["boot"]!).Remove("uefi_command");
            changes.Add("boot.command: that of the other medium's boot loader for UEFI, GRUB, which this one has for BIOS as well");
        }
        else
        {
            unknown.Add($"boot: this medium starts with {name.BiosLoader} (BIOS), that of {like.Id} with {old?.BiosLoader ?? "another"}; no template here has the keys");
        }
    }

    private void Set(JObject json, string field, string value)
    {
        if ((string?)json[field] != value)
        {
            json[field] = value;
            changes.Add($"{field}: {value}");
        }
    }

    // What the sandbox finds on the internet is a list of its own, so that a mistyped pin shows there.
    private void Publish(JObject iso)
    {
        var path = Path.Combine(catalogue.Root, PublishedMedia.FileName);
        var list = JObject.Parse(File.ReadAllText(path));
        var media = (JArray)list["media"]!;
        if (((JArray)iso["urls"]!).Count == 0 || (string)iso["sha256"]! == "" || media.Any(m => (string?)m["file"] == (string?)iso["file"]))
        {
            return;
        }

        media.Add(new JObject { ["file"] = iso["file"], ["urls"] = iso["urls"]!.DeepClone(), ["sha256"] = iso["sha256"] });
        AtomicFile.Write(path, list.ToString(Formatting.Indented) + "\n");
        changes.Add($"{PublishedMedia.FileName}: the medium is pinned there as well");
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._+-]{0,190}\.iso$")]
    private static partial Regex FileName();
}
