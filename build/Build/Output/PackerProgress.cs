using Build.Context;
using Packer.Running;

namespace Build.Output;

/// <summary>Shows Packer's steps on the run's display.</summary>
internal sealed class PackerProgress(TemplateRun run) : IPackerOutput
{
    public void OnStep(string step, TimeSpan elapsed) => run.Display?.Stage(run.Template.Id, step);

    public void OnLine(string line)
    {
        // The steps are enough for a console; every line is in packer.log.
    }

    public void OnSkipped(int lines)
    {
    }
}
