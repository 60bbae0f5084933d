namespace Cake.Frosting;

/// <summary>Gives a task a name other than that of its class.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class TaskNameAttribute : Attribute
{
    /// <summary>Makes the attribute.</summary>
    /// <param name="name">The name that the command line uses.</param>
    public TaskNameAttribute(string name) => Name = name;

    /// <summary>The name that the command line uses.</summary>
    public string Name { get; }
}
