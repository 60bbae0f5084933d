using Cake.Core.Diagnostics;
using Spectre.Console.Cli;

namespace Cake.Frosting.Internal;

/// <summary>Reads the usual command lines itself: starting a command-line library takes longer than most tasks do.</summary>
/// <remarks>
/// It either reads a line as <see cref="SpectreCommand"/> would, which a property test checks, or leaves it alone:
/// help, mistakes and rare notations (<c>-t=X</c>, <c>--tree=true</c>, <c>--</c>) are left alone.
/// </remarks>
internal static class ArgumentReader
{
    public static bool TryRead(string[] args, out HostOptions options, out IRemainingArguments remaining)
    {
        options = new HostOptions();
        remaining = null;
        var targets = new List<string>();
        var rest = new List<(string Name, string Value)>();

        for (var i = 0; i < args.Length; i++)
        {
            if (!TrySplit(args[i], out var name, out var value))
            {
                return false;
            }

            var attached = value is not null;
            if (!attached && i + 1 < args.Length && IsValue(args[i + 1]))
            {
                value = args[++i];
            }

            switch (name)
            {
                case "--target" or "-t" when value is not null:
                    targets.Add(value);
                    break;
                case "--working" or "-w" when value is not null:
                    options = options with { WorkingDirectory = value };
                    break;
                case "--verbosity" or "-v" when value is not null && VerbosityOf(value) is { } verbosity:
                    options = options with { Verbosity = verbosity };
                    break;
                case "--target" or "-t" or "--working" or "-w" or "--verbosity" or "-v" or "--help":
                    return false;
                default:
                    if (WithFlag(options, name) is not { } flagged)
                    {
                        rest.Add((name, value));
                    }
                    else if (value is null)
                    {
                        options = flagged;
                    }
                    else
                    {
                        return false;
                    }

                    break;
            }
        }

        if (targets.Count > 0)
        {
            options = options with { Targets = [.. targets] };
        }

        remaining = new Remaining(rest.ToLookup(argument => argument.Name, argument => argument.Value));
        return true;
    }

    /// <summary>The option with the flag set; null when the host has no such flag.</summary>
    private static HostOptions WithFlag(HostOptions options, string name) => name switch
    {
        "--description" or "--descriptions" or "--showdescription" or "--showdescriptions" => options with { Description = true },
        "--tree" or "--showtree" => options with { Tree = true },
        "--dryrun" or "--noop" or "--whatif" => options with { DryRun = true },
        "--exclusive" or "-e" => options with { Exclusive = true },
        "--version" or "--ver" => options with { Version = true },
        "--info" => options with { Info = true },
        "--no-report" => options with { NoReport = true },
        _ => null,
    };

    private static Verbosity? VerbosityOf(string value)
    {
        // Not Enum.TryParse, which would take numbers and lists too.
        foreach (var verbosity in Enum.GetValues<Verbosity>())
        {
            if (verbosity.ToString().Equals(value, StringComparison.OrdinalIgnoreCase))
            {
                return verbosity;
            }
        }

        return null;
    }

    /// <summary>Splits <c>--name</c>, <c>--name=value</c>, <c>--name:value</c>, or one of the host's own short names.</summary>
    private static bool TrySplit(string argument, out string name, out string value)
    {
        name = argument;
        value = null;
        if (argument is "-t" or "-w" or "-v" or "-e")
        {
            return true;
        }

        if (!argument.StartsWith("--", StringComparison.Ordinal))
        {
            return false;
        }

        var end = argument.AsSpan().IndexOfAny('=', ':');
        if (end >= 0)
        {
            name = argument[..end];
            value = argument[(end + 1)..];
        }

        // A name of one letter is a mistake to Spectre.Console.Cli.
        return name.Length > 3
            && char.IsAsciiLetter(name[2])
            && name.AsSpan(3).IndexOfAnyExcept(NameCharacters) < 0
            && value is not "";
    }

    private static bool IsValue(string argument) => argument.Length > 0 && argument[0] != '-';

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    private sealed class Remaining(ILookup<string, string> parsed) : IRemainingArguments
    {
        public ILookup<string, string> Parsed => parsed;

        public IReadOnlyList<string> Raw => [];
    }
}
