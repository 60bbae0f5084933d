namespace Build.Ci;

/// <summary>
/// What a CI system can show. What a system cannot do is left out by not overriding it; Jenkins takes nothing out of a
/// log, and reads the files of <see cref="CiReport"/> instead.
/// </summary>
public class CiProvider
{
    /// <summary>Begins a section of the log. Sections are not nested.</summary>
    /// <param name="name">Letters and digits.</param>
    /// <param name="heading">The line that is shown for it.</param>
    /// <returns>Whether the heading is shown by the section; otherwise it has to be printed.</returns>
    public virtual bool BeginSection(string name, string heading) => false;

    /// <summary>Ends the section that was begun.</summary>
    public virtual void EndSection(string name, string heading)
    {
    }

    /// <summary>Shows something beside a file, or at the top of the run.</summary>
    public virtual void Annotate(CiAnnotation annotation)
    {
    }

    /// <summary>Shows a page on the run's own page.</summary>
    /// <param name="markdown">The page.</param>
    /// <param name="file">The file that it also lies in.</param>
    public virtual void Summary(string markdown, string file)
    {
    }

    /// <summary>Sets an output for the steps that follow.</summary>
    /// <param name="name">Small letters.</param>
    /// <param name="value">One line.</param>
    public virtual void Output(string name, string value)
    {
    }

    /// <summary>Has the system mask a value in its own logs. The value is printed for this.</summary>
    public virtual void Mask(string secret)
    {
    }

    /// <summary>Shows results in JUnit's format.</summary>
    /// <param name="title">What was tested.</param>
    /// <param name="file">The file.</param>
    public virtual void TestResults(string title, string file)
    {
    }

    /// <summary>The end of the run: what was gathered is written.</summary>
    public virtual void Complete()
    {
    }
}
