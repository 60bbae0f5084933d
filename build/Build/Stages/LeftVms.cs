using Build.Context;
using Cake.Common.Diagnostics;
using Foundation;
using Proxmox.Machines;

namespace Build.Stages;

/// <summary>Keeps a note of each VM from before Packer starts until it is gone or is a template, and tells of notes that are left.</summary>
internal static class LeftVms
{
    /// <summary>Notes the VM that a run is about to make.</summary>
    public static void Note(BuildContext context, TemplateRun run) => context.VmNotes.Write(NoteOf(context, run));

    /// <summary>At the end of a run: removes its note, or says which VM is left and what to do.</summary>
    public static async Task EndAsync(BuildContext context, TemplateRun run)
    {
        if (!run.MayHaveVm || run.Vmid is null)
        {
            return;
        }

        var note = NoteOf(context, run);
        if (run.Facts is { Template: true } && (run.Active || run.Record is not null))
        {
            context.VmNotes.Remove(note);
            return;
        }

        if (run.Kept is not null)
        {
            context.VmNotes.Write(note with { Kept = true });
            return;
        }

        var (fate, why) = await LeftVm.LookAsync(context.BuildEnvironment.Client, note);
        if (fate == VmFate.Gone)
        {
            context.VmNotes.Remove(note);
        }
        else
        {
            run.LastWords.Add((EventLevel.Error, Told(note, fate, why)));
        }
    }

    /// <summary>At the beginning of a run: looks at what earlier ones have noted on this server, and tells of what is left.</summary>
    public static async Task TellAsync(BuildContext context)
    {
        var server = ServerOf(context);
        foreach (var note in context.VmNotes.Left(file => context.Warning("Warning: {0}", Unreadable(file))))
        {
            var (fate, why) = note.Server == server
                ? await LeftVm.LookAsync(context.BuildEnvironment.Client, note, context.Interruption.Stop)
                : (VmFate.Unknown, "this run works on another server");
            if (fate is VmFate.Gone or VmFate.Template)
            {
                context.VmNotes.Remove(note);
            }
            else
            {
                context.Warning("Warning: {0}", context.Secrets.MaskIn(Told(note, fate, why)));
            }
        }
    }

    /// <summary>Destroys on the server what earlier runs have noted there, and tells of what stays.</summary>
    public static async Task DestroyAsync(BuildContext context, IRunLog log)
    {
        var client = context.BuildEnvironment.Client;
        var server = ServerOf(context);
        foreach (var note in context.VmNotes.Left(file => context.Warning("Warning: {0}", Unreadable(file))))
        {
            var (fate, why) = note.Server == server
                ? await LeftVm.LookAsync(client, note, context.Interruption.Stop)
                : (VmFate.Unknown, "this run works on another server");
            if (fate == VmFate.Left && await new BuildCleanup(client, log).RemoveVmAsync(new BuildIdentity(note.Node, note.Vmid, note.Name, note.Chain)))
            {
                context.Information("Destroyed {0}", note);
                context.VmNotes.Remove(note);
            }
            else if (fate is VmFate.Gone or VmFate.Template)
            {
                context.VmNotes.Remove(note);
            }
            else
            {
                context.Warning("Warning: {0}", context.Secrets.MaskIn(Told(note, fate, why)));
            }
        }
    }

    /// <summary>What is told of a note, where no server is asked.</summary>
    public static string Told(VmNote note) => $"{note}, was not finished and may still be there. {note.Remedy}. A run on that server looks again.";

    /// <summary>What is told of a file that is no note.</summary>
    public static string Unreadable(string file) => $"{file} was to note a VM that a run made, and cannot be read. Look on the server for a VM named as the file, then delete it.";

    private static string Told(VmNote note, VmFate fate, string? why) => fate == VmFate.Unknown
        ? $"{note}, may still be there ({why}). {note.Remedy}."
        : $"{note}, is still there. {note.Remedy}.";

    private static VmNote NoteOf(BuildContext context, TemplateRun run) =>
        new(ServerOf(context), context.BuildEnvironment.Client.Connection.Node, run.Vmid!.Value, run.VmName, run.Chain);

    private static string ServerOf(BuildContext context) =>
        context.Settings.UseSandbox ? VmNote.Sandbox : context.BuildEnvironment.Client.Connection.Url.GetLeftPart(UriPartial.Authority);
}
