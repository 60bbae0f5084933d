using Scriban;
using Scriban.Runtime;

namespace Records.Views;

/// <summary>Renders the Scriban views that are embedded in this assembly.</summary>
internal static class View
{
    /// <summary>Renders a view. Values must have gone through <see cref="MarkdownText"/>.</summary>
    /// <param name="name">The view's file name.</param>
    /// <param name="model">What the view uses, by the names that it uses.</param>
    public static string Render(string name, ScriptObject model)
    {
        using var stream = typeof(View).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The view {name} is not embedded");
        using var reader = new StreamReader(stream);
        var template = Template.Parse(reader.ReadToEnd(), name);
        if (template.HasErrors)
        {
            throw new InvalidOperationException(string.Join('\n', template.Messages));
        }

        var context = new TemplateContext { StrictVariables = true, LoopLimit = 0, LimitToString = 0, NewLine = "\n" };
        context.PushGlobal(model);
        return template.Render(context).ReplaceLineEndings("\n");
    }
}
