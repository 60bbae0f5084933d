using System.Globalization;
using Foundation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Records.Model;
using Records.Signing;
using Records.Verification;
using Records.Views;

namespace Records.Sealing;

/// <summary>A build that is to be destroyed.</summary>
/// <param name="ChainId">The run that made it.</param>
/// <param name="Vmid">Its VMID.</param>
/// <param name="Node">Its node.</param>
/// <param name="Name">The VM's name.</param>
public sealed record DoomedBuild(string ChainId, int Vmid, string Node, string Name);

/// <summary>Who destroys builds, where.</summary>
/// <param name="Cluster">The API's address.</param>
/// <param name="ChainId">The run.</param>
/// <param name="Host">The machine.</param>
/// <param name="User">The user there.</param>
public sealed record DestructionBy(string Cluster, string ChainId, string? Host, string? User);

/// <summary>
/// A signed statement, <c>destroyed/&lt;template&gt;-&lt;UTC&gt;.json</c>, of builds that a run destroys: records are
/// never changed, and without it the index would show for ever what is no more. It is written before the first build
/// is destroyed, so that a run that dies has told what it was about, and completed after the last.
/// </summary>
public sealed class Destruction
{
    /// <summary>The folder of the statements.</summary>
    internal const string Folder = "destroyed";

    private const string NextSignature = ".sig.next";
    private readonly RecordRoot root;
    private readonly RecordSigner signer;
    private readonly string path;
    private readonly JObject statement;

    private Destruction(RecordRoot root, RecordSigner signer, string path, JObject statement)
    {
        this.root = root;
        this.signer = signer;
        this.path = path;
        this.statement = statement;
    }

    /// <summary>Says that builds are about to be destroyed.</summary>
    /// <param name="root">The records.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="template">The template that they are of.</param>
    /// <param name="by">Who destroys them.</param>
    /// <param name="builds">The builds.</param>
    /// <param name="now">The time; the statement has the next second that is free.</param>
    /// <exception cref="FailureException">It cannot be written: then nothing may be destroyed.</exception>
    public static Destruction Begin(RecordRoot root, RecordSigner signer, string template, DestructionBy by, IReadOnlyList<DoomedBuild> builds, UtcStamp now)
    {
        var subject = RecordSubject.Build(template);
        return Written($"What {subject} loses cannot be written down", () =>
        {
            var folder = Path.Combine(root.Path, Folder);
            FileSystemCalls.RefuseLinks(root, folder);
            Directory.CreateDirectory(folder);
            using var taken = RecordLock.Take(root, Folder);
            GitFiles.Ensure(root);
            while (Path.Exists(PathOf(folder, template, now)) || Path.Exists(PathOf(folder, template, now) + NextSignature))
            {
                now = now.Next();
            }

            SignersFile.Ensure(root, signer, now.Moment);
            var statement = new JObject
            {
                ["schema_version"] = 1,
                ["environment"] = root.IsSandbox ? RecordRoot.Sandbox : "proxmox",
                ["template"] = template,
                ["started_utc"] = now.ToString(),
                ["finished_utc"] = null,
                ["cluster"] = by.Cluster,
                ["chain_id"] = by.ChainId,
                ["host"] = by.Host,
                ["user"] = by.User,
                ["signer"] = JObject.FromObject(signer.Facts),
                ["destroyed"] = new JArray(builds.Select(b => new JObject
                {
                    ["chain_id"] = b.ChainId, ["vmid"] = b.Vmid, ["node"] = b.Node, ["name"] = b.Name, ["outcome"] = DestroyedBuild.Pending, ["why"] = null,
                })),
            };
            var begun = new Destruction(root, signer, PathOf(folder, template, now), statement);
            begun.Note();
            begun.Write();
            return begun;
        });
    }

    /// <summary>
    /// The statements of a template that runs have begun and not completed; to be completed with what has become of the builds.
    /// </summary>
    /// <exception cref="FailureException">They cannot be read.</exception>
    public static IReadOnlyList<Destruction> Unfinished(RecordRoot root, RecordSigner signer, string template) =>
        Written($"The statements in {Path.Combine(root.Path, Folder)} cannot be read", () =>
        {
            var pending = DestroyedCheck.Load(root, SignersFile.Load(root), [], null).Statements.Where(s => s.Template == template && s.Finished is null);
            return (IReadOnlyList<Destruction>)[.. pending.Select(s => new Destruction(root, signer, s.Path, Read(s.Path)))];
        });

