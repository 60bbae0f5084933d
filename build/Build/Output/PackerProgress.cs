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
        // The steps are enough for a console; every line is in packer.log.
    }

    public void OnSkipped(int lines)
    {
    }
}
