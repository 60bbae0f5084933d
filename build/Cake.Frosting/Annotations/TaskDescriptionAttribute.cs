namespace Cake.Frosting;

/// <summary>Says what a task does; shown by <c>--description</c>.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class TaskDescriptionAttribute : Attribute
{
    /// <summary>Makes the attribute.</summary>
    /// <param name="description">What the task does.</param>
    public TaskDescriptionAttribute(string description) => Description = description;

    /// <summary>What the task does.</summary>
    public string Description { get; }
}