    /// <summary>The builds that the statement is about.</summary>
    public IReadOnlyList<DoomedBuild> Builds =>
        [.. statement["destroyed"]!.Select(b => new DoomedBuild((string)b["chain_id"]!, (int)b["vmid"]!, (string)b["node"]!, (string)b["name"]!))];

    /// <summary>Completes the statement, and has the index tell it.</summary>
    /// <param name="kept">Why builds were kept, by their VMIDs; the others are destroyed.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="FailureException">It cannot be written.</exception>
    public void Complete(IReadOnlyDictionary<int, string> kept, DateTimeOffset now) => Written($"The statement {path} cannot be completed", () =>
    {
        FileSystemCalls.RefuseLinks(root, path);
        using (RecordLock.Take(root, Folder))
        {
            // Somebody else may complete what a run had begun that is not his.
            Note();
            SignersFile.Ensure(root, signer, now);
            statement["signer"] = JObject.FromObject(signer.Facts);
            statement["finished_utc"] = UtcSecondConverter.Text(now);
            foreach (var build in statement["destroyed"]!)
            {
                var why = kept.GetValueOrDefault((int)build["vmid"]!);
                build["outcome"] = why is null ? DestroyedBuild.Destroyed : DestroyedBuild.Kept;
                build["why"] = why;
            }

            Write();
        }

        RecordIndex.Regenerate(root);
        File.Delete(NotePath);
        return true;
    });

    /// <summary>Whether runs have left statements that the index may not know.</summary>
    internal static bool IsInterrupted(RecordRoot root) => Notes(root).Any();

    /// <summary>Forgets those notes, once the index has been written anew.</summary>
    internal static void EndNotes(RecordRoot root)
    {
        foreach (var note in Notes(root).ToList())
        {
            File.Delete(note);
        }
    }

    private static IEnumerable<string> Notes(RecordRoot root) =>
        Directory.Exists(root.State) ? Directory.EnumerateFiles(root.State, $"{Folder}-*{PublicationJournal.Extension}") : [];

    private string NotePath => Path.Combine(root.State, $"{Folder}-{Path.GetFileNameWithoutExtension(path)}{PublicationJournal.Extension}");

    /// <summary>Like the note of a record: as long as it lies there, the index is excused that does not know the statement yet.</summary>
    private void Note()
    {
        Directory.CreateDirectory(root.State);
        var line = $"{Folder}/{Path.GetFileName(path)}\n";
        FileSystemCalls.RemoveUnfinished(NotePath);
        AtomicFile.Write(NotePath, line + signer.Sign(RunRecordJson.Bytes(line)));
        FileSystemCalls.SyncFolder(root.State);
    }

    /// <summary>
    /// Two files cannot be replaced at once. The new signature lies beside the old one until the statement that it is of
    /// is in its place; verification takes either.
    /// </summary>
    private void Write()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using (var json = new JsonTextWriter(text) { Formatting = Formatting.Indented, CloseOutput = false })
        {
            statement.WriteTo(json);
        }

        text.Write('\n');
        FileSystemCalls.RemoveUnfinished(path + NextSignature);
        FileSystemCalls.RemoveUnfinished(path);
        AtomicFile.Write(path + NextSignature, signer.Sign(RunRecordJson.Bytes(text.ToString())));
        FileSystemCalls.SyncFolder(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, text.ToString());
        FileSystemCalls.SyncFolder(Path.GetDirectoryName(path)!);
        FileSystemCalls.Rename(path + NextSignature, path + ".sig");
        FileSystemCalls.SyncFolder(Path.GetDirectoryName(path)!);
    }

    private static JObject Read(string path)
    {
        using var reader = new JsonTextReader(new StringReader(File.ReadAllText(path))) { DateParseHandling = DateParseHandling.None, MaxDepth = 8 };
        return JObject.Load(reader);
    }

    private static string PathOf(string folder, string template, UtcStamp stamp) => Path.Combine(folder, $"{template}-{stamp}.json");

    private static T Written<T>(string what, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RecordStore.CannotWrite(what, e);
        }
    }
}
