using Build.Pipeline;

namespace Build.Tests;

public sealed class TemplatePipelineTests
{
    [TestCase("Tools Init VALIDATE BUILD", "VALIDATE BUILD")]
    [TestCase("VALIDATE Sign BUILD SEAL", "VALIDATE|BUILD SEAL")]
    [TestCase("Tools", "")]
    [TestCase("", "")]
    public void Targets_of_templates_that_follow_each_other_are_one_way(string targets, string segments) =>
        Assert.That(
            string.Join('|', TemplatePipeline.Split(targets.Split(' '), t => t.Length > 0 && t.All(char.IsUpper) ? t : null).Select(s => string.Join(' ', s))),
            Is.EqualTo(segments));

    [TestCase("Validate", true)]
    [TestCase("BuildTemplate", true)]
    [TestCase("Init", false)]
    [TestCase("No such target", false)]
    public void A_target_of_templates_is_found_by_its_class(string target, bool isOne) => Assert.Multiple(() =>
    {
        Assert.That(Targets.TemplateTask(target), isOne ? Is.Not.Null : Is.Null);
        Assert.That(Targets.IsOfTemplates(target), Is.EqualTo(isOne));
    });
}
