using Build.Context;
using Build.Output;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(List))]
[TaskDescription("Lists the templates with their last records.")]
public sealed class List : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => CatalogueTable.Print(context);
}
