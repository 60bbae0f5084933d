namespace Sandbox.Access;

/// <summary>Who calls.</summary>
/// <param name="UserId">The user with realm: <c>packer@pve</c>.</param>
/// <param name="TokenName">The token's name, or null for a login with password.</param>
internal sealed record Identity(string UserId, string? TokenName = null)
{
    /// <summary>Somebody who has not logged in.</summary>
    public static readonly Identity Nobody = new("");

    /// <summary>What privileges are given to: the user, or the token <c>packer@pve!build</c>.</summary>
    public string AuthId => TokenName is null ? UserId : $"{UserId}!{TokenName}";
}
