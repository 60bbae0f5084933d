using Cake.Core;
using Cake.Core.Diagnostics;

namespace Cake.Frosting.Tests;

/// <summary>The one public task of this assembly.</summary>
[TaskName("Exported")]
public sealed class ExportedTask : FrostingTask
{
    public override void Run(ICakeContext context) => context.Log.Information("exported task ran");
}
