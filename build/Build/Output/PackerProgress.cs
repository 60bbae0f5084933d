using Build.Context;
using Foundation;
using Packer.Running;

namespace Build.Output;

/// <summary>Shows Packer's steps on the run's display, and keeps them in its events.</summary>
internal sealed class PackerProgress(TemplateRun run) : IPackerOutput
{
    public void OnStep(string step, TimeSpan elapsed)
    {
        run.LogFile?.Write(PackerRunner.Stage, EventLevel.Info, step);
        run.Display?.Stage(run.Template.Id, step);
    }

    public void OnLine(string line)
    {
        // The steps are enough for a console; what Packer says to people is in build.log, and everything in packer.log.
        if (line.Length > 0)
        {
            run.LogFile?.Say(PackerRunner.Stage, line);
        }
    }

    public void OnSkipped(int lines) => run.LogFile?.Say(PackerRunner.Stage, $"({lines} lines came faster than they could be written here; they are in packer.log)");
}
