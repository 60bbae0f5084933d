namespace Unattended;

/// <summary>Hashes of passwords as crypt(5) writes them.</summary>
internal static class PasswordHash
{
    private static readonly string[] Prefixes = ["$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$7$", "$y$", "$gy$"];

    private static readonly string[] Locks = ["lock", "nopass", "nope", "disabled", "invalid", "none", "nothing", "xxxx"];

    /// <summary>Whether a text has the form of a hash.</summary>
    internal static bool IsHash(string text) =>
        text.Length >= 20 && !text.Contains(' ', StringComparison.Ordinal)
        && Array.Exists(Prefixes, p => text.StartsWith(p, StringComparison.Ordinal)) && text.LastIndexOf('$') > 2;

    /// <summary>
    /// Whether a text in the place of a hash is a word with which authors lock an account on purpose (<c>locked</c>,
    /// <c>nope</c>, <c>thereisnopasswordanditslocked</c>): no password matches it, and none is meant to.
    /// </summary>
    internal static bool IsIntendedLock(string text) =>
        IsLock(text) || Array.Exists(Locks, w => text.Contains(w, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a text in the place of a hash means that no password is admitted.</summary>
    internal static bool IsLock(string text) => text.Length == 0 || text[0] is '!' or '*' || text == "x";
}
