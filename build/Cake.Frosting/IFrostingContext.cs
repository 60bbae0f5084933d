using Cake.Core;

namespace Cake.Frosting;

/// <summary>The context that tasks and lifetimes of a build share.</summary>
public interface IFrostingContext : ICakeContext
{
}
