using Foundation;

namespace Build.Ci;

/// <summary>
/// What a run tells the CI system that it runs in, and the files that it leaves for one in <c>ci/</c> of the runtime root:
/// <c>validate.xml</c> and <c>verify.xml</c> (JUnit), <c>summary.md</c>, <c>build.env</c> (the outputs, one
/// <c>NAME=value</c> a line). Nothing that fails here makes a run fail. Safe for use by several threads.
/// </summary>
/// <param name="provider">The system; null where there is none or it is switched off.</param>
/// <param name="folder">Where the files are written.</param>
/// <param name="checkout">The folder that paths in annotations are relative to.</param>
/// <param name="secrets">What is masked.</param>
/// <param name="warn">Told what could not be reported.</param>
public sealed class CiReport(CiProvider? provider, string folder, string checkout, SecretSet secrets, Action<string> warn)
{
    /// <summary>A report to nobody.</summary>
    public static CiReport Off => new(null, "", "", new SecretSet(), _ => { });

    private readonly Lock gate = new();
    private readonly List<CheckResult> validated = [];
    private readonly List<string> pages = [];
    private readonly HashSet<CiAnnotation> shown = [];
    private (string Name, string Heading)? section;

    /// <summary>Whether there is a system to tell.</summary>
    public bool IsOn => provider is not null;

    /// <summary>Begins the section of a stage; the one before it ends.</summary>
    /// <returns>Whether the heading is shown by this.</returns>
    public bool BeginStage(string name, string heading)
    {
        var headed = false;
        Tell(p =>
        {
            End(p);
            headed = p.BeginSection(name, heading);
            section = (name, heading);
        });
        return headed;
    }

    /// <summary>Ends the section of a stage, so that what follows is seen without opening it.</summary>
    public void EndStage() => Tell(End);

    /// <summary>Shows something beside a file; the same only once.</summary>
    /// <param name="isError">Whether it makes the run fail.</param>
    /// <param name="title">What it is about.</param>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="file">The file as a full path, or null. One that is not there is not named.</param>
    /// <param name="line">The line in it, from 1, or 0.</param>
    public void Annotate(bool isError, string title, string message, string? file = null, int line = 0) => Tell(p =>
    {
        var place = file is not null && File.Exists(file) ? Path.GetRelativePath(checkout, file).Replace('\\', '/') : null;
        var annotation = new CiAnnotation(isError, secrets.MaskIn(title), secrets.MaskIn(message), place, place is null ? 0 : line);
        if (shown.Add(annotation))
        {
            p.Annotate(annotation);
        }
    });

    /// <summary>Notes what Validate came to for one template.</summary>
    public void Validated(CheckResult result) => Tell(_ => validated.Add(Masked(result)));

    /// <summary>Writes what Verify came to.</summary>
    public void Verified(IEnumerable<CheckResult> results) => Tell(p => Results(p, "Verify", "verify.xml", [.. results.Select(Masked)]));

    /// <summary>Adds a page to the summary of the run.</summary>
    /// <param name="markdown">The page.</param>
    public void Page(string markdown) => Tell(_ => pages.Add(secrets.MaskIn(markdown)));

    /// <summary>Sets outputs for the steps that follow.</summary>
    public void Outputs(IReadOnlyList<(string Name, string Value)> outputs) => Tell(p =>
    {
        List<(string Name, string Value)> lines = [.. outputs.Select(o => (o.Name, OneLine(secrets.MaskIn(o.Value))))];
        lines.ForEach(o => p.Output(o.Name, o.Value));
        AtomicFile.Write(Path.Combine(folder, "build.env"), string.Concat(lines.Select(o => $"{o.Name.ToUpperInvariant()}={o.Value}\n")));
    });

    /// <summary>Ends the report: writes what was gathered.</summary>
    public void Complete() => Tell(p =>
    {
        End(p);
        if (validated.Count > 0)
        {
            Results(p, "Validate", "validate.xml", validated);
        }

        if (pages.Count > 0)
        {
            var file = Path.Combine(folder, "summary.md");
            AtomicFile.Write(file, string.Join("\n", pages));
            p.Summary(string.Join("\n", pages), file);
        }

        p.Complete();
    });

    private void End(CiProvider to)
    {
        if (section is { } open)
        {
            section = null;
            to.EndSection(open.Name, open.Heading);
        }
    }

    private void Results(CiProvider to, string title, string name, IReadOnlyList<CheckResult> results)
    {
        var file = Path.Combine(folder, name);
        JUnitFile.Write(file, title, results);
        to.TestResults(title, file);
    }

    private CheckResult Masked(CheckResult result) => result with
    {
        Failure = result.Failure is { } failure ? secrets.MaskIn(failure) : null,
        Remarks = result.Remarks is { } remarks ? secrets.MaskIn(remarks) : null,
    };

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private void Tell(Action<CiProvider> what)
    {
        if (provider is null)
        {
            return;
        }

        lock (gate)
        {
            try
            {
                what(provider);
            }
            catch (Exception error)
            {
                // Whatever the system, Cake or the disk objects to: the build is what counts.
                warn(secrets.MaskIn(error.Message));
            }
        }
    }
}
