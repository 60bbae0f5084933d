using System.ComponentModel;
using System.Diagnostics;

namespace Foundation;

/// <summary>Ends programs that this one has started.</summary>
public static class ProcessTree
{
    /// <summary>
    /// Kills a program and what it has started, as far as it is there and may be killed. It never fails: whoever kills is
    /// handling something that must be told.
    /// </summary>
    public static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // Gone already, or another user's, such as sudo's.
        }
    }
}
