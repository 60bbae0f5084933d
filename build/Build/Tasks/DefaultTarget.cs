using Build.Context;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName("Default")]
[TaskDescription("What runs when no target is named: List.")]
[IsDependentOn(typeof(List))]
public sealed class DefaultTarget : FrostingTask<BuildContext>;
