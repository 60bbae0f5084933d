using Foundation;
using Records.Model;

namespace Records;

/// <summary>
/// A folder of records: <c>builds/&lt;template&gt;/&lt;UTC&gt;/</c>, <c>init/&lt;UTC&gt;/</c>, the index
/// <c>README.md</c> and <c>allowed_signers</c>. The sandbox's records are such a folder of their own inside the real
/// one, so that nothing that a sandbox run does can touch the real index, chain or <c>latest</c>.
/// </summary>
public sealed record RecordRoot
{
    /// <summary>The environment whose records are kept apart.</summary>
    public const string Sandbox = "sandbox";

    private RecordRoot(string path, bool isSandbox)
    {
        Path = path;
        IsSandbox = isSandbox;
    }

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; }

    /// <summary>Whether these are the sandbox's records.</summary>
    public bool IsSandbox { get; }

    /// <summary>The root for an environment.</summary>
    /// <param name="records">The records folder (<c>--records</c>).</param>
    /// <param name="environment"><c>proxmox</c> or <c>sandbox</c>.</param>
    public static RecordRoot For(string records, string environment)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(records));
        return environment == Sandbox ? new(System.IO.Path.Combine(full, Sandbox), true) : new(full, false);
    }

    /// <summary>The index.</summary>
    public string Index => System.IO.Path.Combine(Path, "README.md");

    /// <summary>The public keys whose signatures count.</summary>
    public string AllowedSigners => System.IO.Path.Combine(Path, "allowed_signers");

    /// <summary>Locks and journals; of this machine only, ignored by git.</summary>
    internal string State => System.IO.Path.Combine(Path, ".state");

    /// <summary>The folder that the user chose. Links below it are not written through.</summary>
    internal string Chosen => IsSandbox ? System.IO.Path.GetDirectoryName(Path)! : Path;

    /// <summary>The folder with the records of one subject.</summary>
    internal string FolderOf(RecordSubject subject) =>
        System.IO.Path.Combine([Path, .. subject.Name.Split('/')]);
}

/// <summary>What a chain of records is about: a template's builds, or init.</summary>
public sealed record RecordSubject
{
    private RecordSubject(RecordType type, string? template)
    {
        Type = type;
        Template = template;
    }

    /// <summary>The setting up of access.</summary>
    public static RecordSubject Init { get; } = new(RecordType.Init, null);

    /// <summary>The type of its records.</summary>
    public RecordType Type { get; }

    /// <summary>The template's id; null for init.</summary>
    public string? Template { get; }

    /// <summary>The path below the records root: <c>builds/rocky-9</c> or <c>init</c>.</summary>
    public string Name => Template is null ? "init" : $"builds/{Template}";

    /// <summary>The builds of a template.</summary>
    /// <exception cref="FailureException">The id is not one that can name a folder.</exception>
    public static RecordSubject Build(string template) => IsTemplateId(template)
        ? new(RecordType.Build, template)
        : throw new FailureException(
            FailureKind.Usage, $"'{template}' is not a template id", "an id consists of letters, digits, '.', '_' and '-' and starts with a letter or digit");

    /// <summary>Whether the text can be a template's id and so a folder's name.</summary>
    public static bool IsTemplateId(string? text) =>
        text is { Length: > 0 and <= 64 }
        && char.IsAsciiLetterOrDigit(text[0])
        && text[^1] != '.'
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal static RecordSubject Of(RunRecord record) => record.Type == RecordType.Init ? Init : Build(record.Template ?? "");
}
