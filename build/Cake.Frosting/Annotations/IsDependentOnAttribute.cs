namespace Cake.Frosting;

/// <summary>Lets a task run after another one, which it needs.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class IsDependentOnAttribute : Attribute
{
    /// <summary>Makes the attribute.</summary>
    /// <param name="type">The class of the task that has to run first.</param>
    public IsDependentOnAttribute(Type type) => Task = type;

    /// <summary>The class of the task that has to run first.</summary>
    public Type Task { get; }
}
