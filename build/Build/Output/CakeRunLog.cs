using Cake.Core.Diagnostics;
using Foundation;

namespace Build.Output;

/// <summary>Shows what services tell in Cake's log.</summary>
internal sealed class CakeRunLog(ICakeLog log) : IRunLog
{
    public void Write(string stage, EventLevel level, string message)
    {
        switch (level)
        {
            case EventLevel.Debug:
                log.Verbose("{0}", message);
                break;
            case EventLevel.Info:
                log.Information("{0}", message);
                break;
            case EventLevel.Warning:
                log.Warning("Warning: {0}", message);
                break;
            default:
                log.Error("{0}", message);
                break;
        }
    }
}
