namespace Cake.Frosting;

/// <summary>Lets a task run before another one, which then needs it.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class IsDependeeOfAttribute : Attribute
{
    /// <summary>Makes the attribute.</summary>
    /// <param name="type">The class of the task that is to run afterwards.</param>
    public IsDependeeOfAttribute(Type type) => Task = type;

    /// <summary>The class of the task that is to run afterwards.</summary>
    public Type Task { get; }
}
