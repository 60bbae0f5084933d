using Cake.Core;

namespace Cake.Frosting;

/// <summary>A build context that passes everything on to the Cake context it was made with; derive from it to add the build's own data.</summary>
public class FrostingContext : CakeContextAdapter, IFrostingContext
{
    /// <summary>Makes a context on top of Cake's.</summary>
    /// <param name="context">The Cake context.</param>
    public FrostingContext(ICakeContext context)
        : base(context)
    {
    }
}
