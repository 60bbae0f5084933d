using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sandbox.Api;

namespace Sandbox.Access;

/// <summary>
/// Who a request is from: an API token in the header, or a ticket in the cookie, which for writes needs the token
/// against cross-site requests beside it. Tickets are signed with a key that exists only in memory, so that they end
/// with the process, and after two hours at the latest.
/// </summary>
internal sealed class Credentials(NodeState state, TimeProvider time)
{
    private static readonly TimeSpan TicketLife = TimeSpan.FromHours(2);

    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock gate = new();
    private readonly HashSet<string> issued = new(StringComparer.Ordinal);

    /// <summary>The password of <c>root@pam</c>: new for each start, never on a disk.</summary>
    public string RootPassword { get; } = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 24);

    /// <summary>Every secret that was handed out or taken in since the start.</summary>
    public IReadOnlyCollection<string> Issued
    {
        get
        {
            lock (gate)
            {
                return [RootPassword, .. issued];
            }
        }
    }

    /// <summary>Remembers a secret for <see cref="Issued"/>.</summary>
    public string Remember(string secret)
    {
        lock (gate)
        {
            issued.Add(secret);
        }

        return secret;
    }

    /// <summary>A ticket and its CSRF token for a user whose password is right.</summary>
    /// <exception cref="ApiException">401: wrong user or password, a disabled or expired account.</exception>
    public (string Ticket, string Csrf) LogIn(string userId, string password)
    {
        if (!state.Users.TryGetValue(userId, out var user) || !IsActive(user.Enabled, user.Expire) || !PasswordMatches(userId, user, password))
        {
            throw ApiException.Unauthorized("authentication failure");
        }

        return (Issue(userId), Remember(Csrf(userId, Now())));
    }

    /// <summary>
    /// What a user who needs a second factor gets for the password alone: a ticket that is good for the second step only.
    /// Null when nothing is asked: the code came along, or a ticket is being renewed.
    /// </summary>
    /// <exception cref="ApiException">401: wrong user or password.</exception>
    public string? Challenge(string userId, string password, bool codeIsRight)
    {
        LogIn(userId, password);
        var plain = $"PVE:!tfa!{userId}:{Now():X8}";
        return codeIsRight || Verify(password) == userId ? null : Remember($"{plain}::{Sign(plain)}");
    }

    /// <summary>Takes the second step, and returns a ticket that stands for the password.</summary>
    /// <exception cref="ApiException">401: the challenge is not one of ours, or the code is wrong.</exception>
    public string Answer(string userId, string challenge, bool codeIsRight)
    {
        var end = challenge.IndexOf("::", StringComparison.Ordinal);
        var ours = end > 0 && Equal(Sign(challenge[..end]), challenge[(end + 2)..]) && challenge.StartsWith($"PVE:!tfa!{userId}:", StringComparison.Ordinal);
        return ours && codeIsRight ? Issue(userId) : throw ApiException.Unauthorized("authentication failure");
    }

    /// <summary>Who the request is from.</summary>
    /// <exception cref="ApiException">401: nobody, or not with these credentials.</exception>
    public Identity Identify(HttpRequest request)
    {
        // A ticket goes before a token, in the cookie as browsers send it or in the header as Packer's plugin does.
        var header = request.Headers.Authorization.ToString();
        var cookie = request.Headers.Cookie.SelectMany(c => c!.Split(';', StringSplitOptions.TrimEntries))
            .Append(header).FirstOrDefault(c => c.StartsWith("PVEAuthCookie=", StringComparison.Ordinal));
        if (cookie is null)
        {
            return header.StartsWith("PVEAPIToken=", StringComparison.Ordinal)
                ? Token(header["PVEAPIToken=".Length..])
                : throw ApiException.Unauthorized("No ticket");
        }

        var userId = Verify(Uri.UnescapeDataString(cookie["PVEAuthCookie=".Length..]))
            ?? throw ApiException.Unauthorized("permission denied - invalid PVE ticket");
        if (request.Method != "GET" && !CsrfMatches(userId, request.Headers["CSRFPreventionToken"].ToString()))
        {
            throw ApiException.Unauthorized("Permission denied - invalid csrf token");
        }

        return new Identity(userId);
    }

    private static bool Equal(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private bool PasswordMatches(string userId, UserEntry user, string password) =>
        userId == AccessControl.Root
            ? Equal(password, RootPassword) || Verify(password) == userId
            : user.Password?.Matches(password) == true || Verify(password) == userId;

    private Identity Token(string value)
    {
        Remember(value);
        var equals = value.IndexOf('=', StringComparison.Ordinal);
        var tokenId = equals < 0 ? value : value[..equals];
        var (userId, name) = AccessControl.Split(tokenId);
        if (equals < 0 || name is null)
        {
            throw ApiException.Unauthorized("invalid token value!");
        }

        if (!state.Users.TryGetValue(userId, out var user) || !IsActive(user.Enabled, user.Expire))
        {
            throw ApiException.Unauthorized($"no such user ('{userId}')");
        }

        if (!user.Tokens.TryGetValue(name, out var token))
        {
            throw ApiException.Unauthorized($"no such token '{name}' for user '{userId}'");
        }

        if (!IsActive(true, token.Expire))
        {
            throw ApiException.Unauthorized($"token '{tokenId}' access expired");
        }

        return token.Secret.Matches(value[(equals + 1)..]) ? new Identity(userId, name) : throw ApiException.Unauthorized("invalid token value!");
    }

    private bool IsActive(bool enabled, long expire) => enabled && (expire == 0 || expire > Now());

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();

    private string Issue(string userId)
    {
        var plain = $"PVE:{userId}:{Now():X8}";
        return Remember($"{plain}::{Sign(plain)}");
    }

    /// <summary>The user of a valid ticket, or null.</summary>
    private string? Verify(string ticket)
    {
        var end = ticket.IndexOf("::", StringComparison.Ordinal);
        if (end < 0 || !Equal(Sign(ticket[..end]), ticket[(end + 2)..]) || ticket[..end].Split(':') is not ["PVE", var userId, var stamp])
        {
            return null;
        }

        var active = state.Users.TryGetValue(userId, out var user) && IsActive(user.Enabled, user.Expire);
        return active && IsFresh(stamp) ? userId : null;
    }

    private bool IsFresh(string stamp)
    {
        var age = Now() - long.Parse(stamp, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return age >= -300 && age <= TicketLife.TotalSeconds;
    }

    private string Csrf(string userId, long when)
    {
        var stamp = when.ToString("X8", CultureInfo.InvariantCulture);
        return $"{stamp}:{Sign($"{stamp}:{userId}")}";
    }

    private bool CsrfMatches(string userId, string given)
    {
        var stamp = given.Split(':')[0];
        return long.TryParse(stamp, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var when)
            && Equal(Csrf(userId, when), given) && IsFresh(stamp);
    }

    private string Sign(string text) => Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))).TrimEnd('=');
}
