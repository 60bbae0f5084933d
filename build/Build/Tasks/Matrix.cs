using Build.Context;
using Build.Output;
using Cake.Frosting;

namespace Build.Tasks;

[TaskName(nameof(Matrix))]
[TaskDescription("Prints the templates as a matrix for CI, one line of JSON.")]
public sealed class Matrix : FrostingTask<BuildContext>
{
    public override void Run(BuildContext context) => MachineOutput.Write(
        CiMatrix.Of(context.Settings.TemplateSelection is { } selection ? context.Catalogue.Select([selection]) : context.Catalogue.Ids()));
}
