using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
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

    /// <summary>Whether a request brings an API token, which counts only where it brings no ticket.</summary>
    public static bool HasToken(HttpRequest request) => Ticket(request) is null && Value(request.Headers.Authorization.ToString(), "PVEAPIToken") is not null;

    /// <summary>Who the request is from.</summary>
    /// <param name="request">The request.</param>
    /// <param name="version">The server's version: since 9 it does not say why credentials are bad.</param>
    /// <param name="isUpload">Whether it uploads a file, which HTML forms do without the token against cross-site requests.</param>
    /// <exception cref="ApiException">401: nobody, or not with these credentials.</exception>
    public Identity Identify(HttpRequest request, PveVersionInfo version, bool isUpload = false)
    {
        try
        {
            // A ticket goes before a token, in the cookie as browsers send it or in the header as Packer's plugin does.
            if (Ticket(request) is not { } ticket)
            {
                return Token(Value(request.Headers.Authorization.ToString(), "PVEAPIToken") ?? throw ApiException.Unauthorized("No ticket"));
            }

            var userId = Verify(ticket) ?? throw ApiException.Unauthorized("permission denied - invalid PVE ticket");
            if (request.Method != "GET" && !isUpload && !CsrfMatches(userId, request.Headers["CSRFPreventionToken"].ToString()))
            {
                throw ApiException.Unauthorized("Permission denied - invalid csrf token");
            }

            return new Identity(userId);
        }
        catch (ApiException e) when (!version.Before9 && e.Message is not ("No ticket" or "Permission denied - invalid csrf token"))
        {
            throw ApiException.Unauthorized("Authentication failed!");
        }
    }

    private static string? Ticket(HttpRequest request) =>
        request.Headers.Cookie.Append(request.Headers.Authorization.ToString()).Select(h => Value(h, "PVEAuthCookie")).FirstOrDefault(v => v is not null);

    // "PVEAPIToken=user@realm!name=secret", also with a blank instead of the first "=", and percent-encoded.
    private static string? Value(string? header, string key) =>
        header is null || Regex.Match(header, $@"(?:^|\s){key}(?:=| )([^;]*)") is not { Success: true } found || found.Groups[1].Length == 0
            ? null
            : Uri.UnescapeDataString(found.Groups[1].Value);

    private static bool Equal(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private bool PasswordMatches(string userId, UserEntry user, string password) =>
        userId == AccessControl.Root
            ? Equal(password, RootPassword) || Verify(password) == userId
            : user.Password?.Matches(password) == true || Verify(password) == userId;

    private Identity Token(string value)
    {
        Remember(value);
        var equals = value.LastIndexOf('=');
        if (equals < 0)
        {
            throw ApiException.Unauthorized("no tokenid specified");
        }

        var tokenId = value[..equals];
        if (!ValueCheck.Matches(@"[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+", tokenId))
        {
            throw ApiException.Unauthorized($"'{tokenId}' is not a valid token ID - not able to split into user and token parts");
        }

        var (userId, name) = AccessControl.Split(tokenId);
        if (!state.Users.TryGetValue(userId, out var user))
        {
            throw ApiException.Unauthorized($"no such user ('{userId}')");
        }

        if (!user.Enabled || !IsActive(true, user.Expire))
        {
            throw ApiException.Unauthorized($"user '{userId}' {(user.Enabled ? "access expired" : "is disabled")}");
        }

        if (!user.Tokens.TryGetValue(name!, out var token))
        {
            throw ApiException.Unauthorized($"no such token '{name}' for user '{userId}'");
        }

        if (!IsActive(true, token.Expire))
        {
            throw ApiException.Unauthorized($"token '{name}' access expired");
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
