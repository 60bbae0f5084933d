using System.Security.Cryptography;

namespace Sandbox.Access;

/// <summary>A user. Of its password only a hash is kept.</summary>
internal sealed class UserEntry
{
    public bool Enabled { get; set; } = true;

    /// <summary>When the account ends, in seconds since 1970, or 0 for never.</summary>
    public long Expire { get; set; }

    public string? Comment { get; set; }

    public string? Email { get; set; }

    public string? FirstName { get; set; }

    public string? LastName { get; set; }

    public string? Keys { get; set; }

    public SecretHash? Password { get; set; }

    public SortedDictionary<string, TokenEntry> Tokens { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>An API token. Of its secret only a hash is kept.</summary>
internal sealed class TokenEntry
{
    public required SecretHash Secret { get; init; }

    public string? Comment { get; set; }

    public long Expire { get; set; }

    /// <summary>Whether it has its own ACLs, at most its user's; otherwise it may what its user may.</summary>
    public bool PrivilegeSeparated { get; set; } = true;
}

/// <summary>A role on a path for a user or token.</summary>
/// <param name="Path">The path, such as <c>/storage/local</c>.</param>
/// <param name="AuthId">The user or token.</param>
/// <param name="Role">The role.</param>
/// <param name="Propagate">Whether it also holds below the path.</param>
internal sealed record AclEntry(string Path, string AuthId, string Role, bool Propagate);

/// <summary>A pool of VMs and storages.</summary>
internal sealed class PoolEntry
{
    public string? Comment { get; set; }

    public SortedSet<int> Machines { get; set; } = [];

    public SortedSet<string> Storages { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>
/// A secret that can be checked but not read: PBKDF2 with SHA-256. Passwords are stretched; a token's secret is 122
/// random bits, which need no stretching.
/// </summary>
/// <param name="Salt">Sixteen random bytes, Base64.</param>
/// <param name="Rounds">The number of rounds.</param>
/// <param name="Hash">Thirty-two bytes, Base64.</param>
internal sealed record SecretHash(string Salt, int Rounds, string Hash)
{
    private const int PasswordRounds = 20_000;

    public static SecretHash OfPassword(string secret) => Of(secret, PasswordRounds);

    public static SecretHash OfToken(string secret) => Of(secret, 1);

    /// <summary>Whether this is the secret.</summary>
    public bool Matches(string secret) => CryptographicOperations.FixedTimeEquals(
        Derive(secret, Convert.FromBase64String(Salt), Rounds), Convert.FromBase64String(Hash));

    private static SecretHash Of(string secret, int rounds)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return new SecretHash(Convert.ToBase64String(salt), rounds, Convert.ToBase64String(Derive(secret, salt, rounds)));
    }

    private static byte[] Derive(string secret, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(secret, salt, rounds, HashAlgorithmName.SHA256, 32);
}
