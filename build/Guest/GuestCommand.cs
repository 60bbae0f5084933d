using System.IO.Enumeration;

namespace Guest;

/// <summary>A command that a client gave to a guest. It is never run; a policy says how it ends.</summary>
/// <param name="User">The account that gave it.</param>
/// <param name="Text">The command line, with PowerShell's encoded commands decoded.</param>
/// <param name="Scripts">The uploaded files that it would execute, the outer ones first.</param>
public sealed record GuestCommand(string User, string Text, IReadOnlyList<GuestFile> Scripts)
{
    /// <summary>
    /// Whether it would execute a script that is known by this name: the uploaded file's name or the first word of
    /// its first comment, as a pattern with <c>*</c> and <c>?</c>, without regard to case.
    /// </summary>
    public bool Executes(string pattern) =>
        Scripts.Any(s => Matches(pattern, s.Name) || Matches(pattern, s.Title.Split([' ', ':'], 2)[0]));

    private static bool Matches(string pattern, string name) =>
        name.Length > 0 && FileSystemName.MatchesSimpleExpression(pattern, name);
}
